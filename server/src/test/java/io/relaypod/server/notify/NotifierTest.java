package io.relaypod.server.notify;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.relaypod.incidents.Incident;
import io.relaypod.incidents.IncidentCheck;
import io.relaypod.incidents.IncidentKind;
import io.relaypod.server.settings.NotifyForm;
import io.relaypod.server.settings.NotifySettings;
import io.relaypod.server.threads.ServerThreads;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.threeten.extra.MutableClock;

@Timeout(60)
class NotifierTest {

    private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

    @TempDir
    private Path directory;

    private final ServerThreads threads = new ServerThreads();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private FaultyReceiver receiver;
    private Optional<String> problem = Optional.empty();
    private boolean isServing = true;
    private final MutableClock clock = MutableClock.of(BEGIN, ZoneOffset.UTC);

    @BeforeEach
    void listen() throws Exception {
        receiver = new FaultyReceiver();
    }

    @AfterEach
    void stop() {
        receiver.close();
        threads.close();
    }

    private Notifier notifier() {
        return new Notifier(
                new NotifySettings(receiver.url("/"), NotifyForm.JSON, Optional.empty(), Optional.empty()),
                directory,
                "relaypod-0",
                List.of(new IncidentCheck() {
                    @Override
                    public IncidentKind kind() {
                        return IncidentKind.DNS;
                    }

                    @Override
                    public Optional<String> problem() {
                        return problem;
                    }
                }),
                () -> isServing,
                clock,
                meters,
                threads);
    }

    private void pass(Notifier notifier, Duration time) {
        Instant end = clock.instant().plus(time);
        while (clock.instant().isBefore(end)) {
            clock.add(Duration.ofSeconds(5));
            notifier.look();
            notifier.sendNext();
        }
    }

    private double attempts(String result) {
        return meters.counter("relaypod.notifications", "result", result).count();
    }

    private List<String> states() {
        return receiver.requests().stream()
                .map(request -> request.headers().get("x-relaypod-id"))
                .map(id -> id.substring(id.lastIndexOf('-') + 1))
                .toList();
    }

    @Test
    void anIncidentIsNotifiedOnceAtItsBeginningAndOnceAtItsEnd() {
        Notifier notifier = notifier();
        problem = Optional.of("no answer");
        pass(notifier, Duration.ofMinutes(30));
        problem = Optional.empty();
        pass(notifier, Duration.ofMinutes(30));

        assertThat(states()).containsExactly("begin", "end");
        assertThat(attempts("sent")).isEqualTo(2);
    }

    @Test
    void nothingIsAnIncidentWhileTheRelayStartsOrStops() {
        Notifier notifier = notifier();
        isServing = false;
        problem = Optional.of("not there yet");
        pass(notifier, Duration.ofMinutes(30));

        assertThat(receiver.requests()).isEmpty();
    }

    @Test
    void aReceiverThatIsAwayForHoursGetsTheNotificationsInOrderWithFewAttempts() {
        receiver.answer(FaultyReceiver.status("500 Broken"));
        Notifier notifier = notifier();
        problem = Optional.of("no answer");
        pass(notifier, Duration.ofHours(2));
        problem = Optional.empty();
        pass(notifier, Duration.ofHours(2));
        assertThat(receiver.requests()).hasSizeBetween(10, 40);
        assertThat(states()).containsOnly("begin");

        receiver.requests().clear();
        receiver.answer(out -> FaultyReceiver.ok(out));
        pass(notifier, Duration.ofMinutes(15));
        assertThat(states()).containsExactly("begin", "end");
    }

    @Test
    void theTimeOfRetryAfterIsWaitedFor() {
        receiver.answer(FaultyReceiver.status("429 Slow\r\nRetry-After: 1800"));
        Notifier notifier = notifier();
        problem = Optional.of("no answer");
        pass(notifier, Duration.ofMinutes(25));

        assertThat(receiver.requests()).hasSize(1);
        pass(notifier, Duration.ofMinutes(10));
        assertThat(receiver.requests()).hasSize(2);
    }

