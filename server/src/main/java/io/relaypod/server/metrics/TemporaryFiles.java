package io.relaypod.server.metrics;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

import io.relaypod.memory.TemporaryFileName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The relay's temporary files. They hold large messages in flight. Immutable. */
public record TemporaryFiles(Path directory) {

    private static final Logger LOGGER = LoggerFactory.getLogger(TemporaryFiles.class);

    /** The files of this process, in the system's temporary directory. */
    public static TemporaryFiles ofThisProcess() {
        return new TemporaryFiles(Path.of(System.getProperty("java.io.tmpdir")));
    }

    /**
     * Puts a hash of the data directory, which no other running relay has, into the names of this process' files. Must
     * be called before a message is opened.
     */
    public static TemporaryFiles ownedBy(Path dataDir) {
        System.setProperty(
                TemporaryFileName.OWNER,
                Integer.toHexString(dataDir.toAbsolutePath().normalize().hashCode()));
        return ofThisProcess();
    }

    /**
     * Deletes the files of earlier processes with the same data directory: those that were last changed before
     * {@code start}.
     */
    public void sweep(Instant start) throws IOException {
        int swept = 0;
        for (Path file : files()) {
            if (Files.getLastModifiedTime(file).toInstant().isBefore(start)) {
                swept += Files.deleteIfExists(file) ? 1 : 0;
            }
        }
        if (swept > 0) {
            LOGGER.info("event=swept directory={} files={}", directory, swept);
        }
    }

    /** Bytes of all files; 0 if the directory cannot be read. */
    double bytes() {
        try {
            return files().stream().mapToLong(file -> file.toFile().length()).sum();
        } catch (IOException unreadable) {
            return 0;
        }
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(file -> file.getFileName().toString().contains(TemporaryFileName.prefix()))
                    .toList();
        }
    }
}
