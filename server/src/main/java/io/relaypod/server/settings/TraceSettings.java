package io.relaypod.server.settings;

import java.time.Duration;

/**
 * How much of what happened to mails is remembered.
 *
 * @param maxSize in bytes; 0 for nothing
 * @param subjects whether the Subject of a mail is recorded in the trace and shown in listings
 */
public record TraceSettings(long maxSize, Duration maxAge, boolean subjects) {

    static TraceSettings read(Environment environment) {
        return new TraceSettings(
                environment.bytes(Variable.TRACE_MAX_SIZE),
                environment.duration(Variable.TRACE_MAX_AGE),
                environment.isTrue(Variable.TRACE_SUBJECTS));
    }

    public boolean isOn() {
        return maxSize > 0;
    }
}
