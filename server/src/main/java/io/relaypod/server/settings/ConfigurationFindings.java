package io.relaypod.server.settings;

import java.util.ArrayList;
import java.util.List;

/**
 * What was found in the configuration: faults, with which the relay does not start, and warnings about what is probably
 * not meant. Each is one line that names its place first. For one thread.
 */
public final class ConfigurationFindings {

    private final List<String> faults = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    public void fault(String fault) {
        faults.add(fault);
    }

    public void warn(String warning) {
        warnings.add(warning);
    }

    public List<String> faults() {
        return List.copyOf(faults);
    }

    public List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** @throws InvalidSettingsException with all faults, if there are any */
    public void throwIfWrong() {
        if (!faults.isEmpty()) {
            throw new InvalidSettingsException(faults);
        }
    }
}
