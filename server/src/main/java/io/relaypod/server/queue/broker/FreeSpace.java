package io.relaypod.server.queue.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps disk space for the mails in the queue: each is written once more before it leaves, and a journal without space
 * stops. Thread-safe.
 */
public final class FreeSpace {

    private static final Logger LOGGER = LoggerFactory.getLogger(FreeSpace.class);

    // A system call for each mail would cost too much.
    private static final long LOOK_EVERY = Duration.ofMillis(200).toNanos();

    private final Path directory;
    private final Disk disk;
    private final long reserve;
    private final AtomicLong looked = new AtomicLong(System.nanoTime() - LOOK_EVERY);
    private final ReentrantLock looking = new ReentrantLock();
    private volatile long free = Long.MAX_VALUE;

    /** Reads the number of free bytes. */
    public interface Disk {

        long free() throws IOException;
    }

    /** @param reserve bytes that must be free for one more mail to be accepted */
    public FreeSpace(Path directory, Disk disk, long reserve) {
        this.directory = directory;
        this.disk = disk;
        this.reserve = reserve;
    }

    static FreeSpace of(Path directory, long reserve) throws IOException {
        return new FreeSpace(directory, Files.getFileStore(directory)::getUsableSpace, reserve);
    }

    /** @throws InsufficientStorageException if less than the reserve is free */
    public void check() throws InsufficientStorageException {
        long now = System.nanoTime();
        if (now - looked.get() >= LOOK_EVERY && looking.tryLock()) {
            try {
                readFreeSpace(now);
            } finally {
                looking.unlock();
            }
        }
        long found = free;
        if (found < reserve) {
            throw new InsufficientStorageException(mebibytes(found) + " MiB are free in " + directory + ", and "
                    + mebibytes(reserve) + " are kept for the mails that are in the queue already");
        }
    }

    private void readFreeSpace(long now) {
        try {
            long found = disk.free();
            if (found < reserve != free < reserve) {
                LOGGER.warn(
                        "event={} free={}MiB reserve={}MiB directory={}",
                        found < reserve ? "disk-full" : "disk-free",
                        mebibytes(found),
                        mebibytes(reserve),
                        directory);
            }
            free = found;
            looked.set(now);
        } catch (IOException unknown) {
            LOGGER.warn("event=disk-unknown directory={} reason=\"{}\"", directory, unknown.getMessage());
        }
    }

    private static long mebibytes(long bytes) {
        return bytes >> 20;
    }
}
