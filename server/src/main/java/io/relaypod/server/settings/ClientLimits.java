package io.relaypod.server.settings;

import java.time.Duration;

/**
 * Limits of SMTP clients.
 *
 * @param connections at once, of all clients
 * @param connectionsPerIp at once, from one address
 * @param idle longest time without a command or data
 * @param badRecipients permanently refused recipients of a session; 0 for no limit
 */
public record ClientLimits(int connections, int connectionsPerIp, Duration idle, int badRecipients) {

    private static final int PART_OF_ONE_ADDRESS = 4;
    private static final int FEWEST_OF_ONE_ADDRESS = 20;

    static ClientLimits read(Environment environment) {
        int connections = environment.integer(Variable.MAX_CONNECTIONS);
        return new ClientLimits(
                connections,
                environment
                        .optional(Variable.MAX_CONNECTIONS_PER_IP, Integer::parseInt)
                        .orElse(shareOf(connections)),
                environment.duration(Variable.IDLE_TIMEOUT),
                environment.integer(Variable.MAX_BAD_RCPTS));
    }

    /** The default for one address: a quarter of all connections, but at least 20 if there are so many. */
    static int shareOf(int connections) {
        return Math.min(connections, Math.max(FEWEST_OF_ONE_ADDRESS, connections / PART_OF_ONE_ADDRESS));
    }
}
