package io.relaypod.calendar;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import io.relaypod.address.AddressList;

/**
 * A property of a calendar (RFC 5545 section 3.1). Immutable.
 *
 * @param name in upper case
 * @param parameters their names in upper case, their values without quotes
 * @param value as it is written
 */
record CalendarProperty(String name, Map<String, String> parameters, String value) {

    private static final Pattern BLANK = Pattern.compile("[\\p{Cntrl}\\s]+");
    // Bytes of UTF-8. Four such values fit into the room for words.
    private static final int LONGEST = 600;
    // No more of a text is read, so no more is stored.
    private static final int MAX_CHARS = 10 * LONGEST;
    // A line may have thousands of others.
    private static final Set<String> PARAMETERS =
            Set.of("TZID", "VALUE", "CN", "PARTSTAT", "DELEGATED-TO", "RANGE", "X-RESPONSE-COMMENT");
    private static final String ELLIPSIS = "...";

    /** Keeps its own copy of the parameters. */
    CalendarProperty {
        parameters = Map.copyOf(parameters);
    }

    /** A property whose value may hold colons: it begins behind the first colon outside quotes. */
    static CalendarProperty ofText(String line) {
        return at(line, firstColon(line));
    }

    /** A property whose value holds no colon, such as a time: a parameter may, quoted or not. */
    static CalendarProperty ofTime(String line) {
        return at(line, line.lastIndexOf(':'));
    }

    private static CalendarProperty at(String line, int colon) {
        int end = colon < 0 ? line.length() : colon;
        Map<String, String> parameters = new HashMap<>();
        int start = parameterEnd(line, 0, end);
        String name = line.substring(0, start);
        while (start < end) {
            int next = parameterEnd(line, start + 1, end);
            String parameter = line.substring(start + 1, next);
            int equals = parameter.indexOf('=');
            String parameterName =
                    parameter.substring(0, Math.max(0, equals)).strip().toUpperCase(Locale.ROOT);
            if (PARAMETERS.contains(parameterName)) {
                parameters.putIfAbsent(parameterName, unquoted(atMost(parameter.substring(equals + 1))));
            }
            start = next;
        }
        return new CalendarProperty(
                name.substring(name.lastIndexOf('.') + 1).strip().toUpperCase(Locale.ROOT),
                parameters,
                colon < 0 ? "" : atMost(line.substring(colon + 1).strip()));
    }

    private static String atMost(String text) {
        return text.substring(0, Math.min(text.length(), MAX_CHARS));
    }

    private static int firstColon(String line) {
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            quoted ^= line.charAt(i) == '"';
            if (line.charAt(i) == ':' && !quoted) {
                return i;
            }
        }
        return line.indexOf(':');
    }

    private static int parameterEnd(String line, int start, int end) {
        boolean quoted = false;
        for (int i = start; i < end; i++) {
            quoted ^= line.charAt(i) == '"';
            if (line.charAt(i) == ';' && !quoted) {
                return i;
            }
        }
        return end;
    }

    // RFC 6868 section 3: what quotes cannot hold.
    private static String unquoted(String value) {
        return value.replace("\"", "").replace("^'", "\"").replace("^n", " ").replace("^^", "^");
    }

    /** Chars of the value and the parameters. */
    int length() {
        return value.length()
                + parameters.values().stream().mapToInt(String::length).sum();
    }

    /** The value of a parameter in one line; empty when there is none. */
    String parameter(String parameter) {
        return inOneLine(parameters.getOrDefault(parameter, ""));
    }

    /** The value of a property of type TEXT (RFC 5545 section 3.3.11) in one line. */
    String text() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < value.length(); i++) {
            boolean escape = value.charAt(i) == '\\' && i + 1 < value.length();
            i += escape ? 1 : 0;
            char c = value.charAt(i);
            text.append(escape && (c == 'n' || c == 'N') ? ' ' : c);
        }
        return inOneLine(text.toString());
    }

    /** The person whom an ORGANIZER or ATTENDEE names, with name and address. */
    String person() {
        String address = AttendeeLine.parse(AddressList.bytes("X:" + value)).addresses().stream()
                .findFirst()
                .map(Object::toString)
                .orElseGet(() -> inOneLine(value.replaceFirst("(?i)^mailto:", "")));
        String commonName = parameter("CN");
        return commonName.isEmpty() || commonName.equalsIgnoreCase(address)
                ? address
                : address.isEmpty() ? commonName : commonName + " <" + address + ">";
    }

    /** Text in one line, cut where it is longer than anybody reads. */
    static String inOneLine(String text) {
        String line = BLANK.matcher(atMost(text)).replaceAll(" ").strip();
        int bytes = 0;
        int at = 0;
        while (at < line.length()) {
            int c = line.codePointAt(at);
            bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
            if (bytes > LONGEST) {
                return line.substring(0, at) + ELLIPSIS;
            }
            at += Character.charCount(c);
        }
        return line;
    }
}
