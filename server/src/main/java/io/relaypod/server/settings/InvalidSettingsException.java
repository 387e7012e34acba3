package io.relaypod.server.settings;

import java.util.List;

/** Tells every environment variable that is wrong, its value and what was expected instead. */
public final class InvalidSettingsException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    InvalidSettingsException(List<String> problems) {
        super("wrong configuration:\n  " + String.join("\n  ", problems));
    }
}
