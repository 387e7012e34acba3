package io.relaypod.server.settings;

import java.util.ArrayList;
import java.util.List;

import io.relaypod.configuration.ConfigurationProblem;

/**
 * The faults of the configuration, with which the relay does not start, and warnings about probable mistakes. For one
 * thread.
 */
public final class ConfigurationFindings {

    private final List<ConfigurationProblem> faults = new ArrayList<>();
    private final List<ConfigurationProblem> warnings = new ArrayList<>();

    public void fault(ConfigurationProblem fault) {
        faults.add(fault);
    }

    public void warn(ConfigurationProblem warning) {
        warnings.add(warning);
    }

    public List<ConfigurationProblem> faults() {
        return List.copyOf(faults);
    }

    public List<ConfigurationProblem> warnings() {
        return List.copyOf(warnings);
    }

    /** @throws InvalidSettingsException with all faults, if there are any */
    public void throwIfWrong() {
        if (!faults.isEmpty()) {
            throw new InvalidSettingsException(
                    faults.stream().map(ConfigurationProblem::toString).toList());
        }
    }
}
