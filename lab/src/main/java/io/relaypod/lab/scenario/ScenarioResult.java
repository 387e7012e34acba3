package io.relaypod.lab.scenario;

import java.util.List;

/**
 * The result of a scenario.
 *
 * @param holds whether the result is the expected one
 * @param seen the result in a few words
 * @param transcript the SMTP lines that matter, {@code "> "} and {@code "< "} before them
 */
public record ScenarioResult(boolean holds, String seen, List<String> transcript) {

    public ScenarioResult {
        transcript = List.copyOf(transcript);
    }
}
