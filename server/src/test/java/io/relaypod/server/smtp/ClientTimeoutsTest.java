package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;

import org.junit.jupiter.api.Test;

class ClientTimeoutsTest {

    private static final long SECOND = 1_000_000_000L;
    private static final int IDLE = 300;

    private long now;
    private final ClientTimeouts timeouts = new ClientTimeouts(Duration.ofSeconds(IDLE), () -> now);

    @Test
    void aCommandThatDripsIsNotWaitedForLongerThanOneThatDoesNotCome() {
        at(0).commandExpected(true);
        at(299 * SECOND).received(1);
        at(299 * SECOND).commandExpected(false);

        assertThat(at(300 * SECOND).left()).contains(0L);
        at(300 * SECOND).commandExpected(true);
        assertThat(at(300 * SECOND).left()).contains(300 * SECOND);
    }

    @Test
    void aMailMayTakeAsLongAsItComesFastEnough() {
        at(0).mailExpected();
        for (int second = 1; second <= 3_000; second++) {
            at(second * SECOND).received(2 * ClientTimeouts.SLOWEST_MAIL);
            at(second * SECOND).mailExpected();
            assertThat(at(second * SECOND).left()).hasValue(IDLE * SECOND);
        }
    }

    @Test
    void aMailThatDripsEnds() {
        at(0).mailExpected();
        for (int minute = 1; minute <= 4; minute++) {
            at(minute * 60 * SECOND).received(1);
            at(minute * 60 * SECOND).mailExpected();
        }
        assertThat(at(240 * SECOND).left().orElseThrow()).isBetween(60 * SECOND, 61 * SECOND);
        assertThat(at(301 * SECOND).left().orElseThrow()).isNotPositive();
    }

    @Test
    void aMailThatStopsComingIsWaitedForTheIdleTime() {
        at(0).mailExpected();
        at(SECOND).received(10_000_000);

        assertThat(at(301 * SECOND).left()).contains(0L);
    }

    @Test
    void whileTheClientWaitsNoTimePasses() {
        at(0).mailExpected();
        at(SECOND).received(1);
        at(10 * SECOND).pause();
        assertThat(at(10_000 * SECOND).left()).isEmpty();
        at(10_000 * SECOND).resume();

        assertThat(at(10_000 * SECOND).left().orElseThrow()).isBetween(290 * SECOND, 291 * SECOND);
    }

    @Test
    void aClientThatLeavesItsRepliesUnreadHasTheIdleTimeWhateverItSends() {
        at(0).readingExpected();
        at(200 * SECOND).received(1_000);
        at(200 * SECOND).readingExpected();

        assertThat(at(300 * SECOND).left()).contains(0L);
    }

    @Test
    void theLastReplyIsNotWaitedForLong() {
        at(0).pause();
        at(SECOND).lastReplySent();
        at(5 * SECOND).lastReplySent();

        assertThat(at(11 * SECOND).left()).contains(0L);
        assertThat(timeouts.isLastReplySent()).isTrue();
    }

    private ClientTimeouts at(long time) {
        now = time;
        return timeouts;
    }
}
