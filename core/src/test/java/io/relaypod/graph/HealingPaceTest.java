package io.relaypod.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

import org.junit.jupiter.api.Test;

class HealingPaceTest {

    private static final GraphError DENIED = new GraphError(GraphCode.ACCESS_DENIED, "ErrorAccessDenied", "words");
    private static final GraphError UNREACHABLE = new GraphError(GraphCode.UNREACHABLE, "503", "words");
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private final HealingPace pace = new HealingPace();

    @Test
    void aFailureDelaysCopiesAlsoAfterThoseOfManyMailboxes() {
        for (int other = 0; other < 2_500; other++) {
            fail(copy("app" + other + "@ours.test"), DENIED);
        }
        GraphCopy copy = copy("app@ours.test");
        assertThat(pace.isDue(copy, UNREACHABLE, NOW)).isTrue();

        fail(copy, UNREACHABLE);
        assertThat(pace.isDue(copy, UNREACHABLE, NOW)).isFalse();
        assertThat(pace.hasRecovered(copy, UNREACHABLE)).isFalse();

        fail(copy, DENIED);
        assertThat(pace.isDue(copy, DENIED, NOW.plus(HealingPace.FIRST))).isFalse();
    }

    private void fail(GraphCopy copy, GraphError error) {
        pace.onChange(new CopyChange(copy, CopyState.STUCK, NOW, Optional.of(error)));
    }

    private static GraphCopy copy(String mailbox) {
        return new GraphCopy("x.eml", Optional.of("Mail1-1"), Optional.empty(), List.of("a@good.test"), mailbox);
    }
}
