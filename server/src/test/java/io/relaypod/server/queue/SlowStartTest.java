package io.relaypod.server.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

class SlowStartTest {

    private final SlowStart slowStart = new SlowStart();

    @Test
    void aNextHopThatTakesAllIsGivenTwiceAsMuchEachTime() {
        assertThat(IntStream.range(0, 7).map(look -> afterwards(10, 0))).containsExactly(4, 8, 16, 32, 64, 128, 200);
    }

    @Test
    void aNextHopThatTakesNothingIsGivenFew() {
        IntStream.range(0, 7).forEach(look -> afterwards(10, 0));
        assertThat(IntStream.range(0, 7).map(look -> afterwards(10, 10))).containsExactly(100, 50, 25, 12, 6, 3, 2);
    }

    @Test
    void aMailThatIsDeferredNowAndThenHoldsUpNobody() {
        IntStream.range(0, 7).forEach(look -> afterwards(10, 0));
        assertThat(afterwards(10, 1)).isEqualTo(SlowStart.MOST);
    }

    @Test
    void nothingIsLearntWhenNothingWasTried() {
        afterwards(10, 0);
        assertThat(afterwards(0, 0)).isEqualTo(2 * SlowStart.LEAST);
    }

    @Test
    void whatIsDeferredWithoutHavingBeenQueuedCounts() {
        IntStream.range(0, 7).forEach(look -> afterwards(10, 0));
        assertThat(afterwards(0, 3)).isEqualTo(SlowStart.MOST / 2);
    }

    @Test
    void freshMailLeavesTheOthersAShareOfANextHopThatTakesThem() {
        IntStream.range(0, 7).forEach(look -> afterwards(10, 0));
        assertThat(slowStart.room(150)).isEqualTo(50);
        assertThat(slowStart.room(50_000)).isEqualTo(SlowStart.LEAST);
    }

    @Test
    void nothingIsAddedToWhatANextHopThatTakesNothingHasBeforeIt() {
        afterwards(10, 10);
        assertThat(slowStart.room(SlowStart.LEAST)).isZero();
    }

    private int afterwards(int done, int deferred) {
        IntStream.range(0, done).forEach(mail -> slowStart.done());
        IntStream.range(0, deferred).forEach(mail -> slowStart.deferred());
        slowStart.adjust();
        return slowStart.current();
    }
}
