package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import io.relaypod.memory.FairShare;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.memory.Reservation;
import org.junit.jupiter.api.Test;

class EnvelopeMemoryTest {

    private static final String RECIPIENT = "r".repeat(60) + "@example.com";

    private final MemoryBudget budget = new MemoryBudget(1 << 20);
    private final FairShare share = new FairShare(budget, MemoryUse.ENVELOPES);

    @Test
    void aShortTransactionTakesNothing() {
        EnvelopeMemory envelope = new EnvelopeMemory(share);
        for (int recipient = 0; recipient < 5; recipient++) {
            assertThat(envelope.tryAdd("client", RECIPIENT)).isTrue();
        }
        assertThat(budget.reserved()).isZero();
    }

    @Test
    void theRecipientsOfOneClientLeaveRoomForThoseOfAnother() {
        int accepted = 0;
        for (int session = 0; session < 100; session++) {
            EnvelopeMemory greedy = new EnvelopeMemory(share);
            for (int recipient = 0; recipient < 500 && greedy.tryAdd("greedy", RECIPIENT); recipient++) {
                accepted++;
            }
        }
        assertThat(accepted).isBetween(300, 5_000);
        EnvelopeMemory modest = new EnvelopeMemory(share);
        for (int recipient = 0; recipient < 100; recipient++) {
            assertThat(modest.tryAdd("modest", RECIPIENT)).isTrue();
        }
    }

    @Test
    void refusedRecipientsCountAndAllIsGivenBackAtTheEnd() {
        EnvelopeMemory envelope = new EnvelopeMemory(share);
        int kept = 0;
        while (envelope.tryAddRefused("client", "x".repeat(2_000))) {
            kept++;
        }
        assertThat((long) kept).isLessThan(budget.limit(MemoryUse.ENVELOPES) / 2_000);
        envelope.clear();
        assertThat(budget.reserved()).isZero();
        assertThat(envelope.tryAddRefused("client", "x".repeat(5_000))).isTrue();

        Reservation handedOver = envelope.handOver().orElseThrow();
        envelope.clear();
        assertThat(budget.reserved()).isEqualTo(handedOver.bytes()).isPositive();
        handedOver.close();
        assertThat(budget.reserved()).isZero();
    }
}
