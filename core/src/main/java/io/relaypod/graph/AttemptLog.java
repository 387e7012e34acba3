package io.relaypod.graph;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads what smtp2graph appended to a log since the last poll, over rotations. winston begins {@code error1.log} when
 * {@code error.log} has 2 MiB, then {@code error2.log}, and deletes the oldest of ten. A line is read when it is
 * complete. For one thread.
 */
final class AttemptLog {

    /** A longer line is skipped, in bytes. smtp2graph writes a web page into a line if a proxy answers with one. */
    static final int LONGEST_LINE = 256 * 1024;

    private static final int BUFFER = 64 * 1024;

    private final Path directory;
    private final String name;
    private final String marker;
    private final Pattern form;
    private final Map<Object, LogPosition> positions = new HashMap<>();

    /** Where the next line begins in a file. */
    private record LogPosition(long offset, boolean isSkipping) {}

    private record LogFile(Path path, Object key, long size, int number) {}

    /**
     * @param name of the log without its number and suffix, such as {@code error}
     * @param marker text that every line of interest has; other lines are not parsed
     */
    AttemptLog(Path directory, String name, String marker) {
        this.directory = directory;
        this.name = name;
        this.marker = marker;
        this.form = Pattern.compile(Pattern.quote(name) + "(\\d{0,6})\\.log");
    }

    /** Reads complete lines since the last call; at the first call all. Does nothing if there is no log yet. */
    void poll(Consumer<AttemptLine> lines) throws IOException {
        List<LogFile> files = files();
        Set<Object> present = new HashSet<>();
        for (LogFile file : files) {
            present.add(file.key());
            LogPosition before = positions.getOrDefault(file.key(), new LogPosition(0, false));
            // A log that was emptied begins again.
            LogPosition from = file.size() < before.offset() ? new LogPosition(0, false) : before;
            positions.put(file.key(), file.size() > from.offset() ? read(file.path(), from, lines) : from);
        }
        positions.keySet().retainAll(present);
    }

    private List<LogFile> files() throws IOException {
        List<LogFile> files = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, name + "*.log")) {
            for (Path path : found) {
                Matcher named = form.matcher(String.valueOf(path.getFileName()));
                if (named.matches()) {
                    int number = named.group(1).isEmpty() ? 0 : Integer.parseInt(named.group(1));
                    attributes(path)
                            .ifPresent(file -> files.add(new LogFile(path, key(path, file), file.size(), number)));
                }
            }
        } catch (NoSuchFileException notYet) {
            return List.of();
        } catch (DirectoryIteratorException failed) {
            throw failed.getCause();
        }
        files.sort(Comparator.comparingInt(LogFile::number));
        return files;
    }

    private static Object key(Path path, BasicFileAttributes file) {
        return Objects.requireNonNullElse(file.fileKey(), path);
    }

    private static Optional<BasicFileAttributes> attributes(Path path) throws IOException {
        try {
            return Optional.of(Files.readAttributes(path, BasicFileAttributes.class))
                    .filter(BasicFileAttributes::isRegularFile);
        } catch (NoSuchFileException deleted) {
            return Optional.empty();
        }
    }

    private LogPosition read(Path path, LogPosition from, Consumer<AttemptLine> lines) throws IOException {
        try (SeekableByteChannel channel = Files.newByteChannel(path)) {
            channel.position(from.offset());
            byte[] bytes = new byte[BUFFER];
            int filled = 0;
            long start = from.offset();
            boolean isSkipping = from.isSkipping();
            int read;
            while ((read = channel.read(ByteBuffer.wrap(bytes, filled, bytes.length - filled))) > 0) {
                int searched = filled;
                filled += read;
                int begin = 0;
                for (int at = searched; at < filled; at++) {
                    if (bytes[at] == '\n') {
                        if (!isSkipping) {
                            line(bytes, begin, at, lines);
                        }
                        isSkipping = false;
                        begin = at + 1;
                    }
                }
                System.arraycopy(bytes, begin, bytes, 0, filled - begin);
                filled -= begin;
                start += begin;
                if (isSkipping) {
                    start += filled;
                    filled = 0;
                } else if (filled == bytes.length && filled >= LONGEST_LINE) {
                    isSkipping = true;
                    start += filled;
                    filled = 0;
                } else if (filled == bytes.length) {
                    bytes = Arrays.copyOf(bytes, Math.min(LONGEST_LINE, bytes.length * 2));
                }
            }
            return new LogPosition(start, isSkipping);
        } catch (NoSuchFileException deleted) {
            return from;
        }
    }

    private void line(byte[] bytes, int begin, int end, Consumer<AttemptLine> lines) {
        byte[] line = Arrays.copyOfRange(bytes, begin, end);
        if (new String(line, StandardCharsets.ISO_8859_1).contains(marker)) {
            AttemptLine.parse(line).ifPresent(lines);
        }
    }
}
