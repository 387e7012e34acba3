package io.relaypod.graph;

import static io.relaypod.graph.CopyState.ACCEPTED;
import static io.relaypod.graph.CopyState.DEFERRED;
import static io.relaypod.graph.CopyState.FAILED;
import static io.relaypod.graph.CopyState.MISSING;
import static io.relaypod.graph.CopyState.QUEUED;
import static io.relaypod.graph.CopyState.STUCK;
import static io.relaypod.graph.CopyState.WITHDRAWN;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

import io.relaypod.graph.GraphIncident.GraphCondition;
import io.relaypod.graph.HealSettings.HealMode;
import io.relaypod.graph.HealingListener.HealingMove;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.threeten.extra.MutableClock;

class GraphFollowerTest {

    private static final String ID = "Mail1764223496123-3b1c8d4e-1111-2222-3333-0123456789ab";
    private static final String DENIED = "Access to mailbox \"app@ours.test\" denied";
    private static final String THROTTLED = "Invalid content for mail \"mailroot/queue/x.eml\"";
    private static final String EXPIRED =
            "invalid_client: 7000222 - [2026-11-27 06:00:00Z]: AADSTS7000222: The provided client secret keys are expired.";
    private static final String TOO_LARGE =
            "The message exceeds the maximum supported size for mail \"mailroot/queue/x.eml\"";

    // A WatchKey keeps 512 events; the next one replaces all by OVERFLOW.
    private static final int MORE_THAN_THE_JDK_KEEPS = 2_000;

    @TempDir
    private Path home;

    private final List<CopyChange> changes = new CopyOnWriteArrayList<>();
    private final List<HealingMove> moves = new CopyOnWriteArrayList<>();
    private final List<String> stored = new ArrayList<>();
    private final MutableClock clock = MutableClock.of(Instant.now(), ZoneOffset.UTC);
    private Smtp2GraphFolder smtp2graph;
    private GraphFollower follower;
    private Instant boot = Instant.EPOCH;

    @BeforeEach
    void makeDirectories() throws IOException {
        smtp2graph = new Smtp2GraphFolder(Files.createDirectory(home.resolve("data"))).made();
        smtp2graph.start(clock.instant());
    }

    @AfterEach
    void close() throws IOException {
        if (follower != null) {
            follower.close();
        }
    }

    /** Follows, with x.eml in the queue. */
    private void followQueued(HealMode heal) {
        follow(heal);
        smtp2graph.arrive("x.eml", ID);
        passUntil(QUEUED);
    }

    /** The same, after a failed attempt five minutes ago. */
    private void followDeferred() {
        followQueued(HealMode.AUTO);
        smtp2graph.fail("x.eml", EXPIRED, clock.instant());
        passUntil(DEFERRED);
        later(Duration.ofMinutes(5));
    }

    /** Mailpit accepts the message now. */
    private void expect() {
        follower.expect(ID, List.of("a@good.test"));
    }

    private Optional<CopyState> found() {
        return follower.find(ID, List.of("a@good.test")).map(CopyChange::state);
    }

    /** Returns mailroot, which each access fails for. */
    private Path makeUnreadable() throws IOException {
        Path mailroot = smtp2graph.directory.mailroot();
        Files.move(mailroot, home.resolve("old"));
        Files.createSymbolicLink(mailroot, mailroot);
        passUntil(() -> !follower.isFollowing());
        return mailroot;
    }

