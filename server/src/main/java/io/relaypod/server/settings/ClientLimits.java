package io.relaypod.server.settings;

import java.time.Duration;

/**
 * What one client, and all of them together, may take of the SMTP server.
 *
 * @param connections      at once
 * @param connectionsPerIp at once from one address
 * @param idle             how long a connection may say nothing
 * @param badRecipients    how many recipients of a session may be refused for good; 0 for no limit
 */
public record ClientLimits(int connections, int connectionsPerIp, Duration idle, int badRecipients) {
}
