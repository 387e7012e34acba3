package io.relaypod.hold;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import io.relaypod.graph.CopyChange;
import io.relaypod.graph.CopyState;
import io.relaypod.graph.GraphCode;
import io.relaypod.graph.GraphCopies;
import io.relaypod.graph.GraphCopy;
import io.relaypod.graph.GraphError;
import org.junit.jupiter.api.Test;
import org.threeten.extra.MutableClock;

class HeldRecipientsTest {

    private static final String ID = "Mail1-1";
    private static final String MAILBOX = "app@contoso.com";
    private static final String A = "a@example.com";
    private static final String B = "b@example.com";
    private static final String C = "c@example.com";
    private static final Duration NOT_LONG = Duration.ofMillis(1);

    private final PartlyAccepted copies = new PartlyAccepted();
    private final MutableClock clock = MutableClock.of(Instant.parse("2026-11-27T06:00:00Z"), ZoneOffset.UTC);
    private final GraphHold hold = new GraphHold(() -> copies, new HoldSettings(2, Optional.empty(), "relay-1"), clock);

    @Test
    void theAnswerForOneRecipientIsNotThatForAnother() throws Exception {
        send(A);
        publish(CopyState.ACCEPTED, A);

        assertThat(hold.standing(ID, List.of(A), true)).isEqualTo(HoldStatus.DONE);
        assertThat(hold.standing(ID, List.of(B), false)).isEqualTo(HoldStatus.UNSENT);
        assertThat(hold.await(ID, List.of(A, B), NOT_LONG)).isEqualTo(HoldStatus.UNSENT);
        send(B);
        assertThat(hold.await(ID, List.of(B), NOT_LONG)).isEqualTo(HoldStatus.WAITING);
        publish(CopyState.ACCEPTED, B);
        assertThat(hold.await(ID, List.of(B), NOT_LONG)).isEqualTo(HoldStatus.DONE);
    }

    @Test
    void aCopyThatIsRefusedOrMissingForOneRecipientConcernsNoOther() {
        send(A);
        send(B);
        fail(CopyState.STUCK, GraphCode.TOO_LARGE, A);

        assertThat(hold.standing(ID, List.of(A), true)).isEqualTo(HoldStatus.REFUSED);
        assertThat(hold.standing(ID, List.of(B), true)).isEqualTo(HoldStatus.WAITING);
        assertThat(hold.error(ID, List.of(A))).isPresent();
        assertThat(hold.error(ID, List.of(B))).isEmpty();

        publish(CopyState.MISSING, A);
        assertThat(hold.standing(ID, List.of(A), true)).isEqualTo(HoldStatus.LOST);
        assertThat(hold.standing(ID, List.of(B), true)).isEqualTo(HoldStatus.WAITING);
    }

    @Test
    void thePlaceOfAnotherPartIsKeptWhenOneLeavesTheQueue() {
        send(A);
        send(B);

        hold.forget(ID, List.of(A));

        assertThat(hold.window().inFlight()).isEqualTo(1);
        assertThat(hold.standing(ID, List.of(B), true)).isEqualTo(HoldStatus.WAITING);
        hold.forget(ID, List.of(B));
        assertThat(hold.window().inFlight()).isZero();
        assertThat(hold.size()).isZero();
    }

    @Test
    void anAnswerForAPartThatIsNotHeldDoesNotCountForTheOneThatIs() {
        send(B);

        publish(CopyState.ACCEPTED, A);

        assertThat(hold.standing(ID, List.of(B), true)).isEqualTo(HoldStatus.WAITING);
    }

    @Test
    void anAnswerToOneTransactionWhileOthersAreSentDoesNotCountForThem() {
        hold.enter(ID, List.of(A, B), MAILBOX);
        publish(CopyState.ACCEPTED, A);
        copies.accepted.add(A);
        hold.sent(ID, List.of(A, B), List.of(List.of(A), List.of(B)));

        assertThat(hold.standing(ID, List.of(A, B), false)).isEqualTo(HoldStatus.WAITING);
        assertThat(hold.done(ID, List.of(A, B), false)).containsExactly(A);
    }

    @Test
    void afterARestartEachRecipientOfAHeldMailHasItsAnswer() {
        copies.accepted.addAll(List.of(A, C));
        copies.alone = true;

        assertThat(hold.standing(ID, List.of(A, B, C), true)).isEqualTo(HoldStatus.LOST);
        assertThat(hold.done(ID, List.of("A@Example.com", B, C), true)).containsExactly("A@Example.com", C);
        copies.accepted.add(B);
        assertThat(hold.standing(ID, List.of(A, B, C), true)).isEqualTo(HoldStatus.DONE);
    }

