package io.relaypod.incidents;

import java.time.Instant;

/**
 * A condition that an operator has to hear of. Immutable.
 *
 * @param id unique, also after a restart
 * @param since when the condition was first seen
 * @param reason as it was at the beginning
 */
public record Incident(String id, IncidentKind kind, Instant since, String reason) {

    /** Longest reason, in characters. A reason may have the text of a peer. */
    public static final int LONGEST_REASON = 500;

    public Incident {
        reason = reason.length() <= LONGEST_REASON ? reason : reason.substring(0, LONGEST_REASON) + "...";
    }
}
