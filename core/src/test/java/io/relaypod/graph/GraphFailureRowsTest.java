package io.relaypod.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.relaypod.graph.HealSettings.HealMode;
import io.relaypod.hold.GraphHold;
import io.relaypod.hold.HoldSettings;
import io.relaypod.hold.HoldStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.threeten.extra.MutableClock;

/** Graph refuses for a time, and then accepts: each message is accepted once, or is stored with the reason. */
class GraphFailureRowsTest {

    private static final int MESSAGES = 20;
    private static final int WINDOW = 4;
    // The first window, a probe at growing intervals, and the window that opens again.
    private static final int HANDFUL = 16;
    private static final Duration STEP = Duration.ofSeconds(5);
    private static final Duration RETRY_INTERVAL = Duration.ofMinutes(5);
    private static final int ATTEMPTS = 4;
    private static final List<String> RECIPIENTS = List.of("a@good.test");
    private static final String MAILBOX = "app@ours.test";

    @TempDir
    private Path home;

    private final MutableClock clock = MutableClock.of(Instant.now(), ZoneOffset.UTC);
    private final Map<String, Integer> acceptedByGraph = new HashMap<>();
    private final List<String> stored = new ArrayList<>();
    private final List<CopyState> states = new ArrayList<>();
    private final Set<String> sent = new HashSet<>();
    private final Set<String> done = new HashSet<>();
    // What smtp2graph has in its memory: by file, the attempts and the time of the next one.
    private final Map<String, Integer> attempts = new HashMap<>();
    private final Map<String, Instant> due = new HashMap<>();
    private Smtp2GraphFolder smtp2graph;
    private GraphFollower follower;
    private GraphHold hold;
    // An open change of smtp2graph (#70) moves to failed/ what 1.1.4 keeps in queue/.
    private boolean movesPermanentFailures;
    private int mostInside;
    private int requests;

    @BeforeEach
    void follow() throws IOException {
        smtp2graph = new Smtp2GraphFolder(Files.createDirectory(home.resolve("data"))).made();
        smtp2graph.start(clock.instant());
        hold = new GraphHold(() -> follower, new HoldSettings(WINDOW, Optional.empty(), "relay-1"), clock);
        follower = new GraphFollower(
                smtp2graph.directory,
                home.resolve("state"),
                clock,
                new GraphErrors(),
                List.<GraphListener>of(hold, change -> states.add(change.state())),
                new HealSettings(
                        HealMode.AUTO,
                        (header, file, error, mayBeCut) ->
                                stored.add(header.copy().queueId().orElseThrow() + " " + error.name()),
                        (copy, move, error) -> {},
                        Instant.EPOCH));
        pass();
    }

    @AfterEach
    void close() throws IOException {
        follower.close();
    }

    @ParameterizedTest(name = "{0} for {1} minutes")
    @CsvSource(
            delimiter = '|',
            value = {
                "401 | 1 | {\"code\":\"InvalidAuthenticationToken\",\"message\":\"Access token is empty.\"}",
                "AADSTS7000222 | 30 | invalid_client: 7000222 - [t]: AADSTS7000222: The provided secret keys are expired.",
                "403 | 30 | Access to mailbox \"app@ours.test\" denied",
                "ErrorSendAsDenied | 30 | {\"code\":\"ErrorSendAsDenied\",\"message\":\"The user account which\"}",
                "429 once | 0 | Invalid content for mail \"mailroot/queue/x.eml\"",
                "429 | 10 | Invalid content for mail \"mailroot/queue/x.eml\"",
                "503 | 3 | Request failed with status code 503",
                "timeout | 3 | Server did not respond within 10 seconds",
                "Graph unavailable | 60 | connect ECONNREFUSED 1.2.3.4:443"
            })
    void eachMessageIsAcceptedOnce(String row, int minutes, String error) {
        Instant end = clock.instant().plus(Duration.ofMinutes(minutes));

        runUntilDone(() -> minutes == 0 ? requests == 1 : clock.instant().isBefore(end), error);

        assertThat(acceptedByGraph)
                .hasSize(MESSAGES)
                .allSatisfy((id, times) -> assertThat(times).isOne());
        assertThat(stored).isEmpty();
        assertThat(states).doesNotContain(CopyState.MISSING);
        assertThat(hold.window().inFlight()).isZero();
        assertThat(mostInside).as("files at smtp2graph at a time").isLessThanOrEqualTo(HANDFUL);
    }

    @Test
    void aDeniedMessageThatSmtp2graphMovesToFailedAtOnceIsAcceptedOnce() {
        movesPermanentFailures = true;

        eachMessageIsAcceptedOnce("403", 30, "Access to mailbox \"app@ours.test\" denied");
    }

