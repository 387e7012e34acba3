package io.relaypod.lab.gateway;

import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * Where Mailpit passes its mail on to, and whether a client hears of it when that fails
 * ({@code MP_SMTP_RELAY_FWD_SMTP_ERRORS}).
 */
public record Relaying(Optional<InetSocketAddress> nextHop, boolean forwardErrors) {

    /** Mailpit is the end of the line. */
    public static Relaying none() {
        return new Relaying(Optional.empty(), true);
    }

    /** Passes mail on; a failure there is the answer here, as the pod has it configured. */
    public static Relaying to(InetSocketAddress nextHop) {
        return new Relaying(Optional.of(nextHop), true);
    }

    /** Passes mail on; a failure there is answered 250 here and the mail is lost, as Mailpit does by default. */
    public static Relaying losingErrors(InetSocketAddress nextHop) {
        return new Relaying(Optional.of(nextHop), false);
    }
}
