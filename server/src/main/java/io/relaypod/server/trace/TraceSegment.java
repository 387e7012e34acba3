package io.relaypod.server.trace;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.google.common.hash.BloomFilter;
import com.google.common.hash.Funnels;

/**
 * A file of entries, a line each, the earliest first. What cannot be read in it, such as a line that was not written to
 * its end, is passed over. Immutable.
 *
 * @param file the lines
 * @param firstMicros not after the first entry
 */
record TraceSegment(Path file, long firstMicros) {

    static final String LINES = ".jsonl";

    private static final String TERMS = ".terms";
    private static final ObjectReader JSON = new ObjectMapper().readerFor(TraceEntry.class);
    // {"at":1795354212364000,"id":"
    private static final int ID_START = 29;

    /** Which lines of a file are worth reading. */
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

    /** Where it is written which terms the file has, once it is complete. */
    Path terms() {
        String name = file.getFileName().toString();
        return file.resolveSibling(name.substring(0, name.length() - LINES.length()) + TERMS);
    }

    /** Which terms may be in it; empty where nobody wrote that down, or where it cannot be read. */
    Optional<BloomFilter<CharSequence>> readTerms() {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(terms()))) {
            return Optional.of(BloomFilter.readFrom(in, Funnels.stringFunnel(StandardCharsets.UTF_8)));
        } catch (IOException | RuntimeException notThere) {
            return Optional.empty();
        }
    }

    /** Reads those lines that the filter lets through. */
    void read(LineFilter lines, Consumer<TraceEntry> consumer) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException gone) {
            return; // its time had come, or the disk cannot be read: there is nothing to find
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

    /** The id of the line's entry, without reading the rest of it; empty when the line is none of ours. */
    static String id(byte[] bytes, int start, int end) {
        int begin = start + ID_START;
        int at = begin;
        while (at < end && bytes[at] != '"') {
            at++;
        }
        return at < end ? new String(bytes, begin, at - begin, StandardCharsets.ISO_8859_1) : "";
    }
}
