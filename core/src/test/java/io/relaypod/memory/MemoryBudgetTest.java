package io.relaypod.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {

    private final MemoryBudget budget = new MemoryBudget(1_000);
    private static final int MOST = 1_000 * MemoryUse.MESSAGES.percent() / 100;

    @Test
    void aUseIsRefusedBeyondItsShareWhileOthersHaveTheirs() {
        assertThat(budget.tryReserve(MemoryUse.MONITORING, 151)).isEmpty();
        assertThat(budget.tryReserve(MemoryUse.MONITORING, 150)).isPresent();
        assertThat(budget.tryReserve(MemoryUse.MONITORING, 1)).isEmpty();
        assertThat(budget.tryReserve(MemoryUse.WEBADMIN, 300)).isPresent();
    }

    @Test
    void whatIsKeptForAUseNoOtherGets() {
        for (MemoryUse use : MemoryUse.values()) {
            assertThat(new MemoryBudget(1_000).left(use)).isEqualTo(budget.limit(use));
            while (use != MemoryUse.GATEWAY && budget.tryReserve(use, 1).isPresent()) {
                assertThat(budget.reserved()).isLessThanOrEqualTo(budget.size());
            }
        }
        assertThat(budget.reserved()).isEqualTo(budget.size() - budget.kept(MemoryUse.GATEWAY));
        assertThat(budget.tryReserve(MemoryUse.GATEWAY, budget.kept(MemoryUse.GATEWAY)))
                .isPresent();
        assertThat(budget.reserved()).isEqualTo(budget.size());
        assertThat(budget.tryReserve(MemoryUse.GATEWAY, 1)).isEmpty();
    }

    @Test
    void refusalsAreCounted() {
        Reservation held = budget.tryReserve(MemoryUse.MONITORING, 150).orElseThrow();
        assertThat(budget.refusals(MemoryUse.MONITORING)).isZero();
        budget.tryReserve(MemoryUse.MONITORING, 1);
        held.tryResize(151);
        new FairShare(budget, MemoryUse.MONITORING).tryReserve("peer", 1);

        assertThat(budget.refusals(MemoryUse.MONITORING)).isEqualTo(3);
        assertThat(budget.refusals(MemoryUse.WEBADMIN)).isZero();
    }

    @Test
    void whatIsClosedCanBeReservedAgainAndClosingTwiceReleasesOnce() {
        Reservation first = budget.tryReserve(MemoryUse.MESSAGES, MOST).orElseThrow();
        first.close();
        first.close();

        assertThat(budget.reserved()).isZero();
        assertThat(budget.tryReserve(MemoryUse.MESSAGES, MOST)).isPresent();
    }

    @Test
    void aReservationThatCannotGrowStaysAsItWas() {
        Reservation mail = budget.tryReserve(MemoryUse.MESSAGES, 100).orElseThrow();

        assertThat(mail.tryResize(MOST + 1)).isFalse();
        assertThat(mail.bytes()).isEqualTo(100);
        assertThat(mail.tryResize(MOST)).isTrue();
        assertThat(mail.tryResize(1)).isTrue();
        assertThat(budget.reserved(MemoryUse.MESSAGES)).isEqualTo(1);
    }

    @Test
    void aWaitEndsWhenAnotherReservationIsClosed() throws Exception {
        Reservation other = budget.tryReserve(MemoryUse.MESSAGES, MOST).orElseThrow();
        CompletableFuture<Optional<Reservation>> waiting = CompletableFuture.supplyAsync(() -> {
            try {
                return budget.reserve(MemoryUse.MESSAGES, 10, Duration.ofSeconds(30));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        other.close();

        assertThat(waiting.get()).isPresent();
    }

    @Test
    void whatCanNeverBeGrantedIsRefusedWithoutWaiting() throws Exception {
        assertThat(budget.reserve(MemoryUse.MESSAGES, 601, Duration.ofDays(1))).isEmpty();
        assertThat(budget.tryReserve(MemoryUse.MESSAGES, MOST)).isPresent();
        assertThat(budget.reserve(MemoryUse.MESSAGES, 1, Duration.ofMillis(1))).isEmpty();
    }

    @Property
    void whatIsReservedIsTheSumOfWhatIsHeld(@ForAll @Size(max = 30) List<@LongRange(min = 0, max = 300) Long> sizes) {
        MemoryBudget of = new MemoryBudget(1_000);
        List<Reservation> held = new ArrayList<>();
        for (int i = 0; i < sizes.size(); i++) {
            MemoryUse use = MemoryUse.values()[i % MemoryUse.values().length];
            of.tryReserve(use, sizes.get(i)).ifPresent(held::add);
            if (i % 3 == 0 && !held.isEmpty()) {
                held.remove(0).close();
            }
            assertThat(of.reserved())
                    .isEqualTo(held.stream().mapToLong(Reservation::bytes).sum())
                    .isLessThanOrEqualTo(of.size());
            for (MemoryUse each : MemoryUse.values()) {
                assertThat(of.reserved(each)).isLessThanOrEqualTo(of.limit(each));
                assertThat(of.left(each)).isLessThanOrEqualTo(of.size() - of.reserved());
            }
        }
        held.forEach(Reservation::close);
        assertThat(of.reserved()).isZero();
    }
}
