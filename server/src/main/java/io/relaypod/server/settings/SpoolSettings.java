package io.relaypod.server.settings;

import java.time.Duration;

/**
 * How received mails are put into the spool.
 *
 * @param writers threads that write mails; none of them waits for the disk's sync
 * @param timeout how long a client waits for its mail to be on the disk
 */
public record SpoolSettings(int writers, Duration timeout) {
}
