package io.relaypod.server.settings;

import java.time.Duration;
import java.util.Optional;

/**
 * How much mail is kept in each repository, such as that of what could not be delivered. Nothing is dropped where there
 * is no limit.
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
