package io.relaypod.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import org.junit.jupiter.api.Test;

class HealingPaceTest {

    private static final String MAILBOX = "app@ours.test";
    private static final GraphError UNAVAILABLE = new GraphError(GraphCode.UNREACHABLE, "503", "words");

    private final HealingPace pace = new HealingPace();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    @Test
    void failuresDuringAnOutageAreNotThoseOfTheCopy() {
        for (int attempt = 0; attempt < 20; attempt++) {
            publish("x.eml", CopyState.DEFERRED);
        }
        publish("y.eml", CopyState.ACCEPTED);

        assertThat(pace.loneFailures(copy("x.eml"))).isOne();
    }

    @Test
    void failuresWhileOthersOfTheMailboxAreAcceptedAreThoseOfTheCopy() {
        for (int attempt = 0; attempt < 10; attempt++) {
            publish("x.eml", CopyState.DEFERRED);
            publish("y.eml", CopyState.ACCEPTED);
        }
        assertThat(pace.loneFailures(copy("x.eml"))).isEqualTo(10);

        publish("x.eml", CopyState.ACCEPTED);
        assertThat(pace.loneFailures(copy("x.eml"))).isZero();
    }

    @Test
    void aMailboxThatComesAfterManyOthersIsCountedToo() {
        for (int other = 0; other < 2_500; other++) {
            publish("z.eml", "app" + other + "@ours.test", CopyState.ACCEPTED);
        }
        for (int attempt = 0; attempt < 10; attempt++) {
            publish("x.eml", CopyState.DEFERRED);
            publish("y.eml", CopyState.ACCEPTED);
        }
        assertThat(pace.loneFailures(copy("x.eml"))).isEqualTo(10);
    }

    private void publish(String file, CopyState state) {
        publish(file, MAILBOX, state);
    }

    private void publish(String file, String mailbox, CopyState state) {
        now = now.plus(Duration.ofMinutes(1));
        pace.onChange(new CopyChange(
                copy(file, mailbox),
                state,
                now,
                state == CopyState.ACCEPTED ? Optional.empty() : Optional.of(UNAVAILABLE)));
    }

    private static GraphCopy copy(String file) {
        return copy(file, MAILBOX);
    }

    private static GraphCopy copy(String file, String mailbox) {
        return new GraphCopy(file, Optional.of("Mail1-1"), Optional.empty(), List.of("a@good.test"), mailbox);
    }
}
