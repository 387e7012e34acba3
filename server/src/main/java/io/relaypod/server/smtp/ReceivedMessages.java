package io.relaypod.server.smtp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

import io.relaypod.memory.FairShare;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores messages during receipt: small ones in memory, as far as the budget allows, all others in files of one
 * directory. The bytes in files are bounded. At the start it deletes the files of a killed process: none of those
 * messages was answered 250. Thread-safe.
 */
public final class ReceivedMessages {

    private static final Logger LOGGER = LoggerFactory.getLogger(ReceivedMessages.class);

    /** In bytes; above it a mail is in a file. */
    static final int MAX_IN_MEMORY = 64 << 10;

    // In bytes of all files together; of mails with the largest size that is allowed, so many at least.
    private static final long FILES = 256L << 20;
    private static final int LARGEST_MAILS = 16;

    private final Path directory;
    private final long mostInFiles;
    private final FairShare memory;
    private final AtomicLong inFiles = new AtomicLong();

    /**
     * @param maxMessageSize in bytes; 0 for no limit
     * @throws UncheckedIOException naming the directory, when it cannot be made or emptied
     */
    public ReceivedMessages(Path directory, long maxMessageSize, MemoryBudget budget) {
        this.directory = directory;
        this.mostInFiles = Math.max(FILES, Math.min(maxMessageSize, Long.MAX_VALUE / LARGEST_MAILS) * LARGEST_MAILS);
        this.memory = new FairShare(budget, MemoryUse.BODIES);
        try {
            Files.createDirectories(directory);
            sweep();
        } catch (IOException unusable) {
            throw new UncheckedIOException(
                    "the directory for mails that are being received cannot be used: " + directory, unusable);
        }
    }

    private void sweep() throws IOException {
        int swept = 0;
        try (DirectoryStream<Path> left = Files.newDirectoryStream(directory)) {
            for (Path file : left) {
                Files.delete(file);
                swept++;
            }
        }
        if (swept > 0) {
            LOGGER.info("event=swept directory={} files={}", directory, swept);
        }
    }

    /**
     * @param name unique
     * @param client whose share of the memory the message may use
     * @return empty if the files have reached their limit
     */
    Optional<ReceivedMessage> begin(String name, Object client) {
        return inFiles.get() < mostInFiles
                ? Optional.of(new ReceivedMessage(name, this, memory, client))
                : Optional.empty();
    }

    Path newFile() throws IOException {
        return Files.createTempFile(directory, "", ".eml");
    }

    /** Reserves bytes for files; the caller returns them with {@link #released}. @return whether the limit allows it */
    boolean tryGrow(long bytes) {
        if (inFiles.addAndGet(bytes) > mostInFiles) {
            inFiles.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    void released(long bytes) {
        inFiles.addAndGet(-bytes);
    }

    /** Bytes in files. */
    public long bytesInFiles() {
        return inFiles.get();
    }

    /** The most bytes that there may be in files. */
    public long mostInFiles() {
        return mostInFiles;
    }
}
