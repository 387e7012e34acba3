package io.relaypod.server.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
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
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.mail.MessagingException;

import com.google.common.collect.ImmutableList;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.relaypod.gateway.RemoteDelivery;
import io.relaypod.graph.GraphErrors;
import io.relaypod.graph.GraphFollower;
import io.relaypod.graph.GraphListener;
import io.relaypod.graph.HealSettings;
import io.relaypod.graph.HealSettings.HealMode;
import io.relaypod.graph.Smtp2GraphDirectory;
import io.relaypod.hold.GraphHold;
import io.relaypod.hold.HoldSettings;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.graph.ProcessSteps.EndOfProcess;
import io.relaypod.server.graph.SimulatedChain.GraphAnswers;
import io.relaypod.server.graph.SteppedFileSystem.ChangeTimes;
import io.relaypod.server.repository.DirectoryMailRepository;
import io.relaypod.server.repository.RepositoryLimits;
import io.relaypod.server.settings.FailedMailSettings;
import io.relaypod.server.threads.ServerThreads;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.james.core.Domain;
import org.apache.james.core.MailAddress;
import org.apache.james.dnsservice.api.DNSService;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.filesystem.api.FileSystem;
import org.apache.james.mailrepository.api.MailKey;
import org.apache.james.mailrepository.api.MailRepository;
import org.apache.james.mailrepository.api.MailRepositoryStore;
import org.apache.james.mailrepository.api.MailRepositoryUrl;
import org.apache.james.metrics.api.NoopGaugeRegistry;
import org.apache.james.metrics.tests.RecordingMetricFactory;
import org.apache.mailet.Mail;
import org.apache.mailet.MailetContext;
import org.apache.mailet.base.test.FakeMailetConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.threeten.extra.MutableClock;

/**
 * From the relay's 250 to Graph's answer, the relay is ended before each step and started again: each message is
 * accepted by Graph once, or twice where docs/graph.md says so, or is in the failed repository with the reason.
 */
class RelayEndedAtEachStepTest {

    private static final String SENDER = "app@ours.test";
    private static final String RECIPIENT = "a@good.test";
    private static final String REFUSED = "refused@good.test";
    private static final String DENIED = "Access to mailbox \"app@ours.test\" denied";
    private static final String UNREACHABLE = "connect ECONNREFUSED 1.2.3.4:443";
    private static final String TOO_LARGE =
            "The message exceeds the maximum supported size for mail \"mailroot/queue/x.eml\"";
    private static final String OUT_OF_THE_QUEUE = "move data/mailroot/queue to data/relaypod/again/*.eml";
    private static final String BACK_INTO_THE_QUEUE = "move data/relaypod/again to data/mailroot/queue/*.eml";
    private static final String STORED_AS_FAILED = "move var/mail/failed to var/mail/failed/*.eml";
    private static final MailRepositoryUrl FAILED = MailRepositoryUrl.from("file://var/mail/failed/");
    private static final Duration LONGEST = Duration.ofHours(6);
    private static final Duration UNTIL_AN_EVENT_COMES = Duration.ofMillis(500);
    // smtp2graph notices a file that was away for so long.
    private static final Duration A_START = Duration.ofSeconds(2);
    private static final double KEPT = 0.5;
    private static final Duration LONGEST_STEP = Duration.ofMinutes(1);

    @TempDir
    private Path directory;

    private final ServerThreads threads = new ServerThreads();
    private final RepositoryLimits limits = new RepositoryLimits(
            new FailedMailSettings(Optional.empty(), Optional.empty()),
            Clock.systemUTC(),
            new SimpleMeterRegistry(),
            event -> {},
            threads);

    @AfterEach
    void stop() {
        limits.close();
    }

