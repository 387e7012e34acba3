package io.relaypod.events;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

class LogRateLimitTest {

    private final AtomicLong clock = new AtomicLong(TimeUnit.DAYS.toNanos(1));
    private final List<Runnable> later = new ArrayList<>();
    private final List<Long> said = new ArrayList<>();
    private final LogRateLimit limit = new LogRateLimit(clock::get, later::add, said::add);

    @Test
    void tenASecondAreLetThrough() {
        assertThat(lines(10)).isEqualTo(10);
        assertThat(later).isEmpty();
    }

    @Test
    void ofAFloodTheRestOfTheSecondIsLeftOutAndSaidOnce() {
        assertThat(lines(1000)).isEqualTo(10);
        assertThat(later).hasSize(1);
    }

    @Test
    void theNextSecondHasRoomAgain() {
        lines(1000);
        clock.addAndGet(TimeUnit.SECONDS.toNanos(1));
        later.remove(0).run();

        assertThat(said).containsExactly(990L);
        assertThat(lines(1000)).isEqualTo(10);
        assertThat(later).as("what the second flood left out").hasSize(1);
    }

    private long lines(int refusals) {
        return IntStream.range(0, refusals)
                .filter(refusal -> limit.tryAcquire())
                .count();
    }
}
