package io.relaypod.server.logs;

import io.relaypod.events.LogText;
import io.relaypod.events.MaskedAddresses;

/**
 * Makes the texts of log events printable, bounded and, if wanted, free of addresses. Immutable.
 *
 * @param isMasked whether the local parts of addresses are masked
 */
record LogSanitizer(boolean isMasked) {

    static final int MAX_LINE_LENGTH = 8_000;

    /** A message of at most {@link #MAX_LINE_LENGTH} characters, on one line. */
    String line(String text) {
        return masked(LogText.onOneLine(
                text.length() <= MAX_LINE_LENGTH
                        ? text
                        : text.substring(0, MAX_LINE_LENGTH) + " ... (" + (text.length() - MAX_LINE_LENGTH)
                                + " characters more)"));
    }

    /** The value of a field; a number stays a number. */
    Object value(Object value) {
        return value instanceof Number ? value : masked(LogText.value(String.valueOf(value)));
    }

    private String masked(String text) {
        return isMasked ? MaskedAddresses.in(text) : text;
    }
}
