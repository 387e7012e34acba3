package io.relaypod.events;

/** A line of {@code key=value}, a value in quotes where it has to be, and cut where it is too long. For one thread. */
final class LogLine {

    /** Characters of a value. */
    static final int LONGEST_VALUE = 500;

    private final StringBuilder text = new StringBuilder();

    LogLine(String event) {
        text.append("event=").append(event);
    }

    LogLine with(String key, Object value) {
        String words = cut(String.valueOf(value));
        text.append(' ').append(key).append('=');
        if (isPlain(words)) {
            text.append(words);
        } else {
            quote(words);
        }
        return this;
    }

    private static String cut(String words) {
        return words.length() <= LONGEST_VALUE ? words : words.substring(0, LONGEST_VALUE) + "...";
    }

    /** Leaves out what has no words. */
    LogLine withWords(String key, String words) {
        return words.isEmpty() ? this : with(key, words);
    }

    // Some ten values a mail: a pattern takes ten times as long.
    private static boolean isPlain(String words) {
        for (int i = 0; i < words.length(); i++) {
            char c = words.charAt(i);
            if (c == ' ' || c == '"' || c == '=' || c == '\\' || Character.isISOControl(c)) {
                return false;
            }
        }
        return !words.isEmpty();
    }

    // Nothing that a client or a gateway said begins another line, or another key.
    private void quote(String words) {
        text.append('"');
        for (int i = 0; i < words.length(); i++) {
            char c = words.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else {
                text.append(Character.isISOControl(c) ? ' ' : c);
            }
        }
        text.append('"');
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