    /** What happens behind the relay, and the steps that it makes the relay take. */
    private enum WayOfAMessage {
        ACCEPTED(2, HealMode.AUTO, (id, request) -> Optional.empty(), "write state/copies", "acknowledge a mail"),
        DENIED_AND_THEN_GRANTED(
                2, HealMode.AUTO, (id, request) -> answer(request <= 2, DENIED), OUT_OF_THE_QUEUE, BACK_INTO_THE_QUEUE),
        GIVEN_UP_AND_THEN_ACCEPTED(
                1,
                HealMode.AUTO,
                (id, request) -> answer(request <= 4, UNREACHABLE),
                "move data/mailroot/failed to data/mailroot/queue/*.eml"),
        GIVEN_UP_WITHOUT_HEALING(1, HealMode.OFF, (id, request) -> answer(request <= 4, UNREACHABLE), "store a mail"),
        TOO_LARGE_FOR_GRAPH(
                1,
                HealMode.AUTO,
                (id, request) -> Optional.of(TOO_LARGE),
                "move data/mailroot/queue to data/relaypod/withdrawn/*.eml",
                STORED_AS_FAILED,
                "sync var/mail/failed",
                "delete data/relaypod/withdrawn/*.eml"),
        TOO_LARGE_WITHOUT_HEALING(1, HealMode.OFF, (id, request) -> Optional.of(TOO_LARGE), STORED_AS_FAILED),
        LEFT_IN_TEMP(
                1,
                HealMode.AUTO,
                (id, request) -> Optional.empty(),
                "move data/mailroot/temp to data/mailroot/queue/*.eml"),
        REFUSED_FOR_ONE_RECIPIENT(1, HealMode.AUTO, (id, request) -> Optional.empty(), STORED_AS_FAILED);

        private final int messages;
        private final HealMode heal;
        private final GraphAnswers graph;
        private final List<String> steps;

        WayOfAMessage(int messages, HealMode heal, GraphAnswers graph, String... steps) {
            this.messages = messages;
            this.heal = heal;
            this.graph = graph;
            this.steps = List.of(steps);
        }

        private static Optional<String> answer(boolean fails, String error) {
            return Optional.of(error).filter(any -> fails);
        }

        boolean isAccepted() {
            return this != TOO_LARGE_FOR_GRAPH && this != TOO_LARGE_WITHOUT_HEALING;
        }

        int failed() {
            return isAccepted() ? this == REFUSED_FOR_ONE_RECIPIENT ? 1 : 0 : messages;
        }
    }

    @ParameterizedTest
    @EnumSource
    @Execution(ExecutionMode.CONCURRENT)
    void nothingElseHappensMeanwhile(WayOfAMessage way) throws Exception {
        endAtEachStep(way, play -> play.withoutRelay(Duration.ZERO));
    }

    @ParameterizedTest
    @EnumSource
    @Execution(ExecutionMode.CONCURRENT)
    void smtp2graphGoesOnMeanwhile(WayOfAMessage way) throws Exception {
        endAtEachStep(way, play -> play.withoutRelay(Duration.ofMinutes(30)));
    }

    /** What was written and not synced is lost, by the relay and by smtp2graph. */
    @ParameterizedTest
    @EnumSource(names = {"ACCEPTED", "GIVEN_UP_AND_THEN_ACCEPTED", "TOO_LARGE_FOR_GRAPH"})
    @Execution(ExecutionMode.CONCURRENT)
    void thePowerFails(WayOfAMessage way) throws Exception {
        endAtEachStep(way, Play::losePower);
    }

    private void endAtEachStep(WayOfAMessage way, Absence absence) throws Exception {
        Set<String> kinds = new TreeSet<>();
        boolean isEnded = true;
        // The steps of a start are the same for all.
        int first = way == WayOfAMessage.ACCEPTED ? 0 : stepsOfAStart(way);
        for (int last = first; isEnded; last++) {
            Path home = Files.createDirectory(directory.resolve("run" + last));
            try (Play play = new Play(home, way)) {
                isEnded = play.untilEnd(last);
                kinds.addAll(play.relay.orElseThrow().steps.kinds());
                absence.happen(play);
                play.restart(isEnded ? Integer.MAX_VALUE : last);
                play.untilDone();
                play.verify();
            }
        }
        assertThat(kinds).as("steps of %s", way).containsAll(way.steps);
    }

    /** What happens between the relay's end and its next start. */
    private interface Absence {
        void happen(Play play) throws Exception;
    }

    private int stepsOfAStart(WayOfAMessage way) throws Exception {
        try (Play play = new Play(Files.createDirectory(directory.resolve("start")), way)) {
            play.restart(Integer.MAX_VALUE);
            return play.relay.orElseThrow().steps.number();
        }
    }

