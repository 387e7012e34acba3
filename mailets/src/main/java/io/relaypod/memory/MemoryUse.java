package io.relaypod.memory;

import java.util.Locale;

/** A use of memory that a peer can make grow, and the largest share of the {@link MemoryBudget} that the use may hold. */
public enum MemoryUse {

    /** Command lines, replies not yet read by the client, and message bytes that are not on disk yet. */
    SMTP_SESSIONS(40),
    /** Recipients of transactions that have not ended. */
    ENVELOPES(25),
    /** What reading and changing a message takes, at the end of DATA and in the spooler threads. */
    MESSAGES(60),
    /** Questions to DNS that wait for an answer. The cache of verdicts has a bound of its own. */
    DNS_QUESTIONS(15),
    /** Replies of the gateway, and what is sent to it. */
    GATEWAY(25),
    /** Requests and answers of webadmin. */
    WEBADMIN(30),
    /** Requests and answers at METRICS_ADDR. */
    MONITORING(15);

    private final int percent;

    MemoryUse(int percent) {
        this.percent = percent;
    }

    /** The use's largest share of a budget, in percent. */
    public int percent() {
        return percent;
    }

    /** The value of the label {@code use} of the budget's meters. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
