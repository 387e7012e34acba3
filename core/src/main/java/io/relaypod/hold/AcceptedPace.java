package io.relaypod.hold;

import java.time.Duration;
import java.time.Instant;

/**
 * The pace of a mailbox that Exchange throttles. A throttled answer halves it; each minute without one adds a message a
 * minute, until the mailbox's own limit is reached again (additive increase, multiplicative decrease). Not thread-safe.
 */
final class AcceptedPace {

    /** Exchange accepts so many messages a minute from one mailbox. */
    static final double EXCHANGE_LIMIT = 30;

    private static final Duration MINUTE = Duration.ofMinutes(1);
    // Answers to requests that were made together.
    private static final Duration ONE_EVENT = Duration.ofSeconds(10);

    private final double limit;
    private double perMinute;
    private Instant changed = Instant.MIN;
    private Instant next = Instant.MIN;

    /** @param limit messages a minute while nothing is throttled */
    AcceptedPace(double limit) {
        this.limit = limit;
        this.perMinute = limit;
    }

    boolean isAtRest(Instant now) {
        recover(now);
        return perMinute >= limit;
    }

    void throttled(Instant now) {
        recover(now);
        if (perMinute < limit && now.isBefore(changed.plus(ONE_EVENT))) {
            return;
        }
        perMinute = Math.max(1, perMinute / 2);
        changed = now;
        next = now.plus(interval());
    }

    Duration untilNext(Instant now) {
        return isAtRest(now) || !now.isBefore(next) ? Duration.ZERO : Duration.between(now, next);
    }

    void entered(Instant now) {
        if (!isAtRest(now)) {
            next = now.plus(interval());
        }
    }

    private Duration interval() {
        return Duration.ofMillis(Math.round(MINUTE.toMillis() / perMinute));
    }

    private void recover(Instant now) {
        if (perMinute >= limit) {
            return;
        }
        long minutes = Duration.between(changed, now).toMinutes();
        if (minutes > 0) {
            perMinute = Math.min(limit, perMinute + minutes);
            changed = changed.plus(MINUTE.multipliedBy(minutes));
        }
    }
}