    @Test
    void anAddressIsTheSameInEachSpelling() {
        hold.enter(ID, List.of("\"a.b\"@Bücher.example"), MAILBOX);
        hold.sent(ID, List.of("\"a.b\"@Bücher.example"), List.of(List.of("a.b@xn--bcher-kva.example")));
        publish(CopyState.ACCEPTED, "A.b@bücher.example");

        assertThat(hold.standing(ID, List.of("\"a.b\"@xn--bcher-kva.example."), true))
                .isEqualTo(HoldStatus.DONE);
    }

    @Test
    void aPlaceWhoseCopyNeverHadAnAnswerIsFreeAgainAfterAQuarterOfAnHour() {
        hold.enter(ID, List.of(A), MAILBOX);
        hold.enter("Mail2-1", List.of(A), MAILBOX);
        assertThat(hold.enter("Mail3-1", List.of(A), MAILBOX)).isFalse();

        clock.add(Duration.ofMinutes(16));

        assertThat(hold.tryPass(MAILBOX)).isTrue();
        assertThat(hold.enter("Mail3-1", List.of(A), MAILBOX)).isTrue();
        assertThat(hold.enter("Mail4-1", List.of(A), MAILBOX)).isTrue();
    }

    @Test
    void aCopyOfWhichOnlyABeginningWasSeenIsLostWhenNoFileIsFound() {
        send(A);
        publish(CopyState.IN_TEMP, A);
        hold.onChange(new CopyChange(
                new GraphCopy("", Optional.of(ID), Optional.empty(), List.of(A), MAILBOX),
                CopyState.MISSING,
                Instant.EPOCH,
                Optional.empty()));

        assertThat(hold.standing(ID, List.of(A), true)).isEqualTo(HoldStatus.LOST);
        assertThat(hold.window().inFlight()).isZero();
    }

    @Test
    void nothingIsLostOrSentWhileNothingIsFollowed() {
        assertThat(hold.tryPass(MAILBOX)).isTrue();
        copies.isFollowing = false;

        assertThat(hold.standing(ID, List.of(A), true)).isEqualTo(HoldStatus.WAITING);
        assertThat(hold.enter(ID, List.of(A), MAILBOX)).isFalse();
        copies.isFollowing = true;
        assertThat(hold.standing(ID, List.of(A), true)).isEqualTo(HoldStatus.LOST);
        assertThat(hold.enter(ID, List.of(A), MAILBOX)).isTrue();
    }

    private void send(String recipient) {
        assertThat(hold.enter(ID, List.of(recipient), MAILBOX)).isTrue();
        hold.sent(ID, List.of(recipient), List.of(List.of(recipient)));
    }

    private void publish(CopyState state, String recipient) {
        hold.onChange(change(state, recipient, Optional.empty()));
    }

    private void fail(CopyState state, GraphCode code, String recipient) {
        hold.onChange(change(state, recipient, Optional.of(new GraphError(code, "Name", "words"))));
    }

    private static CopyChange change(CopyState state, String recipient, Optional<GraphError> error) {
        return new CopyChange(
                new GraphCopy("x.eml", Optional.of(ID), Optional.empty(), List.of(recipient), MAILBOX),
                state,
                Instant.EPOCH,
                error);
    }

    private static final class PartlyAccepted implements GraphCopies {

        private final Set<String> accepted = new HashSet<>();
        private boolean alone;
        private boolean isFollowing = true;

        @Override
        public boolean isHealing() {
            return false;
        }

        @Override
        public boolean isFollowing() {
            return isFollowing;
        }

        @Override
        public boolean isAccepted(String queueId, List<String> recipients) {
            return (!alone || recipients.size() == 1) && accepted.containsAll(recipients);
        }

        @Override
        public Optional<CopyChange> find(String queueId, List<String> recipients) {
            return Optional.empty();
        }

        @Override
        public List<WaitingCopy> waiting(int limit) {
            return List.of();
        }

        @Override
        public GraphSummary summary() {
            return new GraphSummary(
                    Optional.empty(), Map.of(), Optional.empty(), Optional.empty(), 0, Optional.empty());
        }
    }
}
