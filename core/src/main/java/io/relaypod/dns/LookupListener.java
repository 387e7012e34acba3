package io.relaypod.dns;

import java.time.Duration;

/**
 * Hears how each question to DNS ended, tries at other servers included. Called by many threads at once; does not wait.
 */
@FunctionalInterface
public interface LookupListener {

    /** How a question ended: few, so that they can be metric labels. */
    enum LookupOutcome {
        /** There are such records. */
        FOUND,
        /** The domain exists, without such records. */
        NO_RECORDS,
        NO_SUCH_DOMAIN,
        /** No server answered in time. */
        TIMEOUT,
        /** The servers answered with a failure, such as SERVFAIL. */
        FAILED;

        /** Whether something is known of the domain now. */
        public boolean isAnswer() {
            return this != TIMEOUT && this != FAILED;
        }
    }

    /** @param type a DNS record type, such as {@code MX} */
    void lookedUp(String type, LookupOutcome outcome, Duration took);

    /** Both hear. */
    default LookupListener and(LookupListener other) {
        return (type, outcome, took) -> {
            lookedUp(type, outcome, took);
            other.lookedUp(type, outcome, took);
        };
    }
}
