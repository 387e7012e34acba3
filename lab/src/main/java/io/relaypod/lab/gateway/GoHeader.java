package io.relaypod.lab.gateway;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The header of a message as Go's net/mail parses it. The parser is stricter than others: if a line is not {@code Name:
 * value}, the whole message is rejected. Immutable.
 */
final class GoHeader {

    private record Field(String name, String value) {}

    private final List<Field> fields;

    private GoHeader(List<Field> fields) {
        this.fields = fields;
    }

    /** Empty if {@code mail.ReadMessage} fails. The message must begin with a Received field. */
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

    /** The value of the first field with the name; empty if there is none. */
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
