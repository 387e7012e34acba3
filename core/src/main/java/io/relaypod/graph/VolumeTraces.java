package io.relaypod.graph;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

import com.google.common.base.Splitter;
import com.google.common.hash.Hashing;
import com.google.common.primitives.Bytes;

/**
 * By what a volume that the relay cannot write is told from an empty or older one. The inode of {@code queue/} alone
 * does not tell: it stays when the directory is emptied, and new volumes use the same inodes. The beginning of
 * smtp2graph's first log has the time of its first start. Immutable.
 *
 * @param queue device and inode of {@code queue/}
 * @param changedMillis when a file in it last came or vanished, since 1970
 * @param logged size of the log, in bytes
 * @param logStart hash of the log's first line; empty without a log, and then nothing can be told
 */
record VolumeTraces(String queue, long changedMillis, long logged, String logStart) {

    private static final String LOG = "combined.log";
    private static final int LONGEST_START = 4_096;
    private static final String SEPARATOR = "@";

    static VolumeTraces of(Smtp2GraphDirectory directory) throws IOException {
        BasicFileAttributes queue = Files.readAttributes(directory.queue(), BasicFileAttributes.class);
        Path log = directory.logs().resolve(LOG);
        byte[] start = new byte[0];
        long logged;
        try (InputStream in = Files.newInputStream(log)) {
            start = firstLine(in.readNBytes(LONGEST_START));
            logged = Files.size(log);
        } catch (NoSuchFileException none) {
            logged = 0;
        }
        return new VolumeTraces(
                String.valueOf(queue.fileKey()),
                queue.lastModifiedTime().toMillis(),
                logged,
                start.length == 0 ? "" : Hashing.sha256().hashBytes(start).toString());
    }

    private static byte[] firstLine(byte[] bytes) {
        int end = Bytes.indexOf(bytes, (byte) '\n');
        if (end < 0 && bytes.length < LONGEST_START) {
            return new byte[0]; // smtp2graph is writing it
        }
        return end < 0 ? bytes : Arrays.copyOf(bytes, end);
    }

    static Optional<VolumeTraces> parse(String text) {
        List<String> words = Splitter.on(SEPARATOR).splitToList(text);
        try {
            return words.size() == 4
                    ? Optional.of(new VolumeTraces(
                            words.get(0), Long.parseLong(words.get(1)), Long.parseLong(words.get(2)), words.get(3)))
                    : Optional.empty();
        } catch (NumberFormatException damaged) {
            return Optional.empty();
        }
    }

    /** Whether this is a later state of the same volume. */
    boolean follows(VolumeTraces seen) {
        return queue.equals(seen.queue())
                && !logStart.isEmpty()
                && logStart.equals(seen.logStart())
                && logged >= seen.logged()
                && changedMillis >= seen.changedMillis();
    }

    @Override
    public String toString() {
        return String.join(SEPARATOR, queue, Long.toString(changedMillis), Long.toString(logged), logStart);
    }
}
