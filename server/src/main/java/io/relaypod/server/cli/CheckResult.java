package io.relaypod.server.cli;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

import io.relaypod.verdict.RecipientAnswer;
import io.relaypod.verdict.RecipientAnswer.Outcome;

/**
 * The answer to one argument of {@code check}.
 *
 * @param records that the answer is based on, as text
 */
record CheckResult(String argument, RecipientAnswer answer, String records, Duration took) {

    static final int ACCEPTED = 0;
    static final int REFUSED = 1;
    static final int UNKNOWN = 2;

    /** The exit code that the answer alone would cause. */
    int exitCode() {
        if (answer.outcome() == Outcome.DNS_FAILURE || answer.outcome() == Outcome.UNCHECKED) {
            return UNKNOWN;
        }
        return answer.isAccepted() ? ACCEPTED : REFUSED;
    }

    String verdict() {
        return switch (exitCode()) {
            case ACCEPTED -> "accepted";
            case UNKNOWN -> "unknown";
            default -> "refused";
        };
    }

    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("argument", argument);
        json.put("verdict", verdict());
        json.put("outcome", answer.outcome());
        json.put("records", records);
        json.put("milliseconds", took.toMillis());
        if (!answer.isAccepted()) {
            json.put("code", answer.code());
            json.put("text", answer.text());
        }
        return json;
    }
}
