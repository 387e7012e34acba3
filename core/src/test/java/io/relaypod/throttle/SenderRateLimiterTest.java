package io.relaypod.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SenderRateLimiterTest {

    private static final String OFFICE = "office@example.com";

    private final ManualClock clock = new ManualClock();

    @Test
    void soManyGoAtOnceAndTheNextWhenTheFirstIsAMinuteOld() {
        SenderRateLimiter pace = SenderRateLimiter.of(SendingRate.parse("3/m"), clock);
        clock.pass(Duration.ofMinutes(1));

        assertThat(pace.tryAcquire(OFFICE)).isTrue();
        clock.pass(Duration.ofSeconds(10));
        assertThat(pace.tryAcquire(OFFICE)).isTrue();
        assertThat(pace.tryAcquire(OFFICE)).isTrue();
        assertThat(pace.tryAcquire(OFFICE)).isFalse();
        clock.pass(Duration.ofSeconds(49));
        assertThat(pace.tryAcquire(OFFICE)).isFalse();
        clock.pass(Duration.ofSeconds(1));
        assertThat(pace.tryAcquire(OFFICE)).isTrue();
        assertThat(pace.tryAcquire(OFFICE)).isFalse();
    }

    @Test
    void oneMailboxDoesNotHoldUpAnother() {
        SenderRateLimiter pace = SenderRateLimiter.of(SendingRate.parse("1/h"), clock);

        assertThat(pace.tryAcquire(OFFICE)).isTrue();
        assertThat(pace.tryAcquire(OFFICE)).isFalse();
        assertThat(pace.tryAcquire("sales@example.com")).isTrue();
    }

    /** Who knows what went in the minute before. */
    @Test
    void inTheFirstStretchMailsGoEvenlySpaced() {
        SenderRateLimiter pace = SenderRateLimiter.of(SendingRate.parse("30/m"), clock);

        assertThat(pace.tryAcquire(OFFICE)).isTrue();
        assertThat(pace.tryAcquire(OFFICE)).isFalse();
        assertThat(pace.waitingTime(OFFICE, 4)).isEqualTo(Duration.ofSeconds(10));
        clock.pass(Duration.ofSeconds(2));
        assertThat(pace.tryAcquire(OFFICE)).isTrue();
        clock.pass(Duration.ofSeconds(5));
        assertThat(pace.tryAcquire(OFFICE)).isTrue();
        assertThat(pace.tryAcquire(OFFICE)).isTrue();
        assertThat(pace.tryAcquire(OFFICE)).isFalse();
    }

    @Test
    void withoutARateEveryMailboxMayAlwaysSend() {
        SenderRateLimiter pace = SenderRateLimiter.unlimited();

        assertThat(pace.isLimited()).isFalse();
        assertThat(pace.tryAcquire(OFFICE)).isTrue();
        assertThat(pace.waitingTime(OFFICE, 1_000_000)).isZero();
    }

    @Test
    void theWaitIsForetold() {
        SenderRateLimiter pace = SenderRateLimiter.of(SendingRate.parse("2/m"), clock);
        clock.pass(Duration.ofMinutes(1));

        assertThat(pace.waitingTime(OFFICE, 0)).isZero();
        assertThat(pace.waitingTime(OFFICE, 2)).isEqualTo(Duration.ofMinutes(1));
        pace.tryAcquire(OFFICE);
        clock.pass(Duration.ofSeconds(20));
        pace.tryAcquire(OFFICE);
        assertThat(pace.waitingTime(OFFICE, 0)).isEqualTo(Duration.ofSeconds(40));
        assertThat(pace.waitingTime(OFFICE, 1)).isEqualTo(Duration.ofSeconds(60));
        assertThat(pace.waitingTime(OFFICE, 2)).isEqualTo(Duration.ofSeconds(100));
        assertThat(pace.waitingTime(OFFICE, 30 * 60))
                .as("a backlog of 1,800")
                .isEqualTo(Duration.ofSeconds(40).plusMinutes(900));
    }

    /**
     * Whoever asks whenever he likes never gets more than the rate in any stretch of its length, and what was foretold
     * comes true.
     */
    @Property(tries = 300)
    void noStretchOfTimeHasMoreThanTheRate(
            @ForAll @IntRange(min = 1, max = 8) int mails,
            @ForAll @Size(max = 120) List<@IntRange(min = 0, max = 2000) Integer> pauses) {
        ManualClock time = new ManualClock();
        SendingRate rate = new SendingRate(mails, Duration.ofSeconds(3));
        SenderRateLimiter pace = SenderRateLimiter.of(rate, time);
        List<Instant> sent = new ArrayList<>();
        for (int pause : pauses) {
            time.pass(Duration.ofMillis(pause));
            boolean foretold = pace.waitingTime(OFFICE, 0).isZero();
            boolean taken = pace.tryAcquire(OFFICE);
            assertThat(taken).isEqualTo(foretold);
            if (taken) {
                sent.add(time.instant());
            }
        }
        for (int i = mails; i < sent.size(); i++) {
            assertThat(Duration.between(sent.get(i - mails), sent.get(i))).isGreaterThanOrEqualTo(rate.per());
        }
    }

    private static final class ManualClock extends Clock {

        private Instant now = Instant.parse("2026-01-01T12:00:00Z");

        void pass(Duration time) {
            now = now.plus(time);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
