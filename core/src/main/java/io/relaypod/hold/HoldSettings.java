package io.relaypod.hold;

import java.util.Optional;

/**
 * How messages are held. Immutable.
 *
 * @param window copies between Mailpit's 250 and Graph's 202, in all
 * @param perMinute messages a minute that a mailbox may send; empty without a limit
 * @param relay tells this relay from others at the same broker, also after a restart
 */
public record HoldSettings(int window, Optional<Double> perMinute, String relay) {}
