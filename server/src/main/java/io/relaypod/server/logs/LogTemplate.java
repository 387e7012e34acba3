package io.relaypod.server.logs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import org.slf4j.event.KeyValuePair;
import org.slf4j.helpers.MessageFormatter;

/**
 * Fields of a log statement such as {@code event=swept directory={} files={} reason="{}"}, read from its template and
 * its arguments, so that an argument cannot add a field. A field that is one placeholder has the argument itself as its
 * value if that is a number. A template that does not begin with {@code event=} has no fields. Of fields with the same
 * key the first counts. Immutable.
 */
record LogTemplate(String template, Object[] arguments) {

    private static final String BEGIN = "event=";
    private static final String PLACEHOLDER = "{}";

    static boolean isEvent(String template) {
        return template.startsWith(BEGIN);
    }

    /** Name of the event; a placeholder is not replaced. */
    static String eventName(String template) {
        int end = template.indexOf(' ');
        return template.substring(BEGIN.length(), end < 0 ? template.length() : end);
    }

    List<KeyValuePair> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        int argument = 0;
        for (String token : tokens()) {
            int equals = token.indexOf('=');
            String value = token.substring(equals + 1);
            int placeholders = count(value);
            if (equals > 0) {
                fields.putIfAbsent(token.substring(0, equals), value(value, argument));
            }
            argument += equals > 0 ? placeholders : count(token);
        }
        return fields.entrySet().stream()
                .map(field -> new KeyValuePair(field.getKey(), field.getValue()))
                .toList();
    }

    // Separated by blanks outside of quotes; without the quotes and the backslashes in them.
    private List<String> tokens() {
        List<String> tokens = new ArrayList<>();
        StringBuilder token = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < template.length(); i++) {
            char c = template.charAt(i);
            if (quoted && c == '\\' && i + 1 < template.length()) {
                token.append(template.charAt(++i));
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == ' ' && !quoted) {
                tokens.add(token.toString());
                token.setLength(0);
            } else {
                token.append(c);
            }
        }
        tokens.add(token.toString());
        return tokens;
    }

    private static int count(String text) {
        return text.split(Pattern.quote(PLACEHOLDER), -1).length - 1;
    }

    private Object value(String text, int firstArgument) {
        if (text.equals(PLACEHOLDER)
                && firstArgument < arguments.length
                && arguments[firstArgument] instanceof Number) {
            return arguments[firstArgument];
        }
        int last = Math.min(arguments.length, firstArgument + count(text));
        return MessageFormatter.basicArrayFormat(
                text, Arrays.copyOfRange(arguments, Math.min(firstArgument, last), last));
    }
}
