package io.relaypod.lab.gateway;

import java.time.Duration;
import java.util.List;

/**
 * When smtp2graph asks Graph again: after each of the pauses when it was throttled, and so many times at an interval
 * when something else failed.
 *
 * @param interval by the clock of the stand-in
 * @param poll how often it looks for mails whose interval is over
 */
public record Retries(List<Duration> throttledPauses, int limit, Duration interval, Duration poll) {

    /** Keeps its own copy of the pauses. */
    public Retries {
        throttledPauses = List.copyOf(throttledPauses);
    }

    /** What smtp2graph 1.1.4 does by itself. */
    public static Retries asReleased() {
        return new Retries(
                List.of(Duration.ofMillis(400), Duration.ofMillis(800), Duration.ofMillis(1600)),
                3,
                Duration.ofMinutes(5),
                Duration.ofSeconds(30));
    }

    /** As many, in milliseconds: for tests. */
    public static Retries hurried() {
        return every(Duration.ofMillis(50));
    }

    /** As many at the released interval, for a clock that the test moves. */
    public static Retries byTheClock() {
        return every(Duration.ofMinutes(5));
    }

    private static Retries every(Duration interval) {
        return new Retries(
                List.of(Duration.ofMillis(4), Duration.ofMillis(8), Duration.ofMillis(16)),
                3,
                interval,
                Duration.ofMillis(10));
    }
}
