package io.relaypod.graph;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

import com.google.common.base.Splitter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells whether smtp2graph's volume is the one that the relay saw last, and not an empty one or an older state of it.
 * On both volumes is a file with the same number, which grows. If smtp2graph's volume is read-only, its
 * {@link VolumeTraces} count. For one thread.
 */
final class VolumeNumber {

    private static final Logger LOGGER = LoggerFactory.getLogger(VolumeNumber.class);

    private static final Duration MINUTE = Duration.ofMinutes(1);

    /** In {@code queue/}, so that it vanishes with what else is in there. smtp2graph looks at {@code *.eml} only. */
    static final String FILE = "relaypod-volume";

    private static final Splitter WORDS = Splitter.on(' ').trimResults().omitEmptyStrings();

    private final Path own;
    private final Path theirs;
    private final Smtp2GraphDirectory directory;
    private boolean isOnTheirs;
    private boolean hasArrivals;
    private boolean isFailing;
    private Instant grownAt = Instant.EPOCH;

    private record VolumeStamp(String volume, long number, String traces) {}

    /** @param state the relay's directory */
    VolumeNumber(Path state, Smtp2GraphDirectory directory) {
        this.own = state.resolve("volume");
        this.theirs = directory.queue().resolve(FILE);
        this.directory = directory;
    }

    /** Whether what is on smtp2graph's volume follows what the relay saw last; true before the first {@link #grow}. */
    boolean isSame() throws IOException {
        Optional<VolumeStamp> seen = read(own);
        if (seen.isEmpty()) {
            return true;
        }
        if (seen.get().volume().isEmpty()) {
            return VolumeTraces.parse(seen.get().traces())
                    .filter(VolumeTraces.of(directory)::follows)
                    .isPresent();
        }
        // A crash between the two writes leaves theirs one ahead.
        return read(theirs)
                .filter(there -> there.volume().equals(seen.get().volume()))
                .filter(there -> there.number() == seen.get().number()
                        || there.number() == seen.get().number() + 1)
                .isPresent();
    }

    /** A file came, which an older state of the volume does not have. */
    void arrived() {
        hasArrivals = true;
    }

    /** Whether files came since the last number, which is a minute old. */
    boolean isDue(Instant now) {
        return hasArrivals && !now.isBefore(grownAt.plus(MINUTE));
    }

    /**
     * Writes the next number on both volumes. Without it, a replaced volume may only be taken for another one, so that
     * copies are sent twice.
     *
     * @param isWritable whether smtp2graph's volume can be written
     * @param isRecorded whether the journal has all that is known: what is lost has to stay lost after a restart
     */
    void grow(boolean isWritable, boolean isRecorded, Instant now) {
        grownAt = now;
        hasArrivals = true;
        isOnTheirs &= !isErased(); // one that vanished is not missed until there is another
        if (!isRecorded) {
            return;
        }
        try {
            write(isWritable);
            hasArrivals = false;
            isFailing = false;
        } catch (IOException failed) {
            if (!isFailing) {
                LOGGER.warn("event=graph-volume-number-failed reason=\"{}\"", failed.toString());
            }
            isFailing = true;
        }
    }

    private void write(boolean isWritable) throws IOException {
        VolumeStamp last = read(own).orElseGet(() -> new VolumeStamp("", 0, ""));
        String volume =
                !isWritable ? "" : last.volume().isEmpty() ? UUID.randomUUID().toString() : last.volume();
        VolumeStamp next = new VolumeStamp(
                volume, last.number() + 1, VolumeTraces.of(directory).toString());
        if (isWritable) {
            write(theirs, next);
        }
        isOnTheirs = isWritable;
        write(own, next);
    }

    /** Whether the file that {@link #grow} wrote into {@code queue/} vanished, with whatever else was there. */
    boolean isErased() {
        return isOnTheirs && Files.notExists(theirs);
    }

    private static Optional<VolumeStamp> read(Path file) throws IOException {
        try {
            List<String> words = WORDS.splitToList(Files.readString(file, StandardCharsets.ISO_8859_1));
            return words.size() == 3
                    ? Optional.of(new VolumeStamp(
                            words.get(0).equals("-") ? "" : words.get(0), Long.parseLong(words.get(1)), words.get(2)))
                    : Optional.empty();
        } catch (NoSuchFileException none) {
            return Optional.empty();
        } catch (NumberFormatException damaged) {
            return Optional.empty();
        }
    }

    private static void write(Path file, VolumeStamp numbered) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".new");
        String volume = numbered.volume().isEmpty() ? "-" : numbered.volume();
        Files.writeString(
                next, volume + " " + numbered.number() + " " + numbered.traces() + "\n", StandardCharsets.UTF_8);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
