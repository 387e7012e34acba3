package io.relaypod.server.queue.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

import org.apache.activemq.artemis.core.io.nio.NIOSequentialFileFactory;
import org.apache.activemq.artemis.core.journal.impl.JournalImpl;

/**
 * Removes what is deleted from a journal, before a broker loads it. Artemis keeps deleted records in memory until it
 * has read all files, and by itself compacts a journal of ten files or more: more than the heap.
 */
final class JournalCompaction {

    private static final String PREFIX = "activemq-data";
    private static final String EXTENSION = "amq";
    private static final int LEAST_FILES = 2;
    private static final int NEVER = 0;
    private static final int ONE_WRITE = 1;

    private final Path journal;
    private final int fileSize;

    /**
     * @param journal the directory of one that is not open
     * @param fileSize bytes of each of its files
     */
    JournalCompaction(Path journal, int fileSize) {
        this.journal = journal;
        this.fileSize = fileSize;
    }

    /** The number of files. */
    long files() throws IOException {
        try (var found = Files.newDirectoryStream(journal, PREFIX + "-*." + EXTENSION)) {
            long files = 0;
            for (Path file : found) {
                files += Files.size(file) > 0 ? 1 : 0;
            }
            return files;
        }
    }

    /**
     * Compacts it. Memory does not grow with its size.
     *
     * @throws IOException if a file cannot be written or read. As after a crash, the journal has its old or its new
     *     files
     */
    void run() throws IOException {
        AtomicReference<Optional<Throwable>> failure = new AtomicReference<>(Optional.empty());
        JournalImpl compacted = new JournalImpl(
                fileSize,
                LEAST_FILES,
                LEAST_FILES,
                NEVER,
                NEVER,
                new NIOSequentialFileFactory(journal.toFile(), ONE_WRITE),
                PREFIX,
                EXTENSION,
                ONE_WRITE);
        // Artemis throws nothing of what fails while it compacts.
        compacted.setCriticalErrorListener(
                (cause, message, file) -> failure.compareAndSet(Optional.empty(), Optional.of(cause)));
        try {
            compacted.start();
            try {
                compacted.loadInternalOnly();
                compacted.compact();
            } finally {
                compacted.stop();
            }
        } catch (Exception failed) {
            failure.compareAndSet(Optional.empty(), Optional.of(failed));
        }
        if (failure.get().isPresent()) {
            Throwable cause = failure.get().get();
            throw new IOException("the journal in " + journal + " cannot be compacted: " + cause.getMessage(), cause);
        }
    }
}
