package io.relaypod.mime;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The header of a message. Immutable.
 *
 * @param fields in their order
 * @param end where the empty line behind it begins
 */
public record HeaderSection(List<HeaderField> fields, long end) {

    /** Keeps its own copy of the fields. */
    public HeaderSection {
        fields = List.copyOf(fields);
    }

    /**
     * Reads the header of a message, and no more.
     *
     * @param names in lower case, of the fields to keep
     */
    public static HeaderSection read(MessageSource source, Set<String> names) throws IOException {
        List<HeaderField> fields = new ArrayList<>();
        try (InputStream in = source.open()) {
            // As long as the message may be, so may a line of it.
            MessageLineReader lines = new MessageLineReader(in, Integer.MAX_VALUE);
            StringBuilder field = new StringBuilder();
            long start = 0;
            while (lines.next() && !lines.isBlank()) {
                boolean continued = lines.startsWith(' ') || lines.startsWith('\t');
                if (!continued) {
                    add(fields, start, field);
                    start = lines.start();
                    field.setLength(0);
                }
                if (!continued && names.contains(HeaderField.nameOf(lines.text(100)))
                        || continued && !field.isEmpty()) {
                    field.append(lines.text());
                }
            }
            add(fields, start, field);
            return new HeaderSection(fields, lines.start());
        }
    }

    private static void add(List<HeaderField> fields, long start, StringBuilder raw) {
        if (!raw.isEmpty()) {
            fields.add(HeaderField.at(start, raw.toString()));
        }
    }

    public List<HeaderField> named(String name) {
        return fields.stream().filter(field -> field.name().equals(name)).toList();
    }
}
