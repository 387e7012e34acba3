package io.relaypod.lab.gateway;

import java.time.Duration;
import java.util.List;

/**
 * When smtp2graph asks Graph again: after each of the pauses when it was throttled, and so many times at an interval
 * when something else failed.
 */
public record Retries(List<Duration> throttledPauses, int limit, Duration interval) {

    /** Keeps its own copy of the pauses. */
    public Retries {
        throttledPauses = List.copyOf(throttledPauses);
    }

    /** What smtp2graph 1.1.4 does by itself. */
    public static Retries asReleased() {
        return new Retries(
                List.of(Duration.ofMillis(400), Duration.ofMillis(800), Duration.ofMillis(1600)),
                3,
                Duration.ofMinutes(5));
    }

    /** As many, in milliseconds: for tests. */
    public static Retries hurried() {
        return new Retries(
                List.of(Duration.ofMillis(4), Duration.ofMillis(8), Duration.ofMillis(16)), 3, Duration.ofMillis(50));
    }
}
