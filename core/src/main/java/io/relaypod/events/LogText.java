package io.relaypod.events;

/** Rules for a text in the log: printable, on one line, of bounded length. */
public final class LogText {

    /** In characters. */
    public static final int MAX_VALUE_LENGTH = 500;

    private LogText() {}

    /** Truncates the value of a field to {@link #MAX_VALUE_LENGTH} characters and puts it on one line. */
    public static String value(String text) {
        return onOneLine(text.length() <= MAX_VALUE_LENGTH ? text : text.substring(0, MAX_VALUE_LENGTH) + "...");
    }

    /** Replaces each unprintable character by a space. */
    public static String onOneLine(String text) {
        StringBuilder line = new StringBuilder();
        int copied = 0;
        for (int i = 0; i < text.length(); i++) {
            if (isUnprintable(text.charAt(i))) {
                line.append(text, copied, i).append(' ');
                copied = i + 1;
            }
        }
        return copied == 0 ? text : line.append(text, copied, text.length()).toString();
    }

    // Line separators of all kinds, terminals' escape sequences, marks that change the direction of writing.
    private static boolean isUnprintable(char c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }
}
