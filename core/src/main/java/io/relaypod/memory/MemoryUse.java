package io.relaypod.memory;

import java.util.Locale;

/**
 * A use of memory that a peer can make grow: the largest share of the {@link MemoryBudget} that the use may hold, and
 * the share that is kept for it, whatever the others hold.
 */
public enum MemoryUse {

    /**
     * Open SMTP connections: what each has from its greeting to its end, a short transaction, a small mail and unread
     * replies included.
     */
    SMTP_SESSIONS(50, 12),
    /** TLS of SMTP connections: its engine and half-read records. */
    TLS_SESSIONS(42, 2),
    /** Recipients of transactions that have not ended, beyond the first few. */
    ENVELOPES(25, 4),
    /** Bytes of mails beyond a small one that are being received, as far as they are not in a file. */
    BODIES(20, 3),
    /** Lines of mails that are longer than a line should be, until they end. */
    LONG_LINES(40, 1),
    /** What reading and changing a message takes, at the end of DATA and in the spooler threads. */
    MESSAGES(51, 11),
    /**
     * Envelopes of more than 16 Ki characters of mails that were dequeued and are not done. All of it is kept, so that
     * such a mail waits only for another one, never for clients or for the memory of its own message.
     */
    ENVELOPES_IN_FLIGHT(6, 6),
    /** Messages on their way to the broker, until they are on the disk. */
    QUEUE_WRITES(30, 3),
    /** Questions to DNS that wait for an answer. The cache of verdicts has a bound of its own. */
    DNS_QUESTIONS(15, 3),
    /** Replies of the gateway, and what is sent to it. */
    GATEWAY(25, 8),
    /** Requests and answers of webadmin. */
    WEBADMIN(30, 4),
    /** Requests and answers at METRICS_ADDR. */
    MONITORING(15, 3);

    private final int percent;
    private final int kept;

    MemoryUse(int percent, int kept) {
        this.percent = percent;
        this.kept = kept;
    }

    /** The use's largest share of a budget, in percent. */
    public int percent() {
        return percent;
    }

    /** The share of a budget that no other use may hold, in percent. */
    public int kept() {
        return kept;
    }

    /** The value of the label {@code use} of the budget's meters. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
