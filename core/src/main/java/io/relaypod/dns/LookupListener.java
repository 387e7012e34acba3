package io.relaypod.dns;

import java.time.Duration;

/**
 * Is notified of the end of each lookup, attempts at other servers included. Called by many threads at once; does not
 * wait.
 */
@FunctionalInterface
public interface LookupListener {

    /** The outcomes of a lookup. They are few, because they are metric labels. */
    enum LookupOutcome {
        /** The domain has records of the type. */
        FOUND,
        /** The domain exists, without records of the type. */
        NO_RECORDS,
        NO_SUCH_DOMAIN,
        /** No server answered in time. */
        TIMEOUT,
        /** The servers answered with a failure, such as SERVFAIL. */
        FAILED;

        /** Whether a server gave an answer about the domain. */
        public boolean isAnswer() {
            return this != TIMEOUT && this != FAILED;
        }
    }

    /** @param type a DNS record type, such as {@code MX} */
    void lookedUp(String type, LookupOutcome outcome, Duration took);

    /** Notifies this listener, then the other. */
    default LookupListener and(LookupListener other) {
        return (type, outcome, took) -> {
            lookedUp(type, outcome, took);
            other.lookedUp(type, outcome, took);
        };
    }
}
