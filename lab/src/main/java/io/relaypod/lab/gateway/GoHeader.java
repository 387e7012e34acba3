package io.relaypod.lab.gateway;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A mail's header as Go's net/mail reads it, which is stricter than RFC 5322 readers are: a line that is not
 * {@code Name: value} makes the whole mail unreadable. Immutable.
 */
final class GoHeader {

    private record Field(String name, String value) {}

    private final List<Field> fields;

    private GoHeader(List<Field> fields) {
        this.fields = fields;
    }

    /** Nothing where {@code mail.ReadMessage} fails. The mail begins with a Received line, so never with a blank. */
    static Optional<GoHeader> read(byte[] mail) {
        List<Field> fields = new ArrayList<>();
        for (StringBuilder unfolded : unfolded(mail)) {
            String line = unfolded.toString();
            int colon = line.indexOf(':');
            if (colon < 0) {
                return Optional.empty();
            }
            fields.add(new Field(
                    line.substring(0, colon), line.substring(colon + 1).strip()));
        }
        return Optional.of(new GoHeader(fields));
    }

    /** The first field of that name, or nothing said. */
    String get(String name) {
        return fields.stream()
                .filter(field -> field.name().equalsIgnoreCase(name))
                .map(Field::value)
                .findFirst()
                .orElse("");
    }

    private static List<StringBuilder> unfolded(byte[] mail) {
        List<StringBuilder> lines = new ArrayList<>();
        int start = 0;
        while (start < mail.length) {
            int end = indexOfLf(mail, start);
            String line = new String(mail, start, end - start, StandardCharsets.ISO_8859_1);
            line = line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
            if (line.isEmpty()) {
                break;
            }
            if (line.charAt(0) == ' ' || line.charAt(0) == '\t') {
                lines.get(lines.size() - 1).append(' ').append(line.strip());
            } else {
                lines.add(new StringBuilder(line));
            }
            start = end + 1;
        }
        return lines;
    }

    private static int indexOfLf(byte[] mail, int from) {
        int at = from;
        while (at < mail.length && mail[at] != '\n') {
            at++;
        }
        return at;
    }
}
