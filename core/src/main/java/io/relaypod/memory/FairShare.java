package io.relaypod.memory;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Divides a use of a {@link MemoryBudget} between peers: when a peer reserves, it may hold no more than it leaves to
 * the others. So a peer that asks for all has half of it, and the next one half of what is left. Remembers only peers
 * that hold something. Thread-safe.
 */
public final class FairShare {

    private final MemoryBudget budget;
    private final MemoryUse use;
    private final Map<Object, Long> held = new HashMap<>();

    public FairShare(MemoryBudget budget, MemoryUse use) {
        this.budget = budget;
        this.use = use;
    }

    /**
     * Reserves so many bytes at once, or nothing.
     *
     * @param peer equal to itself wherever it asks from, as the address of a client
     */
    public Optional<Reservation> tryReserve(Object peer, long bytes) {
        ByteSource lender = new ByteSource() {
            @Override
            public boolean tryTake(long more) {
                return take(peer, more);
            }

            @Override
            public void release(long less) {
                giveBack(peer, less);
            }
        };
        return lender.tryTake(bytes) ? Optional.of(new Reservation(lender, bytes)) : Optional.empty();
    }

    private synchronized boolean take(Object peer, long bytes) {
        long after = held.getOrDefault(peer, 0L) + bytes;
        if (after > budget.left(use) - bytes) {
            budget.refused(use);
            return false;
        }
        if (!budget.tryTake(use, bytes)) {
            budget.refused(use);
            return false;
        }
        held.put(peer, after);
        return true;
    }

    private synchronized void giveBack(Object peer, long bytes) {
        budget.release(use, bytes);
        held.computeIfPresent(peer, (same, before) -> before <= bytes ? null : before - bytes);
    }
}
