package io.relaypod.events;

import java.util.LinkedHashMap;
import java.util.Map;

import org.slf4j.spi.LoggingEventBuilder;

/**
 * A log line of {@code key=value}. A value is quoted if it contains a separator; a field with an empty value is left
 * out. For one thread.
 */
final class LogLine {

    private final StringBuilder text = new StringBuilder();
    private final Map<String, Object> fields = new LinkedHashMap<>();

    LogLine(String event) {
        with("event", event);
    }

    LogLine with(String key, Object value) {
        Object cut = value instanceof Number ? value : LogText.value(value.toString());
        String word = cut.toString();
        if (!word.isEmpty()) {
            fields.put(key, cut);
            text.append(text.isEmpty() ? "" : " ").append(key).append('=');
            if (isPlain(word)) {
                text.append(word);
            } else {
                quote(word);
            }
        }
        return this;
    }

    LogLine withIf(boolean isShown, String key, String value) {
        return isShown ? with(key, value) : this;
    }

    /** Writes the line as the message, and its fields as key-value pairs. */
    void log(LoggingEventBuilder builder) {
        LoggingEventBuilder event = builder;
        for (Map.Entry<String, Object> field : fields.entrySet()) {
            event = event.addKeyValue(field.getKey(), field.getValue());
        }
        event.log(text.toString());
    }

    // There are about ten values a mail; a regular expression takes ten times as long.
    private static boolean isPlain(String word) {
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            if (c == ' ' || c == '"' || c == '=' || c == '\\') {
                return false;
            }
        }
        return true;
    }

    // No text of a client or a gateway can begin another line or another field.
    private void quote(String word) {
        text.append('"');
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\');
            }
            text.append(c);
        }
        text.append('"');
    }
}
