package io.relaypod.graph;

import java.time.Instant;

/**
 * What keeps mail from Graph, for the status page, notifications and {@code relaypod doctor}. Immutable.
 *
 * @param kind which condition
 * @param error the last failure that belongs to it
 * @param since when the condition began
 * @param waiting number of copies that wait because of it
 */
public record GraphIncident(GraphCondition kind, GraphError error, Instant since, int waiting) {

    /** Conditions that an administrator has to end, the gravest first. */
    public enum GraphCondition {
        /** Entra refuses the secret: nothing is sent. */
        SECRET_REFUSED,
        /** Copies wait, and none was accepted for a while. */
        NOTHING_ACCEPTED,
        /** A mailbox is denied; other mailboxes send. */
        MAILBOX_DENIED
    }
}
