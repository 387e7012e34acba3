package io.relaypod.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

import org.junit.jupiter.api.Test;

class FairShareTest {

    private final MemoryBudget budget = new MemoryBudget(100_000);
    private final FairShare share = new FairShare(budget, MemoryUse.ENVELOPES);
    private final long limit = budget.limit(MemoryUse.ENVELOPES);

    @Test
    void aPeerThatTakesAllItGetsLeavesAsMuch() {
        long held = takeAll("a").stream().mapToLong(Reservation::bytes).sum();

        assertThat(held).isBetween(limit / 2 - 100, limit / 2);
        assertThat(share.tryReserve("b", limit / 5)).isPresent();
    }

    @Test
    void aNewcomerFindsSomethingHoweverManyCameBefore() {
        for (int peer = 0; peer < 6; peer++) {
            takeAll(peer);
        }
        assertThat(share.tryReserve("newcomer", 100)).isPresent();
    }

    @Test
    void whatIsGivenBackCanBeTakenAgain() {
        Deque<Reservation> held = takeAll("a");
        held.getLast().close();
        held.getLast().close();
        Reservation again = share.tryReserve("a", 100).orElseThrow();
        assertThat(again.tryResize(limit)).isFalse();
        held.forEach(Reservation::close);

        assertThat(again.tryResize(limit / 2)).isTrue();
        again.close();
        assertThat(budget.reserved()).isZero();
        assertThat(takeAll("b")).hasSameSizeAs(held);
    }

    private Deque<Reservation> takeAll(Object peer) {
        Deque<Reservation> held = new ArrayDeque<>();
        for (Optional<Reservation> more = share.tryReserve(peer, 100);
                more.isPresent();
                more = share.tryReserve(peer, 100)) {
            held.add(more.get());
        }
        return held;
    }
}
