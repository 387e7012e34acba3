package io.relaypod.server.health;

import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import javax.inject.Inject;

import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.DeliveryDeferred;
import io.relaypod.events.MailEvent.MailDelivered;
import io.relaypod.events.MailEvent.MailFailed;
import io.relaypod.events.MailEventListener;
import io.relaypod.events.MaskedAddresses;

/**
 * Keeps the results of the last delivery attempts. They are all that the relay knows about the programs behind the
 * gateway. Thread-safe.
 */
public final class GatewayAnswers implements MailEventListener {

    private final Clock clock;
    private volatile Optional<Instant> lastDelivered = Optional.empty();
    private volatile Optional<GatewayFailure> lastFailure = Optional.empty();

    /**
     * A delivery attempt that failed.
     *
     * @param words the reply of the gateway, or the relay's own reason if it was not reached; without local parts
     */
    public record GatewayFailure(Instant at, String words) {}

    @Inject
    public GatewayAnswers(Clock clock) {
        this.clock = clock;
    }

    @Override
    public void onEvent(MailEvent event) {
        if (event instanceof MailDelivered) {
            lastDelivered = Optional.of(clock.instant());
        } else if (event instanceof DeliveryDeferred deferred) {
            lastFailure = Optional.of(new GatewayFailure(clock.instant(), MaskedAddresses.in(deferred.reason())));
        } else if (event instanceof MailFailed failed) {
            lastFailure = Optional.of(new GatewayFailure(clock.instant(), MaskedAddresses.in(failed.reason())));
        }
    }

    public Optional<Instant> lastDelivered() {
        return lastDelivered;
    }

    public Optional<GatewayFailure> lastFailure() {
        return lastFailure;
    }
}
