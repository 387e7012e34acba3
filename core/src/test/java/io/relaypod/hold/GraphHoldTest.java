package io.relaypod.hold;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.relaypod.graph.CopyChange;
import io.relaypod.graph.CopyState;
import io.relaypod.graph.GraphCode;
import io.relaypod.graph.GraphCopies;
import io.relaypod.graph.GraphCopy;
import io.relaypod.graph.GraphError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class GraphHoldTest {

    private static final String ID = "Mail1-1";
    private static final String MAILBOX = "app@contoso.com";
    private static final List<String> RECIPIENTS = List.of("B@example.com", "a@example.com");
    private static final List<String> IN_HEADER = List.of("a@example.com", "b@example.com");
    private static final Duration NOT_LONG = Duration.ofMillis(1);

    private final FakeCopies copies = new FakeCopies();
    private final GraphHold hold = hold(false);

    @Test
    void aCopyIsWaitedForUntilGraphAcceptsIt() throws Exception {
        assertThat(hold.standing(ID, RECIPIENTS, false)).isEqualTo(HoldStatus.UNSENT);
        send(hold);

        assertThat(hold.await(ID, RECIPIENTS, NOT_LONG)).isEqualTo(HoldStatus.WAITING);
        CompletableFuture<HoldStatus> answer = CompletableFuture.supplyAsync(() -> await(hold));
        publish(hold, CopyState.QUEUED);
        publish(hold, CopyState.ACCEPTED);

        assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo(HoldStatus.DONE);
        assertThat(hold.window().inFlight()).isZero();
    }

    @Test
    void anAnswerThatComesBeforeTheGatewaysReplyCounts() {
        hold.enter(ID, RECIPIENTS, MAILBOX);
        publish(hold, CopyState.ACCEPTED);
        hold.sent(ID, RECIPIENTS, List.of(RECIPIENTS));

        assertThat(hold.standing(ID, RECIPIENTS, false)).isEqualTo(HoldStatus.DONE);
    }

    @Test
    void aMailThatTheGatewayDoesNotAcceptGivesItsPlaceBack() {
        hold.enter(ID, RECIPIENTS, MAILBOX);
        hold.sent(ID, RECIPIENTS, List.of());

        assertThat(hold.standing(ID, RECIPIENTS, false)).isEqualTo(HoldStatus.UNSENT);
        assertThat(hold.window().inFlight()).isZero();
        assertThat(hold.size()).isZero();
    }

    @Test
    void aMailInSeveralTransactionsIsDoneWhenAllItsCopiesAre() {
        hold.enter(ID, RECIPIENTS, MAILBOX);
        hold.sent(ID, RECIPIENTS, List.of(List.of("a@example.com"), List.of("B@example.com")));

        publish(hold, CopyState.ACCEPTED, List.of("b@example.com"));
        assertThat(hold.standing(ID, RECIPIENTS, false)).isEqualTo(HoldStatus.WAITING);
        publish(hold, CopyState.ACCEPTED, List.of("a@example.com"));
        assertThat(hold.standing(ID, RECIPIENTS, false)).isEqualTo(HoldStatus.DONE);
        assertThat(hold.window().inFlight()).isZero();
    }

    @Test
    void theWaitEndsAtTheFirstFailure() throws Exception {
        send(hold);
        CompletableFuture<HoldStatus> answer = CompletableFuture.supplyAsync(() -> await(hold));
        fail(hold, CopyState.DEFERRED, GraphCode.UNREACHABLE);

        assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo(HoldStatus.WAITING);
        assertThat(hold.window().inFlight()).isZero();
        assertThat(hold.error(ID, RECIPIENTS)).map(GraphError::words).contains("words");

        publish(hold, CopyState.QUEUED);
        publish(hold, CopyState.ACCEPTED);
        assertThat(hold.standing(ID, RECIPIENTS, true)).isEqualTo(HoldStatus.DONE);
    }

    @Test
    void aStopEndsTheWait() throws Exception {
        send(hold);
        CompletableFuture<HoldStatus> answer = CompletableFuture.supplyAsync(() -> await(hold));

        hold.stop();

        assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo(HoldStatus.WAITING);
    }

    @ParameterizedTest
    @CsvSource({
        "DEFERRED, UNREACHABLE, false, WAITING",
        "STUCK, ACCESS_DENIED, false, WAITING",
        "STUCK, TOO_LARGE, false, REFUSED",
        "STUCK, TOO_LARGE, true, WAITING",
        "FAILED, SECRET_EXPIRED, false, GIVEN_UP",
        "FAILED, SECRET_EXPIRED, true, WAITING",
        "FAILED, BAD_RECIPIENT, false, REFUSED",
        "FAILED, BAD_RECIPIENT, true, WAITING"
    })
    void aFailureIsActedUponHereOnlyIfNobodyHealsIt(
            CopyState state, GraphCode code, boolean isHealed, HoldStatus expected) {
        GraphHold other = hold(isHealed);
        send(other);

        fail(other, state, code);

        assertThat(other.standing(ID, RECIPIENTS, true)).isEqualTo(expected);
    }

    @Test
    void aCopyThatIsMissingHasToBeSentAgain() {
        send(hold);
        publish(hold, CopyState.MISSING);

        assertThat(hold.standing(ID, RECIPIENTS, true)).isEqualTo(HoldStatus.LOST);
        assertThat(hold.window().inFlight()).isZero();
    }

    @Test
    void aCopyWhoseFileWasSeenUnderAnotherSpellingOfARecipientIsNotMissing() {
        send(hold);
        hold.onChange(new CopyChange(
                new GraphCopy(
                        "x.eml",
                        Optional.of(ID),
                        Optional.empty(),
                        List.of("\"a\"@EXAMPLE.com.", "b@example.com"),
                        MAILBOX),
                CopyState.QUEUED,
                Instant.EPOCH,
                Optional.empty()));
        hold.onChange(new CopyChange(
                new GraphCopy("", Optional.of(ID), Optional.empty(), IN_HEADER, MAILBOX),
                CopyState.MISSING,
                Instant.EPOCH,
                Optional.empty()));

        assertThat(hold.standing(ID, RECIPIENTS, false)).isEqualTo(HoldStatus.WAITING);
    }

    @ParameterizedTest
    @EnumSource(
            value = CopyState.class,
            names = {"EXPECTED", "IN_TEMP", "QUEUED", "DEFERRED", "STUCK"})
    void aMailOfAnEarlierProcessIsNotSentAgainWhileSmtp2graphHasItsCopy(CopyState state) {
        copies.found = Optional.of(change(state, IN_HEADER, Optional.empty()));

        assertThat(hold.standing(ID, RECIPIENTS, false)).isEqualTo(HoldStatus.WAITING);
    }

    @Test
    void aMailOfAnEarlierProcessIsDoneIfItWasAcceptedMeanwhile() {
        copies.accepted.add(ID);

        assertThat(hold.standing(ID, RECIPIENTS, false)).isEqualTo(HoldStatus.DONE);
    }

    @Test
    void aHeldMailOfWhichNothingIsKnownIsLostAndOneFromTheFailedRepositoryUnsent() {
        assertThat(hold.standing(ID, RECIPIENTS, true)).isEqualTo(HoldStatus.LOST);
        assertThat(hold.standing(ID, RECIPIENTS, false)).isEqualTo(HoldStatus.UNSENT);

        copies.found = Optional.of(change(CopyState.WITHDRAWN, IN_HEADER, Optional.empty()));
        assertThat(hold.standing(ID, RECIPIENTS, true)).isEqualTo(HoldStatus.DONE);
        assertThat(hold.standing(ID, RECIPIENTS, false)).isEqualTo(HoldStatus.UNSENT);
    }

    @ParameterizedTest
    @EnumSource(
            value = CopyState.class,
            names = {"EXPECTED", "QUEUED", "DEFERRED"})
    void aCopyOfAnEarlierProcessThatIsFoundMeanwhileIsNotSentAgain(CopyState state) {
        assertThat(hold.standing(ID, RECIPIENTS, false)).isEqualTo(HoldStatus.UNSENT);
        copies.found = Optional.of(change(state, IN_HEADER, Optional.empty()));

        assertThat(hold.enter(ID, RECIPIENTS, MAILBOX)).isFalse();
        assertThat(hold.window().inFlight()).isZero();
        copies.found = Optional.empty();
        assertThat(hold.enter(ID, RECIPIENTS, MAILBOX)).isTrue();
    }

    @Test
    void nothingIsSentWhileTheDirectoriesCannotBeRead() {
        copies.isFollowing = false;
        assertThat(hold.tryPass(MAILBOX)).isFalse();
        assertThat(hold.enter(ID, RECIPIENTS, MAILBOX)).isFalse();
    }

    @Test
    void nothingIsSentWhileTheVolumeIsBeingEmptied() {
        copies.isBeingEmptied = true;
        assertThat(hold.tryPass(MAILBOX)).isFalse();
        assertThat(hold.enter(ID, RECIPIENTS, MAILBOX)).isFalse();
        assertThat(hold.reason(MAILBOX)).contains("emptied");

        copies.isBeingEmptied = false;
        assertThat(hold.enter(ID, RECIPIENTS, MAILBOX)).isTrue();
    }

    private GraphHold hold(boolean isHealed) {
        copies.isHealing = isHealed;
        return new GraphHold(() -> copies, new HoldSettings(8, Optional.empty(), "relay-1"), Clock.systemUTC());
    }

    private static void send(GraphHold to) {
        assertThat(to.enter(ID, RECIPIENTS, MAILBOX)).isTrue();
        to.sent(ID, RECIPIENTS, List.of(RECIPIENTS));
    }

    private static HoldStatus await(GraphHold at) {
        try {
            return at.await(ID, RECIPIENTS, Duration.ofMinutes(1));
        } catch (InterruptedException unexpected) {
            throw new AssertionError(unexpected);
        }
    }

    private static void publish(GraphHold to, CopyState state) {
        publish(to, state, IN_HEADER);
    }

    private static void publish(GraphHold to, CopyState state, List<String> recipients) {
        to.onChange(change(state, recipients, Optional.empty()));
    }

    private static void fail(GraphHold to, CopyState state, GraphCode code) {
        to.onChange(change(state, IN_HEADER, Optional.of(new GraphError(code, "Name", "words"))));
    }

    private static CopyChange change(CopyState state, List<String> recipients, Optional<GraphError> error) {
        return new CopyChange(
                new GraphCopy("x.eml", Optional.of(ID), Optional.empty(), recipients, MAILBOX),
                state,
                Instant.EPOCH,
                error);
    }

    private static final class FakeCopies implements GraphCopies {

        private final Set<String> accepted = new HashSet<>();
        private Optional<CopyChange> found = Optional.empty();
        private boolean isFollowing = true;
        private boolean isHealing;
        private boolean isBeingEmptied;

        @Override
        public boolean isBeingEmptied() {
            return isBeingEmptied;
        }

        @Override
        public boolean isHealing() {
            return isHealing;
        }

        @Override
        public boolean isFollowing() {
            return isFollowing;
        }

        @Override
        public boolean isAccepted(String queueId, List<String> recipients) {
            return accepted.contains(queueId);
        }

        @Override
        public Optional<CopyChange> find(String queueId, List<String> recipients) {
            return found;
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