    /** One message's way, or that of a few. For one thread. */
    private final class Play implements AutoCloseable {

        private final Path home;
        private final WayOfAMessage way;
        private final MutableClock clock = MutableClock.of(Instant.now(), ZoneOffset.UTC);
        private final ChangeTimes times = new ChangeTimes(clock);
        private final SimulatedChain chain;
        private final SimulatedQueue queue = new SimulatedQueue(clock);
        private final List<String> ids;
        // Files that nothing recorded at the relay's end, and that were gone at its next start.
        private final Map<Path, String> maybeTwice = new HashMap<>();
        private final Set<String> unrecorded = new HashSet<>();
        // Messages that Graph accepted before the relay had recorded their file.
        private final Set<String> acceptedUnseen = new HashSet<>();
        private Instant boot = Instant.EPOCH;
        private boolean isCut;
        private String endedAfter = "";
        private Optional<Relay> relay = Optional.empty();

        Play(Path home, WayOfAMessage way) throws Exception {
            this.home = home;
            this.way = way;
            this.chain = new SimulatedChain(home.resolve("data"), clock, times, way.graph);
            this.ids = IntStream.range(0, way.messages)
                    .mapToObj(number -> "Mail1764223496123-3b1c8d4e-1111-2222-3333-" + (100_000_000_000L + number))
                    .toList();
            if (way == WayOfAMessage.LEFT_IN_TEMP) {
                chain.dieInTemp();
            }
            List<MailAddress> recipients = new ArrayList<>(List.of(new MailAddress(RECIPIENT)));
            if (way == WayOfAMessage.REFUSED_FOR_ONE_RECIPIENT) {
                chain.refuse(REFUSED);
                recipients.add(new MailAddress(REFUSED));
            }
            for (String id : ids) {
                queue.accept(id, new MailAddress(SENDER), recipients, message());
            }
        }

        private static byte[] message() {
            return ("Received: from [10.0.0.1] (EHLO app)\r\n"
                            + "          by relay-0 (JAMES SMTP Server ) with ESMTP ID 5c0f\r\n"
                            + "          for <a@good.test>;\r\n          Fri, 27 Nov 2026 06:04:56 +0000 (UTC)\r\n"
                            + "From: " + SENDER + "\r\nTo: " + RECIPIENT + "\r\nSubject: hi\r\n\r\nhello\r\n"
                            + SimulatedChain.LAST_LINE + "\r\n")
                    .getBytes(StandardCharsets.US_ASCII);
        }

        /** @return whether the relay came to that step */
        boolean untilEnd(int last) throws Exception {
            restart(last);
            untilDone();
            ProcessSteps steps = relay.orElseThrow().steps;
            endedAfter = String.join(", ", steps.latest());

            return steps.isOver();
        }

        void restart(int last) throws Exception {
            endRelay();
            relay = Optional.of(new Relay(new ProcessSteps(last)));
            try {
                relay.get().start();
            } catch (EndOfProcess atTheStart) {
                assertThat(relay.get().steps.isOver()).isTrue();
            }
        }

        private void endRelay() throws IOException {
            if (relay.isPresent()) {
                relay.get().end();
            }
        }

        /** smtp2graph goes on while there is no relay. */
        void withoutRelay(Duration time) throws Exception {
            endRelay();
            for (Path file : chain.mails()) {
                if (!isRecorded(SimulatedChain.name(file))) {
                    maybeTwice.put(file, chain.id(file));
                    unrecorded.add(SimulatedChain.name(file));
                }
            }
            for (String id : ids) {
                if (chain.accepted(id) > 0 && !isRecorded(id)) {
                    acceptedUnseen.add(id);
                }
            }
            clock.add(A_START);
            chain.look();
            Instant end = clock.instant().plus(time);
            while (clock.instant().isBefore(end)) {
                chain.act();
                clock.add(Duration.ofSeconds(10));
            }
            maybeTwice.keySet().removeAll(chain.mails());
        }

        /** The machine stops, and starts again with half of what was not synced. */
        void losePower() throws Exception {
            withoutRelay(Duration.ZERO);
            isCut = true;
            relay.orElseThrow().files.losePower(KEPT);
            chain.losePower(KEPT);
            boot = clock.instant();
            chain.startSmtp2Graph();
        }

