package io.relaypod.lab.graph;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the ATTENDEE addresses of an iCalendar text (RFC 5545 section 3.8.4.1), in UTF-8 or UTF-16. */
final class GraphAttendees {

    private static final Pattern FOLD = Pattern.compile("\r?\n[ \t]");
    private static final Pattern PROPERTY = Pattern.compile("(?i)ATTENDEE[;:].*");
    private static final Pattern MAILTO = Pattern.compile("(?i)mailto:\\s*([^\\s\"<>;,]+@[^\\s\"<>;,]+)");

    private GraphAttendees() {}

    static boolean isCalendar(byte[] content) {
        return text(content).stripLeading().regionMatches(true, 0, "BEGIN:VCALENDAR", 0, "BEGIN:VCALENDAR".length());
    }

    static List<String> of(byte[] content) {
        String unfolded = FOLD.matcher(text(content)).replaceAll("");
        return unfolded.lines()
                .map(String::strip)
                .filter(line -> PROPERTY.matcher(line).matches())
                .map(GraphAttendees::address)
                .flatMap(Optional::stream)
                .toList();
    }

    private static Optional<String> address(String line) {
        Matcher value = MAILTO.matcher(line.substring(valueStart(line)));
        return value.find() ? Optional.of(value.group(1).toLowerCase(Locale.ROOT)) : Optional.empty();
    }

    /** The index after the first colon outside quoted parameters such as SENT-BY="mailto:...". */
    private static int valueStart(String line) {
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            if (line.charAt(i) == '"') {
                quoted = !quoted;
            } else if (line.charAt(i) == ':' && !quoted) {
                return i + 1;
            }
        }
        return 0;
    }

    private static String text(byte[] content) {
        String text = new String(content, charset(content));
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    private static Charset charset(byte[] content) {
        int first = content.length > 1 ? (content[0] & 0xFF) << 8 | content[1] & 0xFF : 0;
        return first == 0xFEFF || first == 0xFFFE ? StandardCharsets.UTF_16 : StandardCharsets.UTF_8;
    }
}
