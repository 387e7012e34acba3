package io.relaypod.server.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

import io.relaypod.address.MailDomain;
import io.relaypod.dns.DnsFailover;
import io.relaypod.dns.DnsSettings;
import io.relaypod.dns.LookupListener.LookupOutcome;
import io.relaypod.dns.StandaloneDns;
import io.relaypod.events.MailEvent.MailDelivered;
import io.relaypod.events.MailEvent.MailFailed;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.health.GatewayAnswers.GatewayFailure;
import io.relaypod.server.health.Readiness.ReadinessReport;
import io.relaypod.verdict.MxSettings.OnDnsFailure;
import org.apache.james.core.healthcheck.ComponentName;
import org.apache.james.core.healthcheck.HealthCheck;
import org.apache.james.core.healthcheck.Result;
import org.apache.james.core.healthcheck.ResultStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;

/** The health checks, with a clock of the test and a DNS server that answers when the test wants it to. */
class HealthChecksTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Instant NOW = Instant.parse("2026-11-27T12:00:00Z");

    private final AtomicLong now = new AtomicLong(Duration.ofDays(1).toNanos());
    private DatagramSocket server;
    private StandaloneDns dns;
    private volatile boolean isAnswering;

    @BeforeEach
    void start() throws IOException {
        server = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(this::serve, "health-test-dns");
        thread.setDaemon(true);
        thread.start();
        dns = new StandaloneDns(settings());
    }

    private DnsSettings settings() {
        return new DnsSettings(
                List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort())),
                Duration.ofMillis(200),
                1);
    }

    private void serve() {
        byte[] buffer = new byte[4096];
        while (!server.isClosed()) {
            try {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                server.receive(packet);
                Message query = new Message(Arrays.copyOf(buffer, packet.getLength()));
                Message reply = new Message(query.getHeader().getID());
                reply.getHeader().setFlag(Flags.QR);
                reply.addRecord(query.getQuestion(), Section.QUESTION);
                if (query.getQuestion().getType() == Type.NS) {
                    reply.addRecord(
                            Record.fromString(
                                    query.getQuestion().getName(),
                                    Type.NS,
                                    query.getQuestion().getDClass(),
                                    300,
                                    "a.root.",
                                    query.getQuestion().getName()),
                            Section.ANSWER);
                }
                byte[] wire = reply.toWire();
                if (isAnswering) {
                    server.send(new DatagramPacket(wire, wire.length, packet.getSocketAddress()));
                }
            } catch (IOException closed) {
                // the loop's condition ends it
            }
        }
    }

    @AfterEach
    void stop() {
        dns.close();
        server.close();
    }

    @Test
    void aRelayIsReadyOnlyBetweenItsStartAndItsStop() {
        Lifecycle lifecycle = new Lifecycle();
        assertThat(check(lifecycle).isUnHealthy()).isTrue();
        lifecycle.serving();
        assertThat(check(lifecycle).isHealthy()).isTrue();
        lifecycle.draining();
        assertThat(check(lifecycle).getCause())
                .hasValueSatisfying(cause -> assertThat(cause).contains("draining"));
    }

    @Test
    void aCheckThatFailsIsUnhealthyAndTheOthersAreReported() {
        Lifecycle lifecycle = new Lifecycle();
        lifecycle.serving();
        ReadinessReport report = new Readiness(Set.of(lifecycle, new HealthCheck() {
                    @Override
                    public ComponentName componentName() {
                        return new ComponentName("Broken");
                    }

                    @Override
                    public Publisher<Result> check() {
                        return Mono.error(new IllegalStateException("no memory"));
                    }
                }))
                .report();

        assertThat(report.isReady()).isFalse();
        assertThat(report.results())
                .extracting(result -> result.getComponentName().getName() + " "
                        + result.getCause().orElse("healthy"))
                .containsExactly("Broken no memory", "Lifecycle healthy");
    }

    @Test
    void aGatewayThatIsNotReachedDegradesTheRelay() throws IOException {
        int port;
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = closed.getLocalPort();
        }
        GatewayProbe probe = new GatewayProbe("127.0.0.1", port);
        GatewayHealthCheck health = new GatewayHealthCheck(probe);
        assertThat(check(health).isHealthy()).isTrue();

        probe.poll();

        assertThat(check(health).getStatus()).isEqualTo(ResultStatus.DEGRADED);
        assertThat(check(health).getCause())
                .hasValueSatisfying(cause -> assertThat(cause).contains("not reached"));
    }

    @Test
    void theLastDeliveryAndTheLastFailureHaveTheirTimesAndNoLocalPart() {
        GatewayAnswers answers = new GatewayAnswers(Clock.fixed(NOW, ZoneOffset.UTC));
        answers.onEvent(new MailDelivered("Mail1", List.of("b@b.example"), "127.0.0.1", "250 ok"));
        answers.onEvent(new MailFailed("Mail2", "a@a.example", List.of("b@b.example"), "550 b@b.example is unknown"));

        assertThat(answers.lastDelivered()).contains(NOW);
        assertThat(answers.lastFailure()).contains(new GatewayFailure(NOW, "550 ***@b.example is unknown"));
    }

    @Test
    void dnsIsUnhealthyBeforeThereIsAThreadToQueryItOn() {
        DnsFailover notStarted = new DnsFailover(settings(), MemoryBudget.ofThisProcess());

        assertThat(check(new DnsHealthCheck(notStarted, OnDnsFailure.TRY_LATER, now::get))
                        .isUnHealthy())
                .isTrue();
    }

    @Test
    void anAnswerOfTheLastMinuteIsEnoughAndAnOlderOneIsNot() {
        DnsHealthCheck health = new DnsHealthCheck(dns.servers(), OnDnsFailure.TRY_LATER, now::get);
        health.lookedUp("MX", LookupOutcome.FOUND, Duration.ZERO);
        assertThat(check(health).isHealthy()).isTrue();

        now.addAndGet(Duration.ofMinutes(1).toNanos());

        assertThat(check(health).isUnHealthy()).isTrue();
        assertThat(health.isUp()).isFalse();
    }

    @Test
    void aCheckThatIsCancelledLeavesNoErrorBehind() {
        DnsHealthCheck health = new DnsHealthCheck(dns.servers(), OnDnsFailure.TRY_LATER, now::get);
        List<Throwable> dropped = new CopyOnWriteArrayList<>();
        Hooks.onErrorDropped(dropped::add);
        try {
            Mono.from(health.check()).subscribe().dispose();
        } finally {
            Hooks.resetOnErrorDropped();
        }

        assertThat(dropped).isEmpty();
    }

    @Test
    void theNextProbeFindsAServerThatAnswersAgain() {
        DnsHealthCheck health = new DnsHealthCheck(dns.servers(), OnDnsFailure.TRY_LATER, now::get);
        assertThat(check(health).isUnHealthy()).isTrue();
        isAnswering = true;
        assertThat(check(health).isUnHealthy()).as("not probed again at once").isTrue();

        now.addAndGet(Duration.ofSeconds(10).toNanos());

        assertThat(check(health).isHealthy()).isTrue();
        assertThat(health.isUp()).isTrue();
    }

    @Test
    void staleVerdictsOrRecipientsWithoutACheckOnlyDegradeTheRelay() {
        DnsHealthCheck stale = new DnsHealthCheck(dns.servers(), OnDnsFailure.TRY_LATER, now::get);
        stale.staleVerdictUsed(new MailDomain("a.example"));
        assertThat(check(stale).getStatus()).isEqualTo(ResultStatus.DEGRADED);

        DnsHealthCheck accepting = new DnsHealthCheck(dns.servers(), OnDnsFailure.ACCEPT, now::get);
        assertThat(check(accepting).getStatus()).isEqualTo(ResultStatus.DEGRADED);
    }

    @Test
    void aRelayWithCachedVerdictsStaysReadyAndReportsSinceWhenDnsIsUnavailable() {
        DnsHealthCheck health =
                new DnsHealthCheck(dns.servers(), OnDnsFailure.TRY_LATER, now::get, Clock.fixed(NOW, ZoneOffset.UTC));
        AtomicBoolean isCached = new AtomicBoolean();
        health.answerFrom(isCached::get);
        assertThat(check(health).isUnHealthy()).as("nothing is cached").isTrue();

        isCached.set(true);

        assertThat(check(health).getStatus()).isEqualTo(ResultStatus.DEGRADED);
        assertThat(check(health).getCause())
                .hasValueSatisfying(
                        cause -> assertThat(cause).contains("since 2026-11-27T12:00:00Z; cached verdicts are used"));
    }

    @Test
    void aProbeThatCannotBeLoggedIsAnsweredAllTheSame() {
        Clock clock = mock(Clock.class);
        when(clock.instant()).thenThrow(new IllegalStateException("no time"));
        DnsHealthCheck health = new DnsHealthCheck(dns.servers(), OnDnsFailure.TRY_LATER, now::get, clock);

        assertThat(check(health).isUnHealthy()).isTrue();
    }

    @Test
    void anOutageIsReportedOnceWithItsBeginningAndItsDuration() {
        AtomicReference<Instant> time = new AtomicReference<>(NOW.plusMillis(300));
        Clock clock = mock(Clock.class);
        when(clock.instant()).thenAnswer(call -> time.get());
        Availability service = new Availability(clock);
        assertThat(service.returned()).isEmpty();
        assertThat(service.lost()).hasValue(NOW);
        time.set(NOW.plusSeconds(90));
        assertThat(service.lost()).as("it is reported already").isEmpty();
        assertThat(service.unavailableSince()).hasValue(NOW);
        assertThat(service.returned()).hasValue(Duration.ofSeconds(90));
        assertThat(service.isAvailable()).isTrue();

        assertThat(service.lost()).isPresent();
        time.set(NOW);
        assertThat(service.returned()).as("the clock was set back").hasValue(Duration.ZERO);
    }

    @Test
    void fiveFailuresInARowCauseAProbe() {
        DnsHealthCheck health = new DnsHealthCheck(dns.servers(), OnDnsFailure.TRY_LATER, now::get);
        health.lookedUp("MX", LookupOutcome.FOUND, Duration.ZERO);
        for (int failure = 0; failure < 5; failure++) {
            assertThat(health.isUp()).isTrue();
            health.lookedUp("MX", LookupOutcome.TIMEOUT, Duration.ZERO);
        }

        assertThat(check(health).isUnHealthy()).isTrue();
    }

    private static Result check(HealthCheck health) {
        return Mono.from(health.check()).block(PATIENCE);
    }
}
