package io.relaypod.events;

import java.util.regex.Pattern;

/** A line of {@code key=value}, a value in quotes where it has to be. For one thread. */
final class LogLine {

    private static final Pattern PLAIN = Pattern.compile("[^\\s\"=\\\\\\p{Cntrl}]+");

    private final StringBuilder text = new StringBuilder();

    LogLine(String event) {
        text.append("event=").append(event);
    }

    LogLine with(String key, Object value) {
        String words = String.valueOf(value);
        text.append(' ').append(key).append('=');
        if (PLAIN.matcher(words).matches()) {
            text.append(words);
        } else {
            quote(words);
        }
        return this;
    }

    /** Leaves out what has no words. */
    LogLine withWords(String key, String words) {
        return words.isEmpty() ? this : with(key, words);
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
