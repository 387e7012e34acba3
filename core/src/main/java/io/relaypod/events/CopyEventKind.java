package io.relaypod.events;

import java.util.Locale;

/** What happens to a copy behind Mailpit. */
public enum CopyEventKind {
    /** Graph accepted it. */
    ACCEPTED,
    /** An attempt failed, and smtp2graph makes another. */
    DEFERRED,
    /** smtp2graph keeps it without a further attempt. */
    STUCK,
    /** smtp2graph gave it up. */
    FAILED,
    /** Mailpit accepted it, and smtp2graph does not have it. */
    MISSING,
    /** The relay had smtp2graph attempt it again. */
    RETRIED,
    /** The relay moved it from {@code temp/} to {@code queue/}, after a crash of smtp2graph. */
    RESCUED,
    /** The relay took it into its failed repository. */
    WITHDRAWN;

    /** Name in the log and the trace. */
    public String eventName() {
        return "graph-" + name().toLowerCase(Locale.ROOT);
    }

    /** Whether the copy does not get to its recipients without further action. */
    boolean isTrouble() {
        return this == STUCK || this == FAILED || this == MISSING || this == WITHDRAWN;
    }
}
