package io.relaypod.server.settings;

import java.time.Duration;

/**
 * How much of what happened to mails is remembered.
 *
 * @param maxSize in bytes; 0 for nothing
 */
public record TraceSettings(long maxSize, Duration maxAge) {

    public boolean isOn() {
        return maxSize > 0;
    }
}
