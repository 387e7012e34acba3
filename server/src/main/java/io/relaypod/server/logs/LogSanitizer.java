package io.relaypod.server.logs;

import io.relaypod.events.MaskedAddresses;

/**
 * What other programs and people said, as it may stand in the log: on one line, of bounded length. Immutable.
 *
 * @param isMasked whether the local parts of addresses are left out
 */
record LogSanitizer(boolean isMasked) {

    static final int LONGEST = 8_000;

    String of(String text) {
        String cut = text.length() <= LONGEST
                ? text
                : text.substring(0, LONGEST) + " ... (" + (text.length() - LONGEST) + " characters more)";
        String plain = isPlain(cut) ? cut : onOneLine(cut);
        return isMasked ? MaskedAddresses.in(plain) : plain;
    }

    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (isUnprintable(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static String onOneLine(String text) {
        StringBuilder line = new StringBuilder(text);
        for (int i = 0; i < line.length(); i++) {
            if (isUnprintable(line.charAt(i))) {
                line.setCharAt(i, ' ');
            }
        }
        return line.toString();
    }

    // Line ends of every kind, escape sequences of terminals, marks that turn the direction of writing.
    private static boolean isUnprintable(char c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }
}