    @Test
    void aNotificationThatTheReceiverRefusesDoesNotStopTheNext() {
        receiver.answer(FaultyReceiver.status("400 Bad"));
        Notifier notifier = notifier();
        problem = Optional.of("no answer");
        pass(notifier, Duration.ofMinutes(30));
        assertThat(attempts("dropped")).isEqualTo(1);
        assertThat(receiver.requests()).hasSize(3);

        receiver.answer(out -> FaultyReceiver.ok(out));
        problem = Optional.empty();
        pass(notifier, Duration.ofMinutes(5));
        assertThat(states()).endsWith("end");
    }

    @Test
    void aNotificationIsDroppedAfterADay() {
        receiver.answer(FaultyReceiver.hangUp());
        Notifier notifier = notifier();
        problem = Optional.of("no answer");
        pass(notifier, Duration.ofHours(25));

        assertThat(attempts("dropped")).isEqualTo(1);
        assertThat(meters.get("relaypod.notifications.waiting").gauge().value()).isZero();
    }

    @Test
    void aRestartRepeatsNoNotificationAndForgetsNone() throws Exception {
        Notifier first = notifier();
        problem = Optional.of("no answer");
        pass(first, Duration.ofMinutes(1));
        receiver.answer(FaultyReceiver.status("503 Later"));
        first.close();

        // It is open, and its beginning was sent.
        Notifier second = notifier();
        pass(second, Duration.ofMinutes(5));
        assertThat(states()).containsExactly("begin");
        problem = Optional.empty();
        pass(second, Duration.ofMinutes(5));
        second.close();
        assertThat(states()).contains("end");

        // The end waits, and was not accepted.
        receiver.requests().clear();
        receiver.answer(out -> FaultyReceiver.ok(out));
        Notifier third = notifier();
        pass(third, Duration.ofMinutes(1));
        assertThat(states()).containsExactly("end");
        assertThat(Files.readString(directory.resolve("notify.json"))).isEqualTo("{\"open\":[],\"waiting\":[]}");
    }

    @Test
    void aDamagedFileAndADirectoryThatCannotBeWrittenStopNothing() throws Exception {
        Files.writeString(directory.resolve("notify.json"), "{\"open\":[{\"kind\":\"NO_SUCH\"");
        problem = Optional.of("no answer");
        pass(notifier(), Duration.ofMinutes(1));
        assertThat(states()).containsExactly("begin");

        receiver.requests().clear();
        Files.delete(directory.resolve("notify.json"));
        Files.createDirectories(directory.resolve("notify.json/x"));
        pass(notifier(), Duration.ofMinutes(1));
        assertThat(states()).containsExactly("begin");
    }

    @Test
    void theQueueOfNotificationsIsBoundedAndKeepsTheNewest() {
        NotificationQueue queue = new NotificationQueue(List.of(), clock);
        List<Notification> dropped = IntStream.range(0, NotificationQueue.MOST + 10)
                .mapToObj(number ->
                        new Notification("id-" + number, IncidentKind.DNS, "r", BEGIN, Optional.empty(), "x", BEGIN))
                .flatMap(message -> queue.add(message).stream())
                .toList();

        assertThat(dropped).hasSize(10);
        assertThat(queue.all()).hasSize(NotificationQueue.MOST);
        assertThat(queue.all().get(0).id()).isEqualTo("id-10");
    }

    @Test
    void theEndOfAnIncidentSaysHowLongItLasted() {
        Notification end =
                new Notification("id", IncidentKind.DNS, "r", BEGIN, Optional.of(BEGIN.plusSeconds(7_500)), "x", BEGIN);

        assertThat(end.title()).isEqualTo("r: DNS is available again");
        assertThat(end.text()).contains("It lasted 2 h 5 min, since 2026-01-01T00:00:00Z.");
        assertThat(new Incident("id", IncidentKind.DNS, BEGIN, "x").kind().label())
                .isEqualTo("dns");
    }
}