    private void follow(HealMode mode) {
        try {
            follower = new GraphFollower(
                    smtp2graph.directory,
                    home.resolve("state"),
                    clock,
                    new GraphErrors(),
                    List.of(changes::add),
                    new HealSettings(
                            mode,
                            (header, file, error, mayBeCut) ->
                                    stored.add((mayBeCut ? "cut " : "") + error.name() + " " + header.returnPath() + " "
                                            + Files.readString(file, StandardCharsets.UTF_8)
                                                    .substring((int) header.start(), (int) header.start() + 9)),
                            (copy, move, error) -> moves.add(move),
                            boot));
            pass();
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
    }

    private void follow() {
        follow(HealMode.OFF);
    }

    private void restart() {
        try {
            follower.close();
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
        changes.clear();
        follow();
    }

    private void pass() {
        try {
            follower.pass(Duration.ofMillis(20));
        } catch (InterruptedException stopped) {
            throw new AssertionError(stopped);
        }
    }

    /** Passes until then; inotify reports a change within milliseconds. */
    private void passUntil(BooleanSupplier done) {
        for (int i = 0; i < 500 && !done.getAsBoolean(); i++) {
            clock.add(Duration.ofMillis(20));
            pass();
        }
        assertThat(done.getAsBoolean()).as("changes: %s", changes).isTrue();
    }

    private void passUntil(CopyState state) {
        passUntil(() -> states().contains(state));
    }

    private List<CopyState> states() {
        return changes.stream().map(CopyChange::state).toList();
    }

    private List<CopyState> answers() {
        return states().stream().filter(CopyState::isFinal).toList();
    }

    /** Events come in the order of the changes, so that those before this file's have come with it. */
    private void passUntilAllIsSeen() {
        smtp2graph.arrive("last.eml", ID + "-!99");
        passUntil(() -> follower.find(ID + "-!99", List.of("a@good.test")).isPresent());
    }

    private void later(Duration time) {
        clock.add(time);
        pass();
        pass();
    }

    @Test
    void aDeletionFromTheQueueIsAnAcceptance() {
        followQueued(HealMode.OFF);
        smtp2graph.accept("x.eml");
        passUntil(ACCEPTED);
        CopyChange accepted = changes.get(changes.size() - 1);
        assertThat(accepted.copy())
                .isEqualTo(new GraphCopy(
                        "x.eml",
                        Optional.of(ID),
                        Optional.of("relay-0"),
                        List.of("a@good.test", "hidden@good.test"),
                        "app@ours.test"));
        assertThat(follower.isAccepted(ID, List.of("A@good.test"))).isTrue();
        assertThat(follower.isAccepted(ID, List.of("b@good.test"))).isFalse();
        later(Duration.ofSeconds(1));
        assertThat(follower.summary().waiting()).isZero();
    }

    @Test
    void whatHappenedWhileTheRelayWasAwayIsFoundOutAtTheStart() {
        follow();
        smtp2graph.arrive("accepted.eml", ID + "-!1");
        smtp2graph.arrive("denied.eml", ID + "-!2");
        smtp2graph.arrive("failed.eml", ID + "-!3");
        passUntil(() -> states().stream().filter(QUEUED::equals).count() == 3);
        smtp2graph.accept("accepted.eml");
        smtp2graph.fail("denied.eml", DENIED, clock.instant());
        smtp2graph.fail("failed.eml", EXPIRED, clock.instant());
        smtp2graph.giveUp("failed.eml");
        smtp2graph.arrive("new.eml", ID + "-!4");
        restart();
        later(Duration.ofSeconds(1));
        assertThat(changes.stream().map(change -> change.copy().fileName() + " " + change.state()))
                .contains("accepted.eml ACCEPTED", "denied.eml STUCK", "failed.eml FAILED")
                .hasSize(3);
        assertThat(changes.stream()
                        .filter(change -> change.state() == FAILED)
                        .flatMap(change -> change.error().stream())
                        .map(GraphError::code))
                .containsExactly(GraphCode.SECRET_EXPIRED);
        assertThat(follower.summary().waiting()).isEqualTo(3);
    }

    @Test
    void anEmptiedVolumeIsNoAcceptance() throws IOException {
        follow(HealMode.AUTO);
        IntStream.range(0, 8).forEach(i -> smtp2graph.arrive(i + ".eml", ID + "-!" + i));
        passUntil(() -> follower.waiting(10).size() == 8);
        // What rm -rf does.
        for (int i = 0; i < 8; i++) {
            Files.delete(smtp2graph.directory.queue().resolve(i + ".eml"));
        }
        Files.delete(smtp2graph.directory.queue().resolve(VolumeNumber.FILE));
        Files.delete(smtp2graph.directory.queue());
        passUntil(() -> states().stream().filter(MISSING::equals).count() == 8);
        assertThat(states()).doesNotContain(ACCEPTED);
        passUntil(() -> !follower.isFollowing());
        smtp2graph.made();
        passUntil(follower::isFollowing);
    }

    @Test
    void filesDeletedByHandWithTheOthersInTheDirectoryAreMissing() throws IOException {
        followQueued(HealMode.AUTO);
        Files.delete(smtp2graph.directory.queue().resolve(VolumeNumber.FILE));
        smtp2graph.accept("x.eml");
        passUntil(MISSING);
        assertThat(states()).doesNotContain(ACCEPTED);
    }

    @Test
    void forSecondsAfterTheVolumeWasEmptiedADeletionTellsNothing() throws IOException {
        follow(HealMode.AUTO);
        assertThat(follower.isBeingEmptied()).isFalse();
        Files.delete(smtp2graph.directory.queue().resolve(VolumeNumber.FILE));
        passUntil(follower::isBeingEmptied);
        later(Duration.ofSeconds(5));
        assertThat(follower.isBeingEmptied()).isTrue();
        later(Duration.ofSeconds(1));
        assertThat(follower.isBeingEmptied()).isFalse();
        smtp2graph.arrive("x.eml", ID);
        passUntil(QUEUED);
        smtp2graph.accept("x.eml");
        passUntil(ACCEPTED);
    }

    @Test
    void aVolumeThatWasReplacedWhileItCouldNotBeFollowedIsNoAcceptance() throws IOException {
        followQueued(HealMode.AUTO);
        Files.delete(smtp2graph.directory.failed());
        passUntil(() -> !follower.isFollowing());
        smtp2graph.accept("x.eml");
        Files.delete(smtp2graph.directory.queue().resolve(VolumeNumber.FILE));
        later(Duration.ofSeconds(10));
        smtp2graph.made();
        passUntil(follower::isFollowing);
        assertThat(states()).contains(MISSING).doesNotContain(ACCEPTED);
    }

    @Test
    void aVolumeThatWasEmptiedWhileTheRelayWasAwayIsNoAcceptance() throws IOException {
        followQueued(HealMode.AUTO);
        smtp2graph.accept("x.eml");
        Files.delete(smtp2graph.directory.queue().resolve(VolumeNumber.FILE));
        restart();
        assertThat(states()).containsExactly(MISSING);
    }

    @Test
    void aStuckFileThatSomebodyDeletedIsMissingUnlessSmtp2graphWasStartedSince() {
        follow();
        smtp2graph.arrive("x.eml", ID);
        smtp2graph.arrive("y.eml", ID + "-!1");
        passUntil(() -> follower.waiting(10).size() == 2);
        smtp2graph.fail("x.eml", DENIED, clock.instant());
        smtp2graph.fail("y.eml", DENIED, clock.instant());
        passUntil(() -> states().stream().filter(STUCK::equals).count() == 2);
        smtp2graph.accept("x.eml");
        pass();
        later(Duration.ofSeconds(2));
        assertThat(states()).contains(MISSING).doesNotContain(ACCEPTED);
        smtp2graph.start(clock.instant());
        later(Duration.ofSeconds(1));
        smtp2graph.accept("y.eml");
        passUntil(ACCEPTED);
    }

    @Test
    void whatMailpitAcceptedAndSmtp2graphNeverHadIsMissingAfterAMinute() {
        follow();
        expect();
        follower.expect(ID + "-!1", List.of("a@good.test"));
        smtp2graph.arrive("x.eml", ID + "-!1");
        passUntil(QUEUED);
        later(Duration.ofSeconds(59));
        assertThat(states()).doesNotContain(MISSING);
        later(Duration.ofSeconds(2));
        assertThat(changes.stream()
                        .filter(change -> change.state() == MISSING)
                        .map(change -> change.copy().queueId()))
                .containsExactly(Optional.of(ID));
    }

    @Test
    void aFileThatWasDeletedBeforeItCouldBeReadIsThatOfTheCopyThatIsExpected() {
        follow();
        expect();
        smtp2graph.arrive("x.eml", ID);
        smtp2graph.accept("x.eml");
        passUntilAllIsSeen();
        later(Duration.ofSeconds(4));
        later(Duration.ofSeconds(4));
        assertThat(answers()).containsExactly(ACCEPTED);
        later(Duration.ofMinutes(2));
        assertThat(answers()).containsExactly(ACCEPTED);
    }

    @Test
    void aFileThatWasSeenInTempOnlyAndDeletedFromTheQueueIsAccepted() {
        follow();
        expect();
        smtp2graph.write(smtp2graph.directory.temp(), "x.eml", Smtp2GraphFolder.message(ID, "a@good.test"));
        passUntil(
                () -> follower.waiting(10).stream().anyMatch(copy -> copy.last().state() == CopyState.IN_TEMP));
        smtp2graph.move(smtp2graph.directory.temp(), smtp2graph.directory.queue(), "x.eml");
        smtp2graph.accept("x.eml");
        passUntil(ACCEPTED);
        later(Duration.ofMinutes(2));
        assertThat(states()).doesNotContain(MISSING);
    }

    @Test
    void withFewerUnreadFilesThanCopiesNobodyKnowsWhichWasAccepted() {
        follow();
        expect();
        follower.expect(ID + "-!1", List.of("a@good.test"));
        smtp2graph.arrive("x.eml", ID);
        smtp2graph.accept("x.eml");
        passUntilAllIsSeen();
        later(Duration.ofSeconds(50));
        later(Duration.ofSeconds(11));
        assertThat(answers()).containsExactly(MISSING, MISSING);
    }

    @Test
    void moreUnreadFilesThanCopiesAreNoAcceptance() {
        follow();
        expect();
        smtp2graph.arrive("x.eml", ID + "-!7");
        smtp2graph.accept("x.eml");
        smtp2graph.arrive("y.eml", ID + "-!8");
        smtp2graph.accept("y.eml");
        passUntilAllIsSeen();
        later(Duration.ofSeconds(50));
        later(Duration.ofSeconds(11));
        assertThat(answers()).containsExactly(MISSING);
    }

    @Test
    void anUnreadFileOfAnotherTimeIsNotThatOfTheCopy() {
        follow();
        smtp2graph.arrive("x.eml", ID + "-!7");
        smtp2graph.accept("x.eml");
        passUntilAllIsSeen();
        later(Duration.ofSeconds(20));
        expect();
        later(Duration.ofSeconds(4));
        later(Duration.ofSeconds(4));
        later(Duration.ofSeconds(54));
        assertThat(answers()).containsExactly(MISSING);
    }

    @Test
    void aCopyWhoseFileIsStillInTempIsNotAnUnreadOne() {
        follow();
        smtp2graph.write(smtp2graph.directory.temp(), "t.eml", Smtp2GraphFolder.message(ID, "a@good.test"));
        passUntil(() -> follower.summary().counts().getOrDefault(CopyState.IN_TEMP, 0) == 1);
        expect();
        smtp2graph.arrive("x.eml", ID + "-!7");
        smtp2graph.accept("x.eml");
        passUntilAllIsSeen();
        later(Duration.ofSeconds(4));
        later(Duration.ofSeconds(4));
        assertThat(answers()).doesNotContain(ACCEPTED);
    }

    @Test
    void aFileThatVanishedWhileTheRelayWasAwayIsMissingIfNoAttemptWasDue() {
        follow();
        smtp2graph.arrive("stuck.eml", ID);
        smtp2graph.arrive("failed.eml", ID + "-!1");
        smtp2graph.arrive("queued.eml", ID + "-!2");
        passUntil(() -> follower.waiting(10).size() == 3);
        smtp2graph.fail("stuck.eml", DENIED, clock.instant());
        smtp2graph.fail("failed.eml", EXPIRED, clock.instant());
        smtp2graph.giveUp("failed.eml");
        passUntil(FAILED);
        passUntil(STUCK);
        smtp2graph.accept("stuck.eml");
        smtp2graph.accept("queued.eml");
        smtp2graph.move(smtp2graph.directory.failed(), smtp2graph.directory.root(), "failed.eml");
        restart();
        assertThat(changes.stream().map(change -> change.copy().fileName() + " " + change.state()))
                .containsExactlyInAnyOrder("stuck.eml MISSING", "failed.eml MISSING", "queued.eml ACCEPTED");
    }

    @Test
    void fewFilesThatAreDeletedAMomentBeforeTheOthersAreMissing() throws IOException {
        followQueued(HealMode.AUTO);
        smtp2graph.accept("x.eml");
        pass();
        pass();
        Files.delete(smtp2graph.directory.queue().resolve(VolumeNumber.FILE));
        passUntil(MISSING);
        assertThat(states()).doesNotContain(ACCEPTED);
    }

    @Test
    void anotherVolumeAfterAProblemIsNoAcceptance() throws IOException {
        followQueued(HealMode.AUTO);
        Path mailroot = makeUnreadable();
        assertThat(states()).doesNotContain(MISSING, ACCEPTED);
        Files.delete(mailroot);
        smtp2graph.made();
        passUntil(follower::isFollowing);
        passUntil(MISSING);
        assertThat(states()).doesNotContain(ACCEPTED);
    }

    @Test
    void anErrorOfTheDiskIsNoAbsence() throws IOException {
        followQueued(HealMode.AUTO);
        Path mailroot = makeUnreadable();
        assertThat(follower.summary().problem().orElseThrow()).doesNotContain("does not exist");
        Files.delete(mailroot);
        Files.move(home.resolve("old"), mailroot);
        passUntil(follower::isFollowing);
        later(Duration.ofSeconds(2));
        assertThat(states()).containsExactly(QUEUED);
        smtp2graph.accept("x.eml");
        passUntil(ACCEPTED);
    }

    @Test
    void aFileThatCannotBeReadIsAProblemAndMakesNothingMissing() throws IOException {
        follow();
        // Exists, and cannot be read by root either.
        Path file = Files.createSymbolicLink(smtp2graph.directory.queue().resolve("x.eml"), Path.of("/proc/self/mem"));
        expect();
        passUntil(() -> !follower.isFollowing());
        assertThat(follower.summary().problem().orElseThrow()).contains("x.eml").contains("same user or group");
        later(Duration.ofSeconds(70));
        assertThat(states()).isEmpty();
        Files.delete(file);
        passUntil(follower::isFollowing);
    }

    @Test
    void aNumberThatCannotBeWrittenDoesNotStopTheFollowing() throws IOException {
        Files.createDirectories(home.resolve("state/volume.new"));
        follow(HealMode.AUTO);
        assertThat(follower.isFollowing()).isTrue();
        smtp2graph.arrive("x.eml", ID);
        passUntil(QUEUED);
    }

    @Test
    void anExpectationIsWrittenBeforeTheEnd() {
        follow();
        expect();
        restart();
        later(Duration.ofSeconds(61));
        later(Duration.ofSeconds(1));
        assertThat(states()).containsExactly(MISSING);
    }

    @Test
    void anAcceptanceBeforeMailpitsAnswerCountsForIt() {
        followQueued(HealMode.OFF);
        smtp2graph.accept("x.eml");
        passUntil(ACCEPTED);
        expect();
        later(Duration.ofMinutes(2));
        assertThat(states()).doesNotContain(MISSING);
    }

    @Test
    void anExpiredSecretIsAnIncidentUntilAMailIsAccepted() {
        followQueued(HealMode.OFF);
        smtp2graph.fail("x.eml", EXPIRED, clock.instant());
        passUntil(DEFERRED);
        later(Duration.ofSeconds(1));
        GraphIncident incident = follower.incident().orElseThrow();
        assertThat(incident.kind()).isEqualTo(GraphCondition.SECRET_REFUSED);
        assertThat(incident.error().name()).isEqualTo("AADSTS7000222");
        assertThat(incident.waiting()).isEqualTo(1);
        later(Duration.ofMinutes(5));
        smtp2graph.accept("x.eml");
        passUntil(ACCEPTED);
        later(Duration.ofSeconds(1));
        assertThat(follower.incident()).isEmpty();
    }

    @Test
    void nothingAcceptedForFiveMinutesIsAnIncident() {
        followQueued(HealMode.OFF);
        expect();
        later(Duration.ofMinutes(4));
        assertThat(follower.incident()).isEmpty();
        later(Duration.ofMinutes(2));
        assertThat(follower.incident().map(GraphIncident::kind)).contains(GraphCondition.NOTHING_ACCEPTED);
    }

    @Test
    void aLoginThatCannotBeReachedIsAnIncidentWithinAMinute() {
        followQueued(HealMode.OFF);
        smtp2graph.fail("x.eml", "network_error: Network request failed", clock.instant());
        passUntil(DEFERRED);
        later(Duration.ofSeconds(20));
        assertThat(follower.incident()).isEmpty();
        later(Duration.ofSeconds(20));
        assertThat(follower.incident().orElseThrow().error().name()).isEqualTo("network_error");
        later(Duration.ofSeconds(30));
        smtp2graph.accept("x.eml");
        passUntil(ACCEPTED);
        later(Duration.ofSeconds(1));
        assertThat(follower.incident()).isEmpty();
    }

    @Test
    void anOverflowOfInotifyLosesNoCopy() {
        follow();
        List<String> ids = IntStream.range(0, MORE_THAN_THE_JDK_KEEPS)
                .mapToObj(file -> ID + "-!" + file)
                .toList();
        ids.forEach(id -> {
            follower.expect(id, List.of("a@good.test"));
            smtp2graph.arrive(id + ".eml", id);
        });
        passUntil(() -> states().stream().filter(QUEUED::equals).count() == ids.size());

        ids.forEach(id -> smtp2graph.accept(id + ".eml"));

        passUntil(() -> answers().size() == ids.size());
        assertThat(answers()).containsOnly(ACCEPTED);
        later(Duration.ofMinutes(2));
        assertThat(answers()).hasSize(ids.size());
    }

    @Test
    void directoriesThatDoNotExistYetAreAwaited() throws IOException {
        smtp2graph = new Smtp2GraphFolder(Files.createDirectory(home.resolve("later")));
        follow();
        assertThat(follower.summary().problem().orElseThrow()).contains("has not been started yet");
        smtp2graph.made();
        smtp2graph.arrive("x.eml", ID);
        passUntil(follower::isFollowing);
        assertThat(follower.waiting(1)).hasSize(1);
    }

    @Test
    void aStuckFileIsSentAgainAndATemporaryFailureTakesLongerEachTime() {
        followQueued(HealMode.AUTO);
        smtp2graph.fail("x.eml", THROTTLED, clock.instant());
        passUntil(STUCK);
        later(Duration.ofSeconds(59));
        assertThat(smtp2graph.directory.again().resolve("x.eml")).doesNotExist();
        later(Duration.ofSeconds(2));
        assertThat(smtp2graph.directory.again().resolve("x.eml")).exists();
        assertThat(smtp2graph.directory.queue().resolve("x.eml")).doesNotExist();
        later(Duration.ofSeconds(2));
        assertThat(smtp2graph.directory.queue().resolve("x.eml")).exists();
        assertThat(moves).containsExactly(HealingMove.RETRIED);
        smtp2graph.fail("x.eml", THROTTLED, clock.instant());
        passUntil(() -> states().stream().filter(STUCK::equals).count() == 2);
        later(Duration.ofSeconds(110));
        assertThat(moves).hasSize(1);
        later(Duration.ofSeconds(15));
        later(Duration.ofSeconds(5));
        assertThat(moves).hasSize(2);
        smtp2graph.accept("x.eml");
        passUntil(ACCEPTED);
        assertThat(states()).doesNotContain(MISSING);
    }

    @Test
    void aFileThatVanishesWhileItIsOutOfTheQueueIsMissing() throws IOException {
        followQueued(HealMode.AUTO);
        smtp2graph.fail("x.eml", THROTTLED, clock.instant());
        passUntil(STUCK);
        later(Duration.ofSeconds(61));
        Files.delete(smtp2graph.directory.again().resolve("x.eml"));
        later(Duration.ofSeconds(3));
        assertThat(states()).contains(MISSING).doesNotContain(ACCEPTED);
    }

    @Test
    void anAcceptanceAfterARetryBeforeTheRelaysEndCounts() {
        followQueued(HealMode.AUTO);
        smtp2graph.fail("x.eml", THROTTLED, clock.instant());
        passUntil(STUCK);
        later(Duration.ofSeconds(61));
        later(Duration.ofSeconds(3));
        assertThat(smtp2graph.directory.queue().resolve("x.eml")).exists();
        smtp2graph.accept("x.eml");
        restart();
        assertThat(states()).containsExactly(ACCEPTED);
    }

    @Test
    void aCrashWhileAFileIsOutOfTheQueueBringsItBack() {
        followQueued(HealMode.AUTO);
        smtp2graph.fail("x.eml", THROTTLED, clock.instant());
        passUntil(STUCK);
        later(Duration.ofSeconds(61));
        assertThat(smtp2graph.directory.again().resolve("x.eml")).exists();
        changes.clear();
        try {
            follower.close();
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
        follow(HealMode.AUTO);
        assertThat(smtp2graph.directory.again().resolve("x.eml"))
                .as("smtp2graph may not have noticed yet that it is out")
                .exists();
        later(Duration.ofSeconds(3));
        assertThat(smtp2graph.directory.queue().resolve("x.eml")).exists();
        assertThat(states()).doesNotContain(ACCEPTED, MISSING);
        assertThat(follower.waiting(10)).hasSize(1);
    }

    @Test
    void aFileThatAnEarlierProcessTookOutIsNoAcceptanceWithoutHealing() throws IOException {
        followDeferred();
        follower.close();
        smtp2graph.move(smtp2graph.directory.queue(), smtp2graph.directory.withdrawn(), "x.eml");
        changes.clear();

        follow(HealMode.OFF);

        assertThat(answers()).containsExactly(MISSING);
    }

    @Test
    void aFileThatIsOutOfTheQueueComesBackWithoutHealing() throws IOException {
        followQueued(HealMode.AUTO);
        smtp2graph.fail("x.eml", THROTTLED, clock.instant());
        passUntil(STUCK);
        later(Duration.ofSeconds(61));
        assertThat(smtp2graph.directory.again().resolve("x.eml")).exists();
        follower.close();
        changes.clear();

        follow(HealMode.OFF);
        later(Duration.ofSeconds(3));

        assertThat(smtp2graph.directory.queue().resolve("x.eml")).exists();
        assertThat(answers()).isEmpty();
    }

    @Test
    void aFileWhoseReturnToTheQueueFailedAfterAProblemReturnsLater() throws IOException {
        followQueued(HealMode.AUTO);
        smtp2graph.fail("x.eml", THROTTLED, clock.instant());
        passUntil(STUCK);
        later(Duration.ofSeconds(61));
        Path mailroot = makeUnreadable();
        Path inTheWay = Files.createDirectories(home.resolve("old/queue/x.eml/y"));
        Files.delete(mailroot);
        Files.move(home.resolve("old"), mailroot);
        passUntil(follower::isFollowing);
        Path queued = smtp2graph.directory.queue().resolve("x.eml");
        assertThat(queued).isDirectory();

        Files.delete(queued.resolve(inTheWay.getFileName()));
        Files.delete(queued);

        passUntil(() -> Files.isRegularFile(queued));
        assertThat(answers()).isEmpty();
    }

    @Test
    void ifNoFileComesOfSeveralCopiesInARowTheDirectoriesAreThoseOfAnother() {
        follow();
        for (int copy = 1; copy <= 3; copy++) {
            follower.expect(ID + "-!" + copy, List.of("a@good.test"));
        }
        later(Duration.ofSeconds(62));
        assertThat(answers()).containsExactly(MISSING, MISSING, MISSING);
        assertThat(follower.isFollowing()).isFalse();
        assertThat(follower.summary().problem().orElseThrow())
                .contains(
                        "the last messages that Mailpit accepted did not come into " + smtp2graph.directory.mailroot());

        later(Duration.ofMinutes(15));
        assertThat(follower.isFollowing()).isTrue();
        assertThat(follower.summary().problem()).isEmpty();
        expect();
        later(Duration.ofSeconds(62));
        assertThat(follower.isFollowing()).isFalse();

        smtp2graph.arrive("x.eml", ID + "-!5");
        passUntil(QUEUED);
        later(Duration.ofSeconds(2));
        assertThat(follower.isFollowing()).isTrue();
    }

    @Test
    void aCopyWhoseRetryWasDueWhenTheRelayStartedAgainIsAcceptedIfItVanishesThen() {
        followQueued(HealMode.OFF);
        smtp2graph.fail("x.eml", EXPIRED, clock.instant());
        passUntil(DEFERRED);
        clock.add(Duration.ofMinutes(5));
        restart();

        smtp2graph.accept("x.eml");

        passUntil(() -> !answers().isEmpty());
        assertThat(answers()).containsExactly(ACCEPTED);
    }

    @Test
    void afterAStartAnOldFailureIsNotThatOfAFileWhichWasPutBackSince() throws IOException {
        Files.delete(smtp2graph.directory.logs().resolve("combined.log"));
        smtp2graph.start(Instant.now().minusSeconds(120));
        smtp2graph.fail("x.eml", THROTTLED, Instant.now().minusSeconds(60));
        smtp2graph.arrive("x.eml", ID);

        follow();

        assertThat(found()).contains(QUEUED);
        smtp2graph.accept("x.eml");
        passUntil(() -> !answers().isEmpty());
        assertThat(answers()).containsExactly(ACCEPTED);
    }

    @Test
    void oneMessageThatIsLostAgainAndAgainIsNoSignOfOtherDirectories() {
        follow();
        for (int time = 0; time < 4; time++) {
            expect();
            later(Duration.ofSeconds(62));
        }
        assertThat(answers()).containsOnly(MISSING).hasSize(4);
        assertThat(follower.isFollowing()).isTrue();
    }

    @Test
    void messagesThatAreSeenInTempOnlyAreNoSignOfOtherDirectories() {
        follow();
        for (int copy = 1; copy <= 3; copy++) {
            String id = ID + "-!" + copy;
            smtp2graph.write(smtp2graph.directory.temp(), copy + ".eml", Smtp2GraphFolder.message(id, "a@good.test"));
            follower.expect(id, List.of("a@good.test"));
        }
        passUntil(() -> follower.waiting(10).size() >= 3);
        later(Duration.ofSeconds(62));
        assertThat(answers()).containsOnly(MISSING).hasSize(3);
        assertThat(follower.isFollowing()).isTrue();
    }

    @Test
    void whatIsFirstSeenInFailedIsSentOnlyWhenTold() {
        follow(HealMode.AUTO);
        smtp2graph.write(smtp2graph.directory.failed(), "x.eml", Smtp2GraphFolder.message(ID, "a@good.test"));
        passUntil(FAILED);
        later(Duration.ofDays(1));
        assertThat(smtp2graph.directory.failed().resolve("x.eml")).exists();
        assertThat(moves).isEmpty();
        assertThat(found())
                .as("nobody sends it, so its message must not wait for it")
                .isEmpty();
    }

    @Test
    void whatSmtp2graphGaveUpUnderTheRelaysEyesIsTheRelaysAfterARestartToo() {
        smtp2graph.arrive("x.eml", ID);
        follow(HealMode.AUTO);
        smtp2graph.fail("x.eml", THROTTLED, clock.instant());
        passUntil(STUCK);
        smtp2graph.giveUp("x.eml");
        passUntil(FAILED);
        try {
            follower.close();
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
        follow(HealMode.AUTO);

        later(Duration.ofSeconds(62));

        assertThat(smtp2graph.directory.queue().resolve("x.eml")).exists();
    }

    @Test
    void failuresOfAnOutageThatEndedWhileTheRelayWasAwayTakeNoCopyOut() throws IOException {
        followQueued(HealMode.AUTO);
        smtp2graph.arrive("y.eml", ID + "-!2");
        passUntil(() -> follower.waiting(10).size() == 2);
        for (int attempt = 0; attempt < 12; attempt++) {
            smtp2graph.fail("x.eml", EXPIRED, clock.instant());
            later(Duration.ofMinutes(5));
        }
        smtp2graph.giveUp("x.eml");
        passUntil(FAILED);
        follower.close();
        smtp2graph.accept("y.eml");

        follow(HealMode.AUTO);
        later(Duration.ofSeconds(62));

        assertThat(stored).isEmpty();
        assertThat(smtp2graph.directory.queue().resolve("x.eml")).exists();
    }

    @Test
    void aFileThatIsOutOfTheQueueWhenTheVolumeIsReplacedIsMissing() throws IOException {
        followQueued(HealMode.AUTO);
        smtp2graph.fail("x.eml", THROTTLED, clock.instant());
        passUntil(STUCK);
        later(Duration.ofSeconds(61));
        Path again = smtp2graph.directory.again().resolve("x.eml");
        assertThat(again).exists();
        Path mailroot = makeUnreadable();
        Files.delete(again);
        Files.delete(mailroot);
        Files.move(home.resolve("old"), mailroot);

        passUntil(follower::isFollowing);
        later(Duration.ofSeconds(3));

        assertThat(answers()).containsExactly(MISSING);
    }

    @Test
    void aFileThatSmtp2graphGaveUpBeforeAnswersForNoLaterCopy() {
        smtp2graph.arrive("x.eml", ID);
        smtp2graph.giveUp("x.eml");
        follow(HealMode.AUTO);
        later(Duration.ofMinutes(10));
        expect();
        smtp2graph.arrive("y.eml", ID);
        passUntil(QUEUED);

        assertThat(smtp2graph.directory.failed().resolve("x.eml").toFile().delete())
                .isTrue();
        passUntilAllIsSeen();
        later(Duration.ofSeconds(3));

        assertThat(answers()).isEmpty();
        assertThat(found()).contains(QUEUED);
    }

    @Test
    void whatSmtp2graphGivesUpUnderTheRelaysEyesIsSentAgainAlthoughItCameBefore() {
        smtp2graph.arrive("x.eml", ID);
        follow(HealMode.AUTO);
        smtp2graph.fail("x.eml", "connect ECONNREFUSED 1.2.3.4:443", clock.instant());
        smtp2graph.giveUp("x.eml");
        passUntil(FAILED);

        later(Duration.ofSeconds(62));

        assertThat(smtp2graph.directory.queue().resolve("x.eml")).exists();
    }

    @Test
    void whatGraphNeverAcceptsIsTakenOutWithTheBytesThatTheRelaySent() {
        followQueued(HealMode.AUTO);
        smtp2graph.fail("x.eml", TOO_LARGE, clock.instant());
        passUntil(STUCK);
        later(Duration.ofSeconds(3));
        passUntil(WITHDRAWN);
        assertThat(stored).containsExactly("ErrorMessageSizeExceeded app@ours.test Received:");
        assertThat(smtp2graph.directory.queue().resolve("x.eml")).doesNotExist();
        assertThat(follower.summary().waiting()).isZero();
        assertThat(states()).doesNotContain(ACCEPTED, MISSING);
    }

    @Test
    void whatSmtp2graphGaveUpIsSentAgainButNotWhatWasThereBefore() {
        smtp2graph.arrive("before.eml", ID + "-!9");
        smtp2graph.giveUp("before.eml");
        followQueued(HealMode.AUTO);
        smtp2graph.fail("x.eml", "connect ECONNREFUSED 1.2.3.4:443", clock.instant());
        smtp2graph.giveUp("x.eml");
        later(Duration.ofSeconds(1));
        later(Duration.ofSeconds(1));
        assertThat(changes.stream()
                        .filter(change -> change.state() == FAILED)
                        .map(change -> change.copy().fileName()))
                .containsExactly("before.eml", "x.eml");
        later(Duration.ofSeconds(62));
        assertThat(smtp2graph.directory.queue().resolve("x.eml")).exists();
        later(Duration.ofDays(3));
        assertThat(smtp2graph.directory.failed().resolve("before.eml")).exists();
        assertThat(follower.sendAgain("before.eml")).isEmpty();
        assertThat(smtp2graph.directory.queue().resolve("before.eml")).exists();
    }

    @Test
    void aFileThatACrashLeftInTempIsMovedToTheQueueIfMailpitAcceptedIt() {
        follow(HealMode.AUTO);
        smtp2graph.write(smtp2graph.directory.temp(), "x.eml", Smtp2GraphFolder.message(ID, "a@good.test"));
        smtp2graph.write(smtp2graph.directory.temp(), "y.eml", Smtp2GraphFolder.message(ID + "-!2", "a@good.test"));
        expect();
        clock.setInstant(Instant.now());
        passUntil(() -> follower.waiting(10).size() >= 2);
        later(Duration.ofSeconds(11));
        assertThat(smtp2graph.directory.queue().resolve("x.eml")).exists();
        assertThat(smtp2graph.directory.queue().resolve("y.eml")).doesNotExist();
        assertThat(moves).containsExactly(HealingMove.RESCUED);
        later(Duration.ofMinutes(2));
        assertThat(states()).doesNotContain(MISSING);
    }

    @Test
    void theBeginningOfAMessageThatWasSentAgainStaysInTemp() {
        follow(HealMode.AUTO);
        smtp2graph.write(smtp2graph.directory.temp(), "old.eml", Smtp2GraphFolder.message(ID, "a@good.test"));
        passUntil(() -> follower.waiting(10).size() == 1);
        later(Duration.ofMinutes(2));
        expect();
        later(Duration.ofSeconds(20));
        smtp2graph.arrive("new.eml", ID);
        passUntil(QUEUED);
        later(Duration.ofSeconds(20));

        assertThat(moves).isEmpty();
        assertThat(smtp2graph.directory.temp().resolve("old.eml")).exists();
        assertThat(found()).contains(QUEUED);
        smtp2graph.accept("new.eml");
        passUntil(ACCEPTED);
        later(Duration.ofMinutes(2));
        assertThat(moves).isEmpty();
        assertThat(states()).doesNotContain(MISSING);
    }

    @Test
    void aCopyThatSmtp2graphGaveUpIsNotThatOfALaterDelivery() {
        follow();
        smtp2graph.arrive("old.eml", ID);
        passUntil(QUEUED);
        smtp2graph.fail("old.eml", EXPIRED, clock.instant());
        smtp2graph.giveUp("old.eml");
        passUntil(FAILED);
        later(Duration.ofMinutes(2));
        expect();

        assertThat(found()).contains(CopyState.EXPECTED);
        smtp2graph.arrive("new.eml", ID);
        passUntilAllIsSeen();
        assertThat(found()).contains(QUEUED);
    }

    @Test
    void whatFailedForTheLastTimeAfterAWhileIsStillAttemptedBySmtp2graph() {
        followDeferred();
        smtp2graph.fail("x.eml", THROTTLED, clock.instant());
        passUntil(STUCK);
        later(Duration.ofMinutes(20));
        assertThat(moves).isEmpty();
        assertThat(smtp2graph.directory.queue().resolve("x.eml")).exists();

        smtp2graph.accept("x.eml");
        passUntil(ACCEPTED);
        assertThat(states()).doesNotContain(MISSING);
    }

    @Test
    void whatSmtp2graphAttemptsForeverIsTakenOutBetweenTwoAttemptsIfGraphNeverAcceptsIt() {
        followDeferred();
        smtp2graph.fail("x.eml", TOO_LARGE, clock.instant());
        passUntil(WITHDRAWN);
    }

    @Test
    void whatSmtp2graphAttemptsForeverAndAnAdministratorDoesNotGrantIsTakenOutAfterFiveDays() {
        followDeferred();
        smtp2graph.fail("x.eml", DENIED, clock.instant());
        passUntil(STUCK);
        later(Duration.ofSeconds(3));
        assertThat(smtp2graph.directory.queue().resolve("x.eml")).exists();

        later(Duration.ofDays(5));
        smtp2graph.fail("x.eml", DENIED, clock.instant());
        later(Duration.ofSeconds(1));
        later(Duration.ofSeconds(3));

        passUntil(WITHDRAWN);
        assertThat(smtp2graph.directory.queue().resolve("x.eml")).doesNotExist();
    }

    @Test
    void aWithdrawnCopyIsKnownUntilMailpitAcceptsTheMessageAgain() {
        followQueued(HealMode.AUTO);
        smtp2graph.fail("x.eml", TOO_LARGE, clock.instant());
        passUntil(WITHDRAWN);
        restart();
        assertThat(found()).contains(WITHDRAWN);

        later(Duration.ofMinutes(1));
        expect();
        assertThat(found()).contains(CopyState.EXPECTED);
        restart();
        later(Duration.ofMinutes(2));
        assertThat(states()).contains(MISSING);
        assertThat(found()).isEmpty();
    }

    @Test
    void afterTheMachineWasStartedAgainAFileThatIsNotThereIsNoAcceptance() throws IOException {
        follow();
        smtp2graph.arrive("x.eml", ID);
        passUntil(QUEUED);
        follower.close();
        smtp2graph.accept("x.eml");
        boot = clock.instant().plusSeconds(30);
        clock.add(Duration.ofMinutes(1));
        changes.clear();
        follow();

        passUntil(MISSING);
        assertThat(states()).doesNotContain(ACCEPTED);
    }

    @Test
    void whatIsTakenOutAfterTheMachineWasStartedAgainMayBeCutAndIsMissing() {
        boot = Instant.now().plusSeconds(60);
        followQueued(HealMode.AUTO);
        smtp2graph.fail("x.eml", TOO_LARGE, clock.instant());
        passUntil(MISSING);
        assertThat(stored).singleElement().asString().startsWith("cut ");
    }
}
