package io.relaypod.server.trace;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of segments with a limit for size and age; the oldest segments are deleted. A process writes only files
 * of its own, so a damaged file of another process does no harm. Nothing is synced. One thread writes, any number of
 * threads read.
 */
final class TraceSegments {

    private static final Logger LOGGER = LoggerFactory.getLogger(TraceSegments.class);

    private static final long LARGEST_SEGMENT = 1 << 20;
    // Few segments would keep events much longer than their time, and delete much more than the size demands.
    private static final int SEGMENTS = 10;
    private static final ObjectWriter JSON = new ObjectMapper().writerFor(TraceEntry.class);

    private final Path directory;
    private final long maxBytes;
    private final Duration maxAge;
    private Optional<Current> current = Optional.empty();

    /** The segment in writing. */
    private static final class Current {

        private final TraceSegment segment;
        private final OutputStream out;
        private long bytes;

        Current(TraceSegment segment) throws IOException {
            this.segment = segment;
            this.out = new BufferedOutputStream(Files.newOutputStream(segment.file(), StandardOpenOption.CREATE_NEW));
        }

        void append(TraceEntry entry) throws IOException {
            byte[] line = line(entry);
            out.write(line);
            out.write('\n');
            bytes += line.length + 1;
        }

        private static byte[] line(TraceEntry entry) throws JsonProcessingException {
            return JSON.writeValueAsBytes(entry);
        }

        void complete() throws IOException {
            out.close();
        }
    }

    TraceSegments(Path directory, long maxBytes, Duration maxAge) {
        this.directory = directory;
        this.maxBytes = maxBytes;
        this.maxAge = maxAge;
        deleteFilters();
    }

    // Earlier releases wrote a Bloom filter beside each segment.
    private void deleteFilters() {
        if (!Files.isDirectory(directory)) {
            return;
        }
        try (DirectoryStream<Path> filters = Files.newDirectoryStream(directory, "*.terms")) {
            for (Path filter : filters) {
                Files.deleteIfExists(filter);
            }
        } catch (IOException | DirectoryIteratorException undeletable) {
            LOGGER.debug("old trace filters in {} could not be deleted", directory, undeletable);
        }
    }

    void append(TraceEntry entry) throws IOException {
        if (current.isPresent() && isComplete(current.get(), entry.micros())) {
            complete();
        }
        if (current.isEmpty()) {
            Files.createDirectories(directory);
            prune(entry.micros());
            current = Optional.of(new Current(unused(entry.micros())));
        }
        current.get().append(entry);
    }

    // The clock may have been set back.
    private TraceSegment unused(long micros) {
        return LongStream.iterate(micros, next -> next + 1)
                .mapToObj(next -> TraceSegment.in(directory, next))
                .filter(segment -> Files.notExists(segment.file()))
                .findFirst()
                .orElseThrow();
    }

    private boolean isComplete(Current segment, long now) {
        return segment.bytes >= Math.min(LARGEST_SEGMENT, maxBytes / SEGMENTS)
                || now - segment.segment.firstMicros() > micros(maxAge) / SEGMENTS;
    }

    /** Makes appended entries visible to readers, and deletes old segments. */
    void flush(long nowMicros) throws IOException {
        if (current.isPresent()) {
            current.get().out.flush();
        }
        prune(nowMicros);
    }

    void complete() throws IOException {
        Optional<Current> last = current;
        current = Optional.empty();
        if (last.isPresent()) {
            last.get().complete();
        }
    }

    /** Abandons a segment that cannot be written, for example on a full disk. */
    void closeUnfinished() {
        try {
            complete();
        } catch (IOException alsoNotClosed) {
            LOGGER.debug("trace segment could not be closed", alsoNotClosed);
        }
    }

    private void prune(long nowMicros) throws IOException {
        List<TraceSegment> newestFirst = newestFirst();
        long bytes = 0;
        for (int i = 0; i < newestFirst.size(); i++) {
            TraceSegment segment = newestFirst.get(i);
            bytes += size(segment);
            // All its entries are older than the first entry of the next segment.
            boolean old = i > 0 && nowMicros - newestFirst.get(i - 1).firstMicros() > micros(maxAge)
                    || nowMicros - lastWrite(segment) > micros(maxAge);
            boolean beingWritten = current.isPresent() && current.get().segment.equals(segment);
            if (!beingWritten && (old || bytes > maxBytes)) {
                Files.deleteIfExists(segment.file());
            }
        }
    }

    private static long lastWrite(TraceSegment segment) throws IOException {
        return Files.getLastModifiedTime(segment.file()).toMillis() * 1_000;
    }

    private static long size(TraceSegment segment) throws IOException {
        return Files.size(segment.file());
    }

    private static long micros(Duration duration) {
        return duration.toMillis() * 1_000;
    }

    /** The size of all segments, in bytes. */
    long size() {
        long bytes = 0;
        for (TraceSegment segment : newestFirst()) {
            try {
                bytes += size(segment);
            } catch (IOException gone) {
                LOGGER.debug("trace segment {} is gone", segment.file(), gone);
            }
        }
        return bytes;
    }

    List<TraceSegment> newestFirst() {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return new ArrayList<>(files.map(TraceSegment::at)
                    .flatMap(Optional::stream)
                    .sorted(Comparator.comparingLong(TraceSegment::firstMicros).reversed())
                    .toList());
        } catch (IOException unreadable) {
            LOGGER.warn("event=trace-unreadable directory={} reason=\"{}\"", directory, unreadable.getMessage());
            return List.of();
        }
    }
}
