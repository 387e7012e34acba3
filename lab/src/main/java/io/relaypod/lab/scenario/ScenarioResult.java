package io.relaypod.lab.scenario;

import java.util.List;

/**
 * What came of a scenario.
 *
 * @param holds whether it was what must be seen
 * @param seen in a few words
 * @param transcript the SMTP lines that matter, {@code "> "} and {@code "< "} before them
 */
public record ScenarioResult(boolean holds, String seen, List<String> transcript) {

    public ScenarioResult {
        transcript = List.copyOf(transcript);
    }
}
