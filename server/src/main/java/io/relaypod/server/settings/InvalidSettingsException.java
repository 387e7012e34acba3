package io.relaypod.server.settings;

import java.util.List;

/** The configuration is wrong. The message has a line for each fault. */
public final class InvalidSettingsException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** For a fault that is found when the setting is used. */
    public InvalidSettingsException(String problem) {
        this(List.of(problem));
    }

    public InvalidSettingsException(List<String> problems) {
        super("wrong configuration:\n  " + String.join("\n  ", problems));
    }
}
