package io.relaypod.server.settings;

import java.time.Duration;
import java.util.Optional;

/**
 * Limits of each mail repository, such as the one of messages that could not be delivered. Without a limit nothing is
 * deleted.
 *
 * @param maxSize in bytes
 */
public record FailedMailSettings(Optional<Duration> maxAge, Optional<Long> maxSize) {

    static FailedMailSettings read(Environment environment) {
        return new FailedMailSettings(
                environment.optional(Variable.FAILED_MAX_AGE, VariableForms::toDuration),
                environment.optional(Variable.FAILED_MAX_SIZE, VariableForms::toBytes));
    }
}
