package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import io.relaypod.lab.broker.ArtemisProcess;
import io.relaypod.lab.gateway.MailpitStandIn;
import io.relaypod.lab.gateway.Relaying;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The metrics stay available while the broker hangs. */
class HangingBrokerTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    // Less than the timeout of a call to the broker.
    private static final Duration AT_ONCE = Duration.ofSeconds(10);

    @TempDir
    private Path directory;

    @Test
    void whileTheBrokerHangsMetricsAreServedAndTheGatewayIsPolled() throws Exception {
        try (MailpitStandIn mailpit = MailpitStandIn.start(Relaying.none());
                ArtemisProcess broker = ArtemisProcess.start(directory.resolve("broker"));
                LabWorld world = world(broker, mailpit)) {
            for (int i = 0; i < 3; i++) {
                send(world);
            }
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(
                                    Scrape.of(world).value("relaypod_queue_waiting_for_turn", "queue=\"outgoing\""))
                            .isPositive());
            assertThat(Scrape.of(world).value("relaypod_queue_longest_wait_for_turn_seconds", "queue=\"outgoing\""))
                    .isPositive();
            broker.freeze(true);
            try {
                mailpit.close();
                await().atMost(PATIENCE)
                        .untilAsserted(
                                () -> assertThat(Scrape.within(AT_ONCE, world).value("relaypod_gateway_up"))
                                        .isZero());
                assertThat(Scrape.within(AT_ONCE, world).value("relaypod_queue_waiting_for_turn", "queue=\"outgoing\""))
                        .isPositive();
            } finally {
                broker.freeze(false);
            }
        }
    }

    private LabWorld world(ArtemisProcess broker, MailpitStandIn mailpit) throws Exception {
        return LabWorld.builder()
                .with("METRICS_ADDR", "127.0.0.1:0")
                .with("UPSTREAM_PORT", Integer.toString(mailpit.smtpAddress().getPort()))
                .with("UPSTREAM_RATE_PER_SENDER", "1/m")
                .with(
                        "ALLOW_DOMAINS_FILE",
                        Files.writeString(directory.resolve("domains"), "example.com\n")
                                .toString())
                .with("DATA_DIR", directory.resolve("data").toString())
                .with("QUEUE_URL", broker.url())
                .with("QUEUE_USER", broker.user())
                .with("QUEUE_PASSWORD_FILE", broker.passwordFile().toString())
                .start();
    }

    private static void send(LabWorld world) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<office@example.com>");
            smtp.send("RCPT TO:<guest@example.com>");
            assertThat(smtp.data("From: office@example.com\r\nTo: guest@example.com\r\n\r\nx\r\n"
                                    .getBytes(StandardCharsets.US_ASCII))
                            .code())
                    .isEqualTo(250);
        }
    }
}
