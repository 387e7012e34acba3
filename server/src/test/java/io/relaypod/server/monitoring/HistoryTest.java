package io.relaypod.server.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;

import org.junit.jupiter.api.Test;

class HistoryTest {

    private static final Instant BEGIN = Instant.parse("2026-03-01T12:00:00Z");

    private final History history = new History();

    @Test
    void onlyTheSamplesOfTheLastHourAreKept() {
        for (int i = 0; i < 10_000; i++) {
            history.add(StatusViewTest.sample(BEGIN.plusSeconds(10L * i), i, i));
        }

        assertThat(history.samples()).hasSizeBetween(360, 362);
        assertThat(history.samples().get(history.samples().size() - 1).mails().accepted())
                .isEqualTo(9_999);
        assertThat(Duration.between(history.samples().get(0).at(), BEGIN.plusSeconds(99_990)))
                .isBetween(Duration.ofMinutes(60), Duration.ofSeconds(3_620));
    }

    @Test
    void aBarIsTheIncreaseInItsMinute() {
        Instant now = BEGIN.plus(Duration.ofHours(1));
        history.add(StatusViewTest.sample(now.minusSeconds(150), 10, 0));
        history.add(StatusViewTest.sample(now.minusSeconds(100), 17, 0));
        history.add(StatusViewTest.sample(now.minusSeconds(70), 20, 0));
        history.add(StatusViewTest.sample(now.minusSeconds(5), 21, 0));

        double[] minutes =
                Chart.perMinute(history.samples(), now, sample -> sample.mails().accepted());

        assertThat(minutes).hasSize(60).endsWith(0, 10, 1);
    }

    @Test
    void aPauseOfTheProcessLongerThanAnHourLeavesEmptyBars() {
        history.add(StatusViewTest.sample(BEGIN, 10, 0));
        history.add(StatusViewTest.sample(BEGIN.plusSeconds(10), 11, 0));
        history.add(StatusViewTest.sample(BEGIN.plus(Duration.ofDays(1)), 12, 0));

        assertThat(Chart.perMinute(
                        history.samples(),
                        BEGIN.plus(Duration.ofDays(2)),
                        sample -> sample.mails().accepted()))
                .containsOnly(0);
    }
}
