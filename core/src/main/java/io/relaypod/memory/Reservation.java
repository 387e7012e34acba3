package io.relaypod.memory;

/**
 * Bytes of a {@link MemoryBudget} that its owner may allocate until the reservation is closed. Thread-safe; closing
 * twice is harmless.
 */
public final class Reservation implements AutoCloseable {

    private final ByteSource lender;
    private long bytes;
    private boolean closed;

    Reservation(ByteSource lender, long bytes) {
        this.lender = lender;
        this.bytes = bytes;
    }

    /** Bytes held; 0 once closed. */
    public synchronized long bytes() {
        return bytes;
    }

    /**
     * Changes the size of the reservation. A smaller size is always granted. If a larger size is refused, the size
     * stays as it was.
     */
    public synchronized boolean tryResize(long newBytes) {
        if (closed) {
            return false;
        }
        if (newBytes > bytes && !lender.tryTake(newBytes - bytes)) {
            return false;
        }
        if (newBytes < bytes) {
            lender.release(bytes - newBytes);
        }
        bytes = newBytes;
        return true;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            lender.release(bytes);
            bytes = 0;
        }
    }
}
