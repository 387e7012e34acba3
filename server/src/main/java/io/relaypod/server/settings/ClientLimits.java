package io.relaypod.server.settings;

import java.time.Duration;

/**
 * What one client, and all of them together, may take of the SMTP server.
 *
 * @param connections at once
 * @param connectionsPerIp at once from one address
 * @param idle how long a connection may say nothing
 * @param badRecipients how many recipients of a session may be refused for good; 0 for no limit
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

    /**
     * How many of all connections one address may have where nothing else is said: a quarter, and where there are few,
     * all of them.
     */
    static int shareOf(int connections) {
        return Math.min(connections, Math.max(FEWEST_OF_ONE_ADDRESS, connections / PART_OF_ONE_ADDRESS));
    }
}
