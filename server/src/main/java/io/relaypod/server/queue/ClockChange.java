package io.relaypod.server.queue;

import java.time.Duration;
import java.time.Instant;

/**
 * Notices that the system's clock was put forward or back, as it then differs from the steady time of the process.
 * Thread-safe.
 */
final class ClockChange {

    /** How much a clock may be corrected without notice. */
    static final Duration TOLERANCE = Duration.ofSeconds(5);

    private Instant lastTime;
    private long lastNanos;

    ClockChange(Instant now) {
        this.lastTime = now;
        this.lastNanos = System.nanoTime();
    }

    /**
     * @param now by the clock
     * @return by how much the clock was changed since the last look; zero if it was not
     */
    synchronized Duration sinceLastCall(Instant now) {
        long nanos = System.nanoTime();
        Duration change = Duration.between(lastTime, now).minusNanos(nanos - lastNanos);
        lastTime = now;
        lastNanos = nanos;
        return change.abs().compareTo(TOLERANCE) > 0 ? change : Duration.ZERO;
    }
}
