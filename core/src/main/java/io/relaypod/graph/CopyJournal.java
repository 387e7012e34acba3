package io.relaypod.graph;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.google.common.base.Splitter;

/**
 * What the relay has seen of copies, in a file, so that a start finds out what happened meanwhile. Survives the end of
 * the process and not a power failure, as it is not synced: then a copy may be sent twice. For one thread.
 */
final class CopyJournal implements AutoCloseable {

    private static final Splitter CELLS = Splitter.on('\t');
    private static final int COLUMNS = 8;

    private final Path file;
    private BufferedWriter writer;
    private int lines;

    /** A line of the file; a later line of the same copy replaces an earlier one. */
    record JournalEntry(EntryKind kind, GraphCopy copy, CopyState state, Instant at) {}

    /** What a line records. */
    enum EntryKind {
        /** Mailpit accepted a copy. */
        EXPECTED,
        /** A file of a copy that the relay delivered. */
        SEEN,
        /** A file of unknown origin. */
        FOREIGN,
        /** A copy that got its final state, and has no file any more. */
        ANSWERED
    }

    /** @throws IOException if the file cannot be written */
    CopyJournal(Path directory) throws IOException {
        Files.createDirectories(directory);
        file = directory.resolve("copies");
        Files.deleteIfExists(next()); // the process ended while it was written
        writer = open();
        writer.newLine(); // ends a line that was cut by the end of the process
    }

    private Path next() {
        return file.resolveSibling("copies.new");
    }

    private BufferedWriter open() throws IOException {
        return Files.newBufferedWriter(
                file, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** Passes on all lines in their order; a damaged one, as after a power failure, is skipped. */
    void read(Consumer<JournalEntry> entries) throws IOException {
        try (Stream<String> stored = Files.lines(file, StandardCharsets.ISO_8859_1)) {
            stored.forEach(line -> {
                lines++;
                parse(line).ifPresent(entries);
            });
        } catch (UncheckedIOException failed) {
            throw failed.getCause();
        }
    }

    /** Appends a line; {@link #flush} writes it. */
    void append(JournalEntry entry) throws IOException {
        writer.write(line(entry));
        writer.newLine();
        lines++;
    }

    void flush() throws IOException {
        writer.flush();
    }

    /** Lines in the file. */
    int lines() {
        return lines;
    }

    /** Replaces all lines, atomically. */
    void rewrite(List<JournalEntry> entries) throws IOException {
        Path next = next();
        Files.write(next, entries.stream().map(CopyJournal::line).toList(), StandardCharsets.UTF_8);
        writer.close();
        try {
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            lines = entries.size();
        } finally {
            writer = open();
        }
    }

    private static String line(JournalEntry entry) {
        GraphCopy copy = entry.copy();
        return String.join(
                "\t",
                entry.kind().name(),
                entry.state().name(),
                Long.toString(entry.at().toEpochMilli()),
                encoded(copy.fileName()),
                encoded(copy.queueId().orElse("")),
                encoded(copy.instance().orElse("")),
                encoded(copy.mailbox()),
                copy.recipients().stream().map(CopyJournal::encoded).collect(Collectors.joining(" ")));
    }

    private static Optional<JournalEntry> parse(String line) {
        List<String> cells = CELLS.splitToList(line);
        if (cells.size() != COLUMNS) {
            return Optional.empty();
        }
        try {
            List<String> recipients = new ArrayList<>();
            Splitter.on(' ')
                    .omitEmptyStrings()
                    .split(cells.get(COLUMNS - 1))
                    .forEach(each -> recipients.add(decoded(each)));
            return Optional.of(new JournalEntry(
                    EntryKind.valueOf(cells.get(0)),
                    new GraphCopy(
                            decoded(cells.get(3)),
                            optional(cells.get(4)),
                            optional(cells.get(5)),
                            recipients,
                            decoded(cells.get(6))),
                    CopyState.valueOf(cells.get(1)),
                    Instant.ofEpochMilli(Long.parseLong(cells.get(2)))));
        } catch (IllegalArgumentException damaged) {
            return Optional.empty();
        }
    }

    private static Optional<String> optional(String cell) {
        return Optional.of(decoded(cell)).filter(text -> !text.isEmpty());
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String decoded(String cell) {
        return URLDecoder.decode(cell, StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }
}
