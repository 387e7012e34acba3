package io.relaypod.hold;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.stream.IntStream;

import io.relaypod.graph.GraphCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.threeten.extra.MutableClock;

class GraphWindowTest {

    private static final String A = "a@contoso.com";
    private static final String B = "b@contoso.com";

    private final MutableClock clock = MutableClock.of(Instant.parse("2026-01-01T12:00:00Z"), ZoneOffset.UTC);
    private final GraphWindow window = new GraphWindow(8, Optional.of(30.0), clock);

    @Test
    void lessThanTheWindowsSizeMayEnterAndTheNextWhenOneIsAccepted() {
        assertThat(entered(A, 10)).isEqualTo(8);
        assertThat(window.enter(B)).isFalse();

        window.accepted(A, true);

        assertThat(window.enter(B)).isTrue();
        assertThat(window.inFlight()).isEqualTo(8);
    }

    @Test
    void aMailboxThatIsDeniedHasOneCopyAtATimeAtGrowingIntervalsAndOthersGoOn() {
        entered(A, 4);
        for (int copy = 0; copy < 4; copy++) {
            window.failed(A, GraphCode.ACCESS_DENIED, true);
        }

        assertThat(window.inFlight()).isZero();
        assertThat(window.enter(A)).isFalse();
        assertThat(entered(B, 10)).isEqualTo(8);
        for (int copy = 0; copy < 8; copy++) {
            window.accepted(B, true);
        }
        assertThat(window.enter(A)).as("B's success says nothing of A").isFalse();

        Duration interval = Duration.ofSeconds(30);
        for (int attempt = 0; attempt < 8; attempt++) {
            assertThat(window.waitingTime(A)).isEqualTo(Duration.ofSeconds(5));
            pass(interval.minusSeconds(1));
            assertThat(window.enter(A)).isFalse();
            pass(Duration.ofSeconds(1));
            assertThat(entered(A, 2)).isEqualTo(1);
            window.failed(A, GraphCode.ACCESS_DENIED, true);
            interval = interval.multipliedBy(2).compareTo(Duration.ofMinutes(15)) > 0
                    ? Duration.ofMinutes(15)
                    : interval.multipliedBy(2);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SECRET_EXPIRED", "UNREACHABLE"})
    void aFailureOfAllMailboxesLetsOneCopyOfAnyEnter(GraphCode code) {
        entered(A, 8);
        for (int copy = 0; copy < 8; copy++) {
            window.failed(A, code, true);
        }

        assertThat(window.enter(B)).isFalse();
        pass(Duration.ofSeconds(30));
        assertThat(entered(B, 5) + entered(A, 5)).isEqualTo(1);
    }

    @Test
    void anHourOfAnExpiredSecretLeavesAHandfulOfCopiesBehind() {
        int copies = 0;
        for (int second = 0; second < 3600; second++) {
            for (String mailbox : new String[] {A, B, "c@contoso.com"}) {
                while (window.enter(mailbox)) {
                    copies++;
                    window.failed(mailbox, GraphCode.SECRET_EXPIRED, true);
                }
            }
            pass(Duration.ofSeconds(1));
        }
        assertThat(copies).isLessThan(12);
    }

    @Test
    void afterAnAcceptanceTheWindowDoubles() {
        entered(A, 1);
        window.failed(A, GraphCode.SECRET_EXPIRED, true);
        pass(Duration.ofSeconds(30));
        entered(A, 1);
        window.accepted(A, true);

        assertThat(entered(A, 10)).isEqualTo(1);
        window.accepted(A, true);
        assertThat(entered(A, 10)).isEqualTo(2);
        window.accepted(A, true);
        window.accepted(A, true);
        assertThat(entered(A, 10)).isEqualTo(8);
    }

    @Test
    void aCopyThatIsAcceptedLaterOpensTheWindowToo() {
        entered(A, 1);
        window.failed(A, GraphCode.SECRET_EXPIRED, true);
        assertThat(window.enter(A)).isFalse();

        window.accepted(A, false);

        assertThat(window.enter(A)).isTrue();
        assertThat(window.inFlight()).isEqualTo(1);
    }

    @Test
    void whatIsWrongWithOneMessageDelaysNoOther() {
        entered(A, 1);
        window.failed(A, GraphCode.TOO_LARGE, true);

        assertThat(entered(A, 10)).isEqualTo(8);
    }

    @Test
    void aProbeWithoutAnAnswerIsFollowedByTheNext() {
        entered(A, 1);
        window.failed(A, GraphCode.THROTTLED, true);
        pass(Duration.ofMinutes(1));
        entered(A, 1);

        window.leave(A);

        assertThat(window.enter(A)).isFalse();
        pass(Duration.ofMinutes(1));
        assertThat(window.enter(A)).isTrue();
    }

    @Test
    void aThrottledMailboxSendsAtHalfItsRateAndRecoversByOneAMinute() {
        entered(A, 1);
        window.failed(A, GraphCode.THROTTLED, true);
        pass(Duration.ofSeconds(30));
        entered(A, 1);
        window.accepted(A, true);

        // 15 a minute, one every 4 s.
        assertThat(window.enter(A)).isFalse();
        pass(Duration.ofSeconds(4));
        assertThat(window.enter(A)).isTrue();
        assertThat(window.slowedMailboxes()).isEqualTo(1);
        assertThat(window.enter(B)).as("another mailbox has its own rate").isTrue();

        window.accepted(A, true);
        pass(Duration.ofMinutes(16));
        window.accepted(A, false);
        window.accepted(A, false);
        window.accepted(A, false);
        assertThat(entered(A, 10)).isEqualTo(7);
    }

    @Test
    void aPromisedPlaceIsKeptForThirtySeconds() {
        for (int mail = 0; mail < 8; mail++) {
            assertThat(window.tryPass(A)).isTrue();
        }
        assertThat(window.tryPass(B)).isFalse();
        assertThat(window.enter(B)).isFalse();
        assertThat(entered(A, 3)).as("three come for their places").isEqualTo(3);

        pass(GraphWindow.PROMISE);

        assertThat(entered(B, 10)).as("five never came").isEqualTo(5);
    }

    @Test
    void nothingEntersWhileSmtp2graphCannotBeFollowed() {
        window.setClosed(true);
        assertThat(window.tryPass(A)).isFalse();
        assertThat(window.enter(A)).isFalse();
        assertThat(window.waitingTime(A)).isPositive();
        assertThat(window.reason(A)).contains("cannot be read");
        window.setClosed(false);
        assertThat(window.enter(A)).isTrue();
    }

    @Test
    void manyMailboxesNeedLittleMemory() {
        for (int mailbox = 0; mailbox < 25_000; mailbox++) {
            window.enter(mailbox + "@contoso.com");
            window.failed(mailbox + "@contoso.com", GraphCode.ACCESS_DENIED, true);
        }
        assertThat(window.slowedMailboxes()).isEqualTo(10_000);
    }

    private int entered(String mailbox, int attempts) {
        return (int)
                IntStream.range(0, attempts).filter(at -> window.enter(mailbox)).count();
    }

    private void pass(Duration time) {
        clock.add(time);
    }
}
