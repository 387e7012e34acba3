package io.relaypod.server.settings;

import java.util.List;

/** Tells every environment variable that is wrong, its value and what was expected instead. */
public final class InvalidSettingsException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** For the one problem that shows only when the setting is used. */
    public InvalidSettingsException(String problem) {
        this(List.of(problem));
    }

    InvalidSettingsException(List<String> problems) {
        super("wrong configuration:\n  " + String.join("\n  ", problems));
    }
}
