package io.relaypod.mailets;

import java.util.Optional;

import io.relaypod.configuration.ValueForm;
import org.apache.mailet.MailetException;

/**
 * Whose calendars are changed: those of the recipients that an admin listed, or those of everybody that Graph would
 * misroute.
 */
enum StripMode {
    LISTED,
    AUTO;

    static StripMode of(String who, String value) throws MailetException {
        String mode = ParameterException.check(
                who + ": the mode",
                Optional.ofNullable(value).orElse(""),
                new ValueForm("listed or auto", text -> text.matches("(?i)listed|auto|")));
        return mode.equalsIgnoreCase("auto") ? AUTO : LISTED;
    }
}