        /** @param name of a message or of its file */
        private boolean isRecorded(String name) throws IOException {
            Path journal = home.resolve("state/copies");
            return Files.exists(journal)
                    && Files.readAllLines(journal).stream()
                            .anyMatch(line -> (line.startsWith("SEEN") || line.startsWith("ANSWERED"))
                                    && line.contains(name)
                                    && line.endsWith("good.test"));
        }

        void untilDone() throws Exception {
            Instant latest = clock.instant().plus(LONGEST);
            Duration step = Duration.ofSeconds(1);
            int before = chain.changes();
            while (!relay.orElseThrow().steps.isOver() && !isDone()) {
                assertThat(clock.instant()).as(state()).isBefore(latest);
                boolean isAny = relay.get().pass();
                if (relay.get().steps.isOver()) {
                    return;
                }
                chain.act();
                boolean hasChanged = isAny || before != chain.changes();
                before = chain.changes();
                step = hasChanged ? Duration.ofSeconds(1) : step.multipliedBy(2);
                step = step.compareTo(LONGEST_STEP) > 0 ? LONGEST_STEP : step;
                clock.add(step);
            }
        }

        private boolean isDone() {
            return queue.isEmpty() && leftToBeSent().isEmpty();
        }

        // Without healing, smtp2graph keeps what it does not attempt again; it never looks into temp/ and failed/.
        private List<Path> leftToBeSent() {
            return way.heal == HealMode.OFF
                    ? List.of()
                    : chain.mails().stream()
                            .filter(file -> !chain.directory.temp().equals(file.getParent()))
                            .filter(file -> !isGivenUpUnseen(file))
                            .toList();
        }

        private boolean isGivenUpUnseen(Path file) {
            return chain.directory.failed().equals(file.getParent())
                    && (isCut || unrecorded.contains(SimulatedChain.name(file)));
        }

        private String state() {
            return "%s, ended after: %s; queue %s, files %s, maybe twice %s"
                    .formatted(way, endedAfter, queue.names(), chain.mails(), maybeTwice);
        }

        void verify() throws Exception {
            endRelay();
            for (String id : ids) {
                int most = isCut || maybeTwice.containsValue(id) || acceptedUnseen.contains(id) ? 2 : 1;
                assertThat(chain.accepted(id))
                        .as("%s of %s", id, state())
                        .isBetween(way.isAccepted() ? 1 : 0, way.isAccepted() ? most : 0);
            }
            assertThat(failed()).as(state()).hasSize(way.failed());
            assertThat(temporary()).as(state()).isEmpty();
        }

        private List<String> failed() throws Exception {
            MailRepository repository = repository(home);
            List<String> reasons = new ArrayList<>();
            for (MailKey key : ImmutableList.copyOf(repository.list())) {
                Mail mail = repository.retrieve(key);
                assertThat(mail.getErrorMessage()).as(state()).isNotBlank();
                if (!key.asString().endsWith("-cut")) {
                    reasons.add(mail.getErrorMessage());
                }
            }
            return reasons;
        }

        private Set<String> temporary() throws IOException {
            Set<String> names = new TreeSet<>();
            try (Stream<Path> all = Files.walk(home)) {
                all.filter(Files::isRegularFile)
                        .map(file -> home.relativize(file).toString())
                        .filter(name -> name.endsWith(".new") || name.endsWith(".tmp") || name.contains("relaypod/"))
                        .forEach(names::add);
            }
            return names;
        }

        @Override
        public void close() throws Exception {
            endRelay();
            chain.close();
        }

        /** The relay's process, from its start to its end. */
        private final class Relay {

            private final ProcessSteps steps;
            private final SteppedFileSystem files;
            private final List<AutoCloseable> parts = new ArrayList<>();
            private int seen;
            private Optional<GraphFollower> follower = Optional.empty();
            private Optional<SimulatedQueue.OpenedQueue> outgoing = Optional.empty();

            Relay(ProcessSteps steps) {
                this.steps = steps;
                this.files = new SteppedFileSystem(steps, home, times);
            }

