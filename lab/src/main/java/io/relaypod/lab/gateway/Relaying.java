package io.relaypod.lab.gateway;

import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * Mailpit's relay configuration: the next hop, and whether the client gets the next hop's errors
 * ({@code MP_SMTP_RELAY_FWD_SMTP_ERRORS}).
 */
public record Relaying(Optional<InetSocketAddress> nextHop, boolean forwardErrors) {

    /** Mailpit stores messages and does not relay them. */
    public static Relaying none() {
        return new Relaying(Optional.empty(), true);
    }

    /** Mailpit relays, and replies with the next hop's error, as the pod configures it. */
    public static Relaying to(InetSocketAddress nextHop) {
        return new Relaying(Optional.of(nextHop), true);
    }

    /** Mailpit relays, and replies 250 even if the next hop fails, so that the message is lost: Mailpit's default. */
    public static Relaying losingErrors(InetSocketAddress nextHop) {
        return new Relaying(Optional.of(nextHop), false);
    }
}
