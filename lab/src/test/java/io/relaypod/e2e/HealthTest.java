package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import io.relaypod.lab.dns.DnsBehaviour;
import io.relaypod.lab.dns.LabDns;
import io.relaypod.lab.gateway.Fault;
import io.relaypod.lab.gateway.MailpitStandIn;
import io.relaypod.lab.gateway.Phase;
import io.relaypod.lab.gateway.Relaying;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The answers to Kubernetes' probes: a relay is unready only if it must not get mail. */
@Execution(ExecutionMode.CONCURRENT)
class HealthTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void aRelayThatAcceptsMailIsReadyAndListsItsChecks() throws Exception {
        try (LabWorld world = world().start()) {
            HttpResponse<String> ready = Scrape.get(world, "/readyz");

            assertThat(ready.statusCode()).isEqualTo(200);
            assertThat(ready.body())
                    .startsWith("ready\n")
                    .contains("DNS        healthy", "Queue      healthy", "SMTP       healthy", "Lifecycle  healthy");
            assertThat(Scrape.get(world, "/livez").body()).isEqualTo("live\n");
            assertThat(Scrape.get(world, "/readyz", "Accept", "application/json")
                            .body())
                    .startsWith("{\"ready\":true,\"checks\":[");
        }
    }

    @Test
    void anUnavailableGatewayDoesNotMakeTheRelayUnready() throws Exception {
        try (LabWorld world =
                world().with("UPSTREAM_PORT", Integer.toString(closedPort())).start()) {
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(Scrape.get(world, "/readyz").body())
                            .contains("Gateway    degraded", "not reached"));

            assertThat(Scrape.get(world, "/readyz").statusCode()).isEqualTo(200);
            assertThat(Scrape.of(world).value("relaypod_gateway_up")).isZero();
        }
    }

    @Test
    void dnsWithoutAnswersMakesTheRelayUnreadyWithTheReason() throws Exception {
        int silent = silentDnsPort();
        try (LabWorld world = world().with("DNS_SERVERS", "127.0.0.1:" + silent)
                .with("DNS_TIMEOUT", "100ms")
                .start()) {
            HttpResponse<String> ready = Scrape.get(world, "/readyz");

            assertThat(ready.statusCode()).isEqualTo(503);
            assertThat(ready.body())
                    .startsWith("not ready\n")
                    .contains("DNS        unhealthy  no answer from 127.0.0.1:" + silent);
            assertThat(Scrape.get(world, "/livez").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aRelayThatStartsWithoutDnsIsAliveAndBecomesReadyByItself() throws Exception {
        try (LabDns dns = LabDns.at(0, LabWorld.zone())) {
            dns.behave(".", DnsBehaviour.silence());
            try (LabWorld world = world().with(
                            "DNS_SERVERS", "127.0.0.1:" + dns.address().getPort())
                    .with("DNS_TIMEOUT", "100ms")
                    .start()) {
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(Scrape.of(world).value("relaypod_dns_up"))
                                .isZero());
                assertThat(Scrape.of(world).value("relaypod_ready")).isZero();
                assertThat(Scrape.get(world, "/livez").statusCode()).isEqualTo(200);

                dns.behaveNormally();

                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(Scrape.of(world).value("relaypod_ready"))
                                .as("without a request for /readyz")
                                .isEqualTo(1));
            }
        }
    }

    @Test
    void aRelayThatThenAcceptsRecipientsUncheckedStaysReady() throws Exception {
        try (LabWorld world = world().with("DNS_SERVERS", "127.0.0.1:" + silentDnsPort())
                .with("DNS_TIMEOUT", "100ms")
                .with("MX_ON_DNS_FAILURE", "accept")
                .start()) {
            HttpResponse<String> ready = Scrape.get(world, "/readyz");

            assertThat(ready.statusCode()).isEqualTo(200);
            assertThat(ready.body()).contains("DNS        degraded");
        }
    }

    @Test
    void aRelayIsUnreadyBeforeItStops() throws Exception {
        try (MailpitStandIn mailpit = MailpitStandIn.start(Relaying.none())) {
            // A message in flight, which the relay tries to finish before it stops.
            mailpit.fail(Phase.CONTENT, new Fault.Silence(PATIENCE));
            try (LabWorld world = world().with(
                            "UPSTREAM_PORT",
                            Integer.toString(mailpit.smtpAddress().getPort()))
                    .with("DRAIN_TIMEOUT", "1s")
                    .start()) {
                send(world);
                CompletableFuture<Void> stopped =
                        CompletableFuture.runAsync(() -> world.relay().close());
                await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).untilAsserted(() -> {
                    HttpResponse<String> ready = Scrape.get(world, "/readyz");
                    assertThat(ready.statusCode()).isEqualTo(503);
                    assertThat(ready.body()).contains("Lifecycle  unhealthy  draining");
                });
                stopped.join();
            }
        }
    }

    private static void send(LabWorld world) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<a@example.com>");
            smtp.send("RCPT TO:<guest@example.com>");
            assertThat(smtp.data("From: a@example.com\r\nTo: guest@example.com\r\n\r\nx\r\n".getBytes())
                            .code())
                    .isEqualTo(250);
        }
    }

    @Test
    void theOldestWaitingMessageAndItsReasonAreShown() throws Exception {
        try (MailpitStandIn mailpit = MailpitStandIn.start(Relaying.none())) {
            mailpit.answer(Phase.CONTENT, "451 4.3.5 Unable to process mail");
            try (LabWorld world = world().with(
                            "UPSTREAM_PORT",
                            Integer.toString(mailpit.smtpAddress().getPort()))
                    .start()) {
                send(world);
                await().atMost(PATIENCE).untilAsserted(() -> {
                    Scrape scrape = Scrape.of(world);
                    assertThat(scrape.value("relaypod_mail_deferred_total", "reason=\"next_hop\""))
                            .isEqualTo(1);
                    assertThat(scrape.value("relaypod_queue_size", "queue=\"outgoing\""))
                            .isEqualTo(1);
                    assertThat(scrape.value("relaypod_queue_oldest_seconds", "queue=\"outgoing\""))
                            .isPositive();
                });
                assertThat(Scrape.get(world, "/").body())
                        .contains(
                                "smtp2graph, Microsoft 365", "last attempt failed", "451 4.3.5 Unable to process mail");
            }
        }
    }

    @Test
    void metricsCanBeTurnedOff() throws Exception {
        try (LabWorld world = LabWorld.builder().with("METRICS_ADDR", "off").start()) {
            assertThat(world.relay().metricsPort()).isEmpty();
        }
    }

    private static LabWorld.Builder world() {
        return LabWorld.builder().with("METRICS_ADDR", "127.0.0.1:0");
    }

    private static int closedPort() throws Exception {
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return closed.getLocalPort();
        }
    }

    private static int silentDnsPort() throws Exception {
        try (DatagramSocket closed = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            return closed.getLocalPort();
        }
    }
}
