package io.relaypod.graph;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * When copies that failed are sent again. A failure that concerns a mailbox delays copies of that mailbox, any other
 * one delays all. The wait doubles from a minute to an hour; after a denial it is 15 minutes, since an administrator
 * may grant the right meanwhile. While nothing is accepted, one copy is sent again at a time. For one thread.
 */
final class HealingPace {

    static final Duration FIRST = Duration.ofMinutes(1);
    static final Duration LONGEST = Duration.ofHours(1);
    static final Duration AFTER_DENIAL = Duration.ofMinutes(15);

    private static final int MOST_SCOPES = 2_000;
    private static final String ALL = "";

    // In the order of the last failures.
    private final Map<String, ScopeDelay> delays = new LinkedHashMap<>();

    private record ScopeDelay(int failures, Instant until) {}

    void onChange(CopyChange change) {
        switch (change.state()) {
            case ACCEPTED -> {
                delays.remove(ALL);
                delays.remove(change.copy().mailbox());
            }
            case DEFERRED, STUCK, FAILED -> change.error().ifPresent(error -> failed(change, error));
            default -> {}
        }
    }

    private void failed(CopyChange change, GraphError error) {
        String scope = scope(change.copy(), error);
        ScopeDelay before = delays.getOrDefault(scope, new ScopeDelay(0, Instant.EPOCH));
        if (change.at().isBefore(before.until())) {
            return; // it was sent before the failure that began the wait
        }
        int failures = before.failures() + 1;
        delays.remove(scope);
        if (delays.size() >= MOST_SCOPES) {
            delays.remove(delays.keySet().iterator().next()); // whose last failure is the oldest
        }
        delays.put(scope, new ScopeDelay(failures, change.at().plus(delay(error, failures))));
    }

    private static Duration delay(GraphError error, int failures) {
        if (isDenial(error)) {
            return AFTER_DENIAL;
        }
        Duration doubled = FIRST.multipliedBy(1L << Math.min(failures - 1, 10));
        return doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST;
    }

    private static boolean isDenial(GraphError error) {
        return error.code() == GraphCode.ACCESS_DENIED || error.code() == GraphCode.SEND_AS_DENIED;
    }

    /** The copies that a failure concerns: those of a mailbox, or all. */
    static String scope(GraphCopy copy, GraphError error) {
        return isDenial(error) || error.code() == GraphCode.THROTTLED ? copy.mailbox() : ALL;
    }

    /** Whether nothing delays copies with this failure any more, as one of them was accepted. */
    boolean hasRecovered(GraphCopy copy, GraphError error) {
        return !delays.containsKey(scope(copy, error));
    }

    boolean isDue(GraphCopy copy, GraphError error, Instant now) {
        return Optional.ofNullable(delays.get(scope(copy, error)))
                .filter(delay -> now.isBefore(delay.until()))
                .isEmpty();
    }
}
