package io.relaypod.hold;

import java.time.Duration;
import java.time.Instant;

/**
 * How many copies may be in flight after failures: one at a time, at growing intervals, until one is accepted; then
 * twice as many with each acceptance. Not thread-safe.
 */
final class ProbeSchedule {

    static final Duration FIRST_INTERVAL = Duration.ofSeconds(30);
    static final Duration LONGEST_INTERVAL = Duration.ofMinutes(15);

    private final int most;
    private int window;
    private Duration interval = Duration.ZERO;
    private Instant nextProbe = Instant.MIN;
    private boolean isProbing;

    /** @param most copies in flight while nothing fails */
    ProbeSchedule(int most) {
        this.most = most;
        this.window = most;
    }

    /** Whether the last copy failed. */
    boolean isFailing() {
        return !interval.isZero();
    }

    /** @param inFlight copies without an answer */
    boolean isOpen(int inFlight, Instant now) {
        return isFailing() ? inFlight == 0 && !now.isBefore(nextProbe) : inFlight < window;
    }

    /** The time until a copy may enter, if none is in flight. */
    Duration untilOpen(Instant now) {
        return isFailing() && now.isBefore(nextProbe) ? Duration.between(now, nextProbe) : Duration.ZERO;
    }

    /** A copy enters. If it gets no answer, another may follow after the interval. */
    void entered(Instant now) {
        if (isFailing()) {
            isProbing = true;
            nextProbe = now.plus(interval);
        }
    }

    /** Several copies that were in flight together count as one failure. */
    void failed(Instant now) {
        if (!isFailing()) {
            interval = FIRST_INTERVAL;
        } else if (isProbing) {
            Duration twice = interval.multipliedBy(2);
            interval = twice.compareTo(LONGEST_INTERVAL) > 0 ? LONGEST_INTERVAL : twice;
        } else {
            return;
        }
        isProbing = false;
        nextProbe = now.plus(interval);
    }

    void accepted() {
        window = isFailing() ? 1 : Math.min(most, window * 2);
        interval = Duration.ZERO;
        isProbing = false;
    }
}
