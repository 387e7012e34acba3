package io.relaypod.server.settings;

import java.util.List;

/** Lists everything that is wrong with the configuration, one line each: the place, the value and the expected form. */
public final class InvalidSettingsException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** For the one problem that shows only when the setting is used. */
    public InvalidSettingsException(String problem) {
        this(List.of(problem));
    }

    public InvalidSettingsException(List<String> problems) {
        super("wrong configuration:\n  " + String.join("\n  ", problems));
    }
}
