package io.relaypod.memory;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Bounds the memory that all peers together can make the relay use. Each use reserves an estimate of its bytes before it allocates them, and
 * answers with a temporary failure when the reservation is refused. A reservation is refused when the budget, or the use's own share of it,
 * is spent. Thread-safe.
 *
 * <pre>{@code
 * try (Reservation body = budget.tryReserve(MemoryUse.MESSAGES, size).orElseThrow(...)) { ... }
 * }</pre>
 */
public final class MemoryBudget {

    /** The part of the heap that peers may fill; the rest is the relay's own: classes, queue, caches. */
    private static final int PART_OF_HEAP = 4;

    private final long size;
    private final Map<MemoryUse, Long> reserved = new EnumMap<>(MemoryUse.class);
    private long total;

    public MemoryBudget(long bytes) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("a budget of " + bytes + " bytes: at least 1 is expected");
        }
        this.size = bytes;
    }

    /** A quarter of the largest heap of this process. */
    public static MemoryBudget ofThisProcess() {
        return new MemoryBudget(Runtime.getRuntime().maxMemory() / PART_OF_HEAP);
    }

    /** Bytes of the whole budget. */
    public long size() {
        return size;
    }

    /** The most bytes that the use may hold at a time. */
    public long limit(MemoryUse use) {
        return size * use.percent() / 100;
    }

    /** Bytes that the use holds now. */
    public synchronized long reserved(MemoryUse use) {
        return reserved.getOrDefault(use, 0L);
    }

    /** Bytes that all uses hold now. */
    public synchronized long reserved() {
        return total;
    }

    /** Reserves so many bytes at once, or nothing. */
    public Optional<Reservation> tryReserve(MemoryUse use, long bytes) {
        return tryTake(use, bytes) ? Optional.of(new Reservation(this, use, bytes)) : Optional.empty();
    }

    /**
     * Reserves so many bytes, and waits for others to release them, for at most the given time. Not for I/O threads.
     *
     * @return empty if the time ended, or at once if the use may never hold so many bytes
     */
    public Optional<Reservation> reserve(MemoryUse use, long bytes, Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        synchronized (this) {
            while (!tryTake(use, bytes)) {
                long left = deadline - System.nanoTime();
                if (left <= 0 || bytes > limit(use)) {
                    return Optional.empty();
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        }
        return Optional.of(new Reservation(this, use, bytes));
    }

    synchronized boolean tryTake(MemoryUse use, long bytes) {
        long ofUse = reserved(use);
        if (bytes > limit(use) - ofUse || bytes > size - total) {
            return false;
        }
        reserved.put(use, ofUse + bytes);
        total += bytes;
        return true;
    }

    synchronized void release(MemoryUse use, long bytes) {
        reserved.merge(use, -bytes, Long::sum);
        total -= bytes;
        notifyAll();
    }
}
