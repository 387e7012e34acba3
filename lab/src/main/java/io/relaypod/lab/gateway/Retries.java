package io.relaypod.lab.gateway;

import java.time.Duration;
import java.util.List;

/**
 * The retries of smtp2graph.
 *
 * @param throttledPauses pauses before each retry of a throttled request
 * @param limit most retries after any other failure
 * @param interval time between these retries, by the clock of the stand-in
 * @param poll interval of the search for messages whose retry is due
 */
public record Retries(List<Duration> throttledPauses, int limit, Duration interval, Duration poll) {

    /** Copies the pauses. */
    public Retries {
        throttledPauses = List.copyOf(throttledPauses);
    }

    /** The defaults of smtp2graph 1.1.4. */
    public static Retries asReleased() {
        return new Retries(
                List.of(Duration.ofMillis(400), Duration.ofMillis(800), Duration.ofMillis(1600)),
                3,
                Duration.ofMinutes(5),
                Duration.ofSeconds(30));
    }

    /** The same numbers of retries, milliseconds apart, for tests. */
    public static Retries fast() {
        return every(Duration.ofMillis(50));
    }

    /** The same numbers of retries at the default interval, for a clock that the test moves. */
    public static Retries byTestClock() {
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