            void start() throws Exception {
                chain.serve(steps);
                Smtp2GraphDirectory data = new Smtp2GraphDirectory(files.seen(chain.directory.root()));
                MailRepository failed = repository(files.seen(home));
                MailRepositoryStore repositories = mock(MailRepositoryStore.class);
                when(repositories.select(FAILED)).thenReturn(failed);
                GraphHold hold = new GraphHold(
                        () -> follower.orElseThrow(), new HoldSettings(2, Optional.empty(), "relay-1"), clock);
                HealSettings healing = new HealSettings(
                        way.heal, new FailedCopies(() -> repositories), (copy, move, error) -> {}, boot);
                follower = Optional.of(new GraphFollower(
                        data,
                        files.seen(home.resolve("state")),
                        clock,
                        new GraphErrors(),
                        List.<GraphListener>of(hold),
                        healing));
                GraphService service = new GraphService(follower);
                parts.add(service);
                seen = chain.changes();
                follow();
                SenderRateLimiter limiter = SenderRateLimiter.unlimited().behind(hold);
                outgoing = Optional.of(queue.open(steps, limiter));
                // A mail without Graph's answer is looked at again, and no thread waits.
                hold.stop();
                RemoteDelivery delivery = new RemoteDelivery(
                        localhost(),
                        domains(),
                        outgoing.get(),
                        limiter,
                        clock,
                        service::onEvent,
                        new RecordingMetricFactory(),
                        new NoopGaugeRegistry(),
                        new MemoryBudget(64 << 20),
                        Optional.of(hold));
                delivery.init(config(failed));
                parts.add(0, () -> delivery.destroy());
            }

            private FakeMailetConfig config(MailRepository failed) throws MessagingException {
                MailetContext context = mock(MailetContext.class);
                doAnswer(call -> failed.store(call.getArgument(0, Mail.class)))
                        .when(context)
                        .sendMail(any(Mail.class), anyString());
                FakeMailetConfig.Builder config =
                        FakeMailetConfig.builder().mailetName("RemoteDelivery").mailetContext(context);
                Map.of(
                                "gateway", "127.0.0.1",
                                "gatewayPort", String.valueOf(chain.port()),
                                "bounceProcessor", "bounces",
                                "delayTime", "5 * 1 minute",
                                "maxRetries", "50")
                        .forEach(config::setProperty);
                return config.build();
            }

            /** @return whether a mail was passed on */
            boolean pass() throws Exception {
                try {
                    follow();
                    boolean isAny = outgoing.orElseThrow().passOn();
                    follow();
                    return isAny;
                } catch (EndOfProcess here) {
                    return true;
                }
            }

            private void follow() throws InterruptedException {
                int changes = chain.changes();
                follower.orElseThrow().pass(changes == seen ? Duration.ZERO : UNTIL_AN_EVENT_COMES);
                follower.orElseThrow().pass(Duration.ZERO);
                seen = changes;
            }

            void end() throws IOException {
                for (AutoCloseable part : parts) {
                    try {
                        part.close();
                    } catch (EndOfProcess already) {
                        // what it has in memory is lost
                    } catch (Exception broken) {
                        throw new AssertionError(broken);
                    }
                }
                parts.clear();
                files.closeAll();
            }
        }
    }

    private MailRepository repository(Path home) {
        return new DirectoryMailRepository(
                FAILED,
                new FileSystem() {
                    @Override
                    public InputStream getResource(String url) throws IOException {
                        throw new FileNotFoundException(url);
                    }

                    @Override
                    public File getFile(String url) {
                        return home.resolve(url.replaceFirst("^file://", "")).toFile();
                    }

                    @Override
                    public File getBasedir() {
                        return home.toFile();
                    }
                },
                limits,
                event -> {});
    }

    private static DNSService localhost() {
        try {
            DNSService dns = mock(DNSService.class);
            when(dns.getAllByName(anyString())).thenReturn(List.of(InetAddress.getLoopbackAddress()));
            return dns;
        } catch (UnknownHostException never) {
            throw new UncheckedIOException(never);
        }
    }

    private static DomainList domains() throws Exception {
        DomainList domains = mock(DomainList.class);
        when(domains.getDefaultDomain()).thenReturn(Domain.LOCALHOST);
        return domains;
    }
}
