package io.relaypod.server.settings;

import java.time.Duration;

/**
 * Limits of the trace.
 *
 * @param maxSize in bytes; 0 for no trace
 * @param subjects whether Subject fields are recorded, and shown in listings
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
