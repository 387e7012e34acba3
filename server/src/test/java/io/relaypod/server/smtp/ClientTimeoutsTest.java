package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;

import org.junit.jupiter.api.Test;

class ClientTimeoutsTest {

    private static final long SECOND = 1_000_000_000L;
    private static final int IDLE = 300;

    private final ClientTimeouts timeouts = new ClientTimeouts(Duration.ofSeconds(IDLE), 0);

    @Test
    void aCommandThatDripsIsNotWaitedForLongerThanOneThatDoesNotCome() {
        timeouts.commandExpected(0, true);
        timeouts.received(1, 299 * SECOND);
        timeouts.commandExpected(299 * SECOND, false);

        assertThat(timeouts.left(300 * SECOND)).contains(0L);
        timeouts.commandExpected(300 * SECOND, true);
        assertThat(timeouts.left(300 * SECOND)).contains(300 * SECOND);
    }

    @Test
    void aMailMayTakeAsLongAsItComesFastEnough() {
        timeouts.mailExpected(0);
        for (int second = 1; second <= 3_000; second++) {
            timeouts.received(2 * ClientTimeouts.SLOWEST_MAIL, second * SECOND);
            timeouts.mailExpected(second * SECOND);
            assertThat(timeouts.left(second * SECOND)).hasValue(IDLE * SECOND);
        }
    }

    @Test
    void aMailThatDripsEnds() {
        timeouts.mailExpected(0);
        for (int minute = 1; minute <= 4; minute++) {
            timeouts.received(1, minute * 60 * SECOND);
            timeouts.mailExpected(minute * 60 * SECOND);
        }
        assertThat(timeouts.left(240 * SECOND).orElseThrow()).isBetween(60 * SECOND, 61 * SECOND);
        assertThat(timeouts.left(301 * SECOND).orElseThrow()).isNotPositive();
    }

    @Test
    void aMailThatStopsComingIsWaitedForTheIdleTime() {
        timeouts.mailExpected(0);
        timeouts.received(10_000_000, SECOND);

        assertThat(timeouts.left(301 * SECOND)).contains(0L);
    }

    @Test
    void whileTheClientWaitsNoTimePasses() {
        timeouts.mailExpected(0);
        timeouts.received(1, SECOND);
        timeouts.pause(10 * SECOND);
        assertThat(timeouts.left(10_000 * SECOND)).isEmpty();
        timeouts.resume(10_000 * SECOND);

        assertThat(timeouts.left(10_000 * SECOND).orElseThrow()).isBetween(290 * SECOND, 291 * SECOND);
    }

    @Test
    void aClientThatLeavesItsRepliesUnreadHasTheIdleTimeWhateverItSends() {
        timeouts.readingExpected(0);
        timeouts.received(1_000, 200 * SECOND);
        timeouts.readingExpected(200 * SECOND);

        assertThat(timeouts.left(300 * SECOND)).contains(0L);
    }

    @Test
    void theLastReplyIsNotWaitedForLong() {
        timeouts.pause(0);
        timeouts.lastReplySent(SECOND);
        timeouts.lastReplySent(5 * SECOND);

        assertThat(timeouts.left(11 * SECOND)).contains(0L);
        assertThat(timeouts.isLastReplySent()).isTrue();
    }
}