    @ParameterizedTest(name = "moved to failed/ at once: {0}")
    @ValueSource(booleans = {false, true})
    void aMessageThatIsTooLargeIsStoredWithTheReasonAndDelaysNoOther(boolean isMoved) {
        movesPermanentFailures = isMoved;

        runUntilDone(
                () -> requests == 1,
                "The message exceeds the maximum supported size for mail \"mailroot/queue/x.eml\"");

        assertThat(stored).containsExactly(id(0) + " ErrorMessageSizeExceeded");
        assertThat(acceptedByGraph).hasSize(MESSAGES - 1).doesNotContainKey(id(0));
        assertThat(acceptedByGraph.values()).containsOnly(1);
        assertThat(hold.window().inFlight()).isZero();
    }

    private void runUntilDone(BooleanSupplier isRefused, String error) {
        Instant latest = clock.instant().plus(Duration.ofHours(8));
        while (done.size() < MESSAGES) {
            assertThat(clock.instant()).as("done: %s, states: %s", done, states).isBefore(latest);
            IntStream.range(0, MESSAGES).mapToObj(GraphFailureRowsTest::id).forEach(this::relay);
            mostInside =
                    Math.max(mostInside, names(smtp2graph.directory.queue()).size());
            attemptDue(isRefused, error);
            clock.add(STEP);
            pass();
            pass();
        }
    }

    /** One look of the relay's queue at a message. */
    private void relay(String id) {
        if (done.contains(id)) {
            return;
        }
        HoldStatus standing = hold.standing(id, RECIPIENTS, sent.contains(id));
        if (standing == HoldStatus.DONE) {
            hold.forget(id, RECIPIENTS);
            done.add(id);
        } else if (standing != HoldStatus.WAITING && hold.enter(id, RECIPIENTS, MAILBOX)) {
            smtp2graph.arrive(id + ".eml", id);
            follower.expect(id, RECIPIENTS);
            hold.sent(id, RECIPIENTS, List.of(RECIPIENTS));
            sent.add(id);
            passUntil(() -> standsAs(id, CopyState.QUEUED));
        }
    }

    /** smtp2graph attempts what has come to its queue, and again what failed for a reason that it retries. */
    private void attemptDue(BooleanSupplier isRefused, String error) {
        for (String file : names(smtp2graph.directory.queue())) {
            boolean isNew = !attempts.containsKey(file);
            boolean isDue = Optional.ofNullable(due.get(file))
                    .filter(at -> !at.isAfter(clock.instant()))
                    .isPresent();
            boolean isThere = Files.exists(smtp2graph.directory.queue().resolve(file));
            if (isThere && (isNew || isDue)) {
                attempt(file, isRefused, error);
            }
        }
    }

    private void attempt(String file, BooleanSupplier isRefused, String error) {
        String id = file.replace(".eml", "");
        requests++;
        int attempt = attempts.merge(file, 1, Integer::sum);
        if (!isRefused.getAsBoolean()) {
            smtp2graph.accept(file);
            acceptedByGraph.merge(id, 1, Integer::sum);
            passUntil(() -> follower.isAccepted(id, RECIPIENTS));
            return;
        }
        int before = states.size();
        smtp2graph.fail(file, error, clock.instant());
        if (new GraphErrors().isLast(error) && !movesPermanentFailures) {
            due.remove(file);
            passUntil(() -> states.size() > before);
        } else if (attempt < ATTEMPTS && !movesPermanentFailures) {
            due.put(file, clock.instant().plus(RETRY_INTERVAL));
            passUntil(() -> states.size() > before);
        } else {
            smtp2graph.giveUp(file);
            passUntil(() -> standsAs(id, CopyState.FAILED));
        }
    }

    private boolean standsAs(String id, CopyState state) {
        return follower.find(id, RECIPIENTS)
                .filter(change -> change.state() == state)
                .isPresent();
    }

    private static String id(int number) {
        return "Mail1764223496123-3b1c8d4e-1111-2222-3333-" + (100_000_000_000L + number);
    }

    private static List<String> names(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".eml"))
                    .sorted()
                    .toList();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private void passUntil(BooleanSupplier isSeen) {
        for (int i = 0; i < 500 && !isSeen.getAsBoolean(); i++) {
            clock.add(Duration.ofMillis(20));
            pass();
        }
        assertThat(isSeen.getAsBoolean()).as("states: %s", states).isTrue();
    }

    private void pass() {
        try {
            follower.pass(Duration.ofMillis(2));
        } catch (InterruptedException stopped) {
            throw new AssertionError(stopped);
        }
        // smtp2graph forgets a file that left its queue, and takes it for a new one when it is back.
        List<String> inQueue = names(smtp2graph.directory.queue());
        attempts.keySet().retainAll(inQueue);
        due.keySet().retainAll(inQueue);
    }
}
