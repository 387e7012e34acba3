package io.relaypod.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import io.relaypod.graph.FollowedCopy.CopyPlace;
import org.junit.jupiter.api.Test;

class FollowedCopyTest {

    private static final GraphError UNAVAILABLE = new GraphError(GraphCode.UNREACHABLE, "503", "words");

    private final FollowedCopy followed = new FollowedCopy(
            new GraphCopy("x.eml", Optional.of("Mail1-1"), Optional.empty(), List.of("a@good.test"), "app@ours.test"),
            CopyPlace.QUEUE,
            Instant.EPOCH,
            true);
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private Optional<Instant> accepted = Optional.empty();

    @Test
    void failuresDuringAnOutageAreNotThoseOfTheCopy() {
        fail(20, Duration.ofMinutes(1));

        assertThat(followed.attempts()).isEqualTo(20);
        assertThat(followed.loneFailures()).isOne();
    }

    @Test
    void failuresWhileOthersOfTheMailboxAreAcceptedAreThoseOfTheCopy() {
        for (int attempt = 0; attempt < 10; attempt++) {
            fail(1, Duration.ofMinutes(1));
            accepted = Optional.of(now.plusSeconds(1));
        }
        assertThat(followed.loneFailures()).isEqualTo(10);
    }

    @Test
    void attemptsWithinAMinuteAreOne() {
        accepted = Optional.of(now.plusSeconds(90));

        fail(8, Duration.ofSeconds(15));

        assertThat(followed.attempts()).isEqualTo(2);
    }

    private void fail(int times, Duration apart) {
        for (int attempt = 0; attempt < times; attempt++) {
            now = now.plus(apart);
            followed.attemptFailed(UNAVAILABLE, false, now, accepted);
        }
    }
}
