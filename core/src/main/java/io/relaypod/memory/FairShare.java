package io.relaypod.memory;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Divides a use of a {@link MemoryBudget} between peers. A peer may hold no more than it leaves to the others: the
 * first peer gets at most half, the next one at most half of the rest. Only peers that hold memory take an entry.
 * Thread-safe.
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
     * Reserves all of the bytes, or none.
     *
     * @param peer identifies the peer by equals, such as the address of a client
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
