package io.relaypod.server.webadmin;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;

class AdminLockoutTest {

    private final AtomicLong nanos = new AtomicLong(Duration.ofDays(1).toNanos());
    private final AdminLockout failures = new AdminLockout(nanos::get);

    @Test
    void aFewMistakesCostNothing() {
        fail(AdminLockout.FREE_TRIES - 1);

        assertThat(failures.isBlocked("192.0.2.1")).isFalse();
    }

    @Test
    void whoTriesOnIsNotListenedToForLongerAndLonger() {
        fail(AdminLockout.FREE_TRIES);
        assertThat(failures.isBlocked("192.0.2.1")).isTrue();
        assertThat(failures.isBlocked("192.0.2.2")).as("somebody else").isFalse();

        pass(Duration.ofSeconds(1));
        assertThat(failures.isBlocked("192.0.2.1")).isFalse();
        fail(1);
        pass(Duration.ofSeconds(1));
        assertThat(failures.isBlocked("192.0.2.1")).isTrue();
        pass(Duration.ofSeconds(1));
        assertThat(failures.isBlocked("192.0.2.1")).isFalse();
    }

    @Test
    void nobodyIsShutOutForMoreThanAMinute() {
        fail(1_000);
        pass(AdminLockout.MAX_BLOCK);

        assertThat(failures.isBlocked("192.0.2.1")).isFalse();
    }

    @Test
    void whoKnowsThePasswordBeginsAnew() {
        fail(AdminLockout.FREE_TRIES);
        failures.succeeded("192.0.2.1");

        assertThat(failures.isBlocked("192.0.2.1")).isFalse();
        fail(1);
        assertThat(failures.isBlocked("192.0.2.1")).isFalse();
    }

    private void fail(int times) {
        for (int i = 0; i < times; i++) {
            failures.failed("192.0.2.1");
        }
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }
}
