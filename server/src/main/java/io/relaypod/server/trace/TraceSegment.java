package io.relaypod.server.trace;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;

/**
 * A file with one entry a line, the earliest first. Readers skip a line that is not an entry, such as a torn one.
 * Immutable.
 *
 * @param file of the lines
 * @param firstMicros a time not after the first entry
 */
record TraceSegment(Path file, long firstMicros) {

    static final String LINES = ".jsonl";

    private static final ObjectReader JSON = new ObjectMapper().readerFor(TraceEntry.class);
    // {"at":1795354212364000,"id":"
    private static final int ID_START = 29;
    private static final byte[] RECEIVED =
            "\",\"event\":\"received\",\"session\":\"".getBytes(StandardCharsets.US_ASCII);

    /** Selects the lines to parse. */
    @FunctionalInterface
    interface LineFilter {
        boolean mayMatch(byte[] file, int start, int end);
    }

    static Optional<TraceSegment> at(Path file) {
        String name = file.getFileName().toString();
        if (!name.matches("\\d{16}\\" + LINES)) {
            return Optional.empty();
        }
        return Optional.of(new TraceSegment(file, Long.parseLong(name.substring(0, name.length() - LINES.length()))));
    }

    static TraceSegment in(Path directory, long firstMicros) {
        return new TraceSegment(directory.resolve(String.format("%016d%s", firstMicros, LINES)), firstMicros);
    }

    /** Parses the lines that the filter accepts. */
    void read(LineFilter lines, Consumer<TraceEntry> consumer) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException gone) {
            return; // the file was deleted for its age, or the disk cannot be read
        }
        int start = 0;
        for (int end = 0; end < bytes.length; end++) {
            if (bytes[end] == '\n') {
                if (lines.mayMatch(bytes, start, end)) {
                    parse(bytes, start, end, consumer);
                }
                start = end + 1;
            }
        }
    }

    private static void parse(byte[] bytes, int start, int end, Consumer<TraceEntry> consumer) {
        TraceEntry entry;
        try {
            entry = JSON.readValue(bytes, start, end - start);
        } catch (IOException | RuntimeException notOurs) {
            return; // a torn or foreign line is no entry
        }
        consumer.accept(entry);
    }

    /** Id of the line's entry, without parsing the line; empty for a foreign line. */
    static String id(byte[] bytes, int start, int end) {
        return text(bytes, start + ID_START, end);
    }

    /** Session of the line's entry if that is {@code received}, without parsing the line; otherwise empty. */
    static String session(byte[] bytes, int start, int end) {
        int afterId = closingQuote(bytes, start + ID_START, end);
        int session = afterId + RECEIVED.length;
        return session < end && Arrays.equals(bytes, afterId, session, RECEIVED, 0, RECEIVED.length)
                ? text(bytes, session, end)
                : "";
    }

    private static String text(byte[] bytes, int begin, int end) {
        int quote = closingQuote(bytes, begin, end);
        return quote < end ? new String(bytes, begin, quote - begin, StandardCharsets.ISO_8859_1) : "";
    }

    private static int closingQuote(byte[] bytes, int begin, int end) {
        int at = begin;
        while (at < end && bytes[at] != '"') {
            at++;
        }
        return at;
    }
}
