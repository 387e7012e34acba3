package io.relaypod.graph;

import java.util.Locale;

/** Kinds of failures behind smtp2graph, few enough for a metric's label. */
public enum GraphCode {
    /** Entra issues no token: the client secret or certificate has expired or is wrong. */
    SECRET_EXPIRED,
    /** The application may not use the mailbox, or the mailbox does not exist. */
    ACCESS_DENIED,
    /** The mailbox may not send as the address in From. */
    SEND_AS_DENIED,
    /** Exchange's limit on messages of a mailbox or requests of the application. */
    THROTTLED,
    /** The message is too large. */
    TOO_LARGE,
    /** Graph cannot deliver to an address in the message. */
    BAD_RECIPIENT,
    /** Graph, or smtp2graph, cannot read the message. */
    BAD_CONTENT,
    /** Neither Microsoft's login nor Graph gave an answer, or they failed themselves. */
    UNREACHABLE,
    /** Any other failure. */
    OTHER;

    /** Value of the label {@code code}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether a further attempt with the same message fails in the same way, whatever an administrator does. */
    public boolean isPermanent() {
        return this == TOO_LARGE || this == BAD_RECIPIENT || this == BAD_CONTENT;
    }
}
