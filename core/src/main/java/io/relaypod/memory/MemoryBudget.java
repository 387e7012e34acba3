package io.relaypod.memory;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Bounds the memory that all peers together can make the relay use. Each use reserves an estimate of its bytes before
 * it allocates them, and answers with a temporary failure when the reservation is refused. A reservation is refused if
 * the share of the use is spent, or if only memory kept for other uses is left. Thread-safe.
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
    private final Map<MemoryUse, Long> refusals = new EnumMap<>(MemoryUse.class);
    private long total;
    // For each use, the larger of the bytes that it holds and the bytes kept for it.
    private long committed;

    public MemoryBudget(long bytes) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("a budget of " + bytes + " bytes: at least 1 is expected");
        }
        this.size = bytes;
        for (MemoryUse use : MemoryUse.values()) {
            committed += kept(use);
        }
    }

    /** A quarter of the largest heap of this process. */
    public static MemoryBudget ofThisProcess() {
        return new MemoryBudget(Runtime.getRuntime().maxMemory() / PART_OF_HEAP);
    }

    /** Bytes of the whole budget. */
    public long size() {
        return size;
    }

    /** The most bytes that the use may hold. */
    public long limit(MemoryUse use) {
        return size * use.percent() / 100;
    }

    /** The bytes that no other use may hold. */
    public long kept(MemoryUse use) {
        return size * use.kept() / 100;
    }

    /** Bytes that the use could reserve now. */
    synchronized long left(MemoryUse use) {
        long ofUse = reserved(use);
        return Math.min(limit(use) - ofUse, size - committed + Math.max(0, kept(use) - ofUse));
    }

    /** How often the use was refused so far. */
    public synchronized long refusals(MemoryUse use) {
        return refusals.getOrDefault(use, 0L);
    }

    synchronized void refused(MemoryUse use) {
        refusals.merge(use, 1L, Long::sum);
    }

    /** Bytes that the use holds now. */
    public synchronized long reserved(MemoryUse use) {
        return reserved.getOrDefault(use, 0L);
    }

    /** Bytes that all uses hold now. */
    public synchronized long reserved() {
        return total;
    }

    /** Reserves all of the bytes, or none. */
    public Optional<Reservation> tryReserve(MemoryUse use, long bytes) {
        ByteSource lender = lender(use);
        return lender.tryTake(bytes) ? Optional.of(new Reservation(lender, bytes)) : Optional.empty();
    }

    private ByteSource lender(MemoryUse use) {
        return new ByteSource() {
            @Override
            public boolean tryTake(long bytes) {
                boolean granted = MemoryBudget.this.tryTake(use, bytes);
                if (!granted) {
                    refused(use);
                }
                return granted;
            }

            @Override
            public void release(long bytes) {
                MemoryBudget.this.release(use, bytes);
            }
        };
    }

    /**
     * Reserves the bytes, and waits at most the given time until others release them. Not for I/O threads.
     *
     * @return empty after that time, or at once if the use may never hold so many bytes
     */
    public Optional<Reservation> reserve(MemoryUse use, long bytes, Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        synchronized (this) {
            while (!tryTake(use, bytes)) {
                long left = deadline - System.nanoTime();
                if (left <= 0 || bytes > limit(use)) {
                    refused(use);
                    return Optional.empty();
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        }
        return Optional.of(new Reservation(lender(use), bytes));
    }

    synchronized boolean tryTake(MemoryUse use, long bytes) {
        if (bytes > left(use)) {
            return false;
        }
        set(use, reserved(use) + bytes);
        return true;
    }

    synchronized void release(MemoryUse use, long bytes) {
        set(use, reserved(use) - bytes);
        notifyAll();
    }

    private void set(MemoryUse use, long bytes) {
        long before = reserved(use);
        reserved.put(use, bytes);
        total += bytes - before;
        committed += Math.max(bytes, kept(use)) - Math.max(before, kept(use));
    }
}
