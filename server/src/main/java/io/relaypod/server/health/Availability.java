package io.relaypod.server.health;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Whether a service that the relay needs is available, and since when it is not. Available at first. Thread-safe.
 *
 * <pre>{@code
 * gateway.lost().ifPresent(since -> LOGGER.warn("event=gateway-away since={}", since));
 * gateway.returned().ifPresent(outage -> LOGGER.info("event=gateway-back after={}s", outage.toSeconds()));
 * }</pre>
 */
public final class Availability {

    private final Clock clock;
    private final AtomicReference<Optional<Instant>> unavailableSince = new AtomicReference<>(Optional.empty());

    public Availability(Clock clock) {
        this.clock = clock;
    }

    /** Records that the service failed. Returns the time if it was available before. */
    public Optional<Instant> lost() {
        Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        boolean wasAvailable = unavailableSince
                .getAndUpdate(since -> since.isPresent() ? since : Optional.of(now))
                .isEmpty();
        return wasAvailable ? Optional.of(now) : Optional.empty();
    }

    /** Records that the service answered. Returns how long it was unavailable, if it was. */
    public Optional<Duration> returned() {
        return unavailableSince.getAndSet(Optional.empty()).map(since -> {
            Duration outage = Duration.between(since, clock.instant());
            // The clock may have been set back meanwhile.
            return outage.isNegative() ? Duration.ZERO : outage;
        });
    }

    public boolean isAvailable() {
        return unavailableSince().isEmpty();
    }

    /** In whole seconds; empty while the service is available. */
    public Optional<Instant> unavailableSince() {
        return unavailableSince.get();
    }
}
