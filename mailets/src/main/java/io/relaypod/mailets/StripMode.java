package io.relaypod.mailets;

import java.util.Locale;
import java.util.Optional;

import org.apache.mailet.MailetException;

/**
 * Whose calendars are changed: those of the recipients that an admin listed, or those of everybody that Graph would
 * misroute.
 */
enum StripMode {
    LISTED,
    AUTO;

    static StripMode of(String who, String value) throws MailetException {
        return switch (Optional.ofNullable(value).orElse("").strip().toLowerCase(Locale.ROOT)) {
            case "", "listed" -> LISTED;
            case "auto" -> AUTO;
            default -> throw new ParameterException(who + ": the mode", value, "listed or auto");
        };
    }
}
