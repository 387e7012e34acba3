package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.relaypod.lab.gateway.Fault;
import io.relaypod.lab.gateway.MailpitStandIn;
import io.relaypod.lab.gateway.Phase;
import io.relaypod.lab.gateway.Relaying;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A message that makes the gateway crash is quarantined. An outage quarantines no message. */
@Execution(ExecutionMode.CONCURRENT)
class PoisonMessageTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String POISON = "poison for the gateway";

    @TempDir
    private Path directory;

    @AutoClose
    private final MailpitStandIn mailpit = MailpitStandIn.start(Relaying.none());

    PoisonMessageTest() throws IOException {}

    @Test
    void theMessageIsQuarantinedWithTheReasonAndAllOthersArrive() throws Exception {
        mailpit.crashOn(POISON, Duration.ofMillis(300));
        AtomicInteger sent = new AtomicInteger();
        ScheduledExecutorService others = Executors.newSingleThreadScheduledExecutor();
        try (LabWorld world = world()) {
            others.scheduleWithFixedDelay(
                    () -> send(world, "mail number " + sent.incrementAndGet()), 0, 100, TimeUnit.MILLISECONDS);
            send(world, POISON);
            await().atMost(PATIENCE)
                    .until(() ->
                            world.relay().repository("file://var/mail/failed/").size() == 1);
            others.shutdown();
            assertThat(others.awaitTermination(10, TimeUnit.SECONDS)).isTrue();

            await().atMost(PATIENCE).until(() -> world.queuedMails() == 0);
            assertThat(mailpit.messages().stream()
                            .map(mail -> mail.text().split("mail number ")[1].strip())
                            .distinct())
                    .hasSize(sent.get());
            assertThat(world.relay().repository("file://var/mail/failed/").size())
                    .as("no other message is suspected")
                    .isEqualTo(1);
            assertThat(world.count("relaypod_mail_poison_total")).isEqualTo(1);
        } finally {
            others.shutdownNow();
        }
        assertThat(mailpit.crashes()).isBetween(5, 8);
        assertThat(Files.readString(envelope())).contains("the gateway was lost");
    }

    @Test
    void aLongOutageQuarantinesNoMessage() throws Exception {
        try (LabWorld world = world()) {
            send(world, "before");
            await().atMost(PATIENCE).until(() -> mailpit.messages().size() == 1);
            mailpit.fail(Phase.CONTENT, new Fault.ReplyLine("451 4.3.5 Unable to process mail"));
            for (int mail = 0; mail < 5; mail++) {
                send(world, "during");
            }
            await().atMost(PATIENCE).until(() -> world.count("relaypod_mail_deferred_total") > 30);
            assertThat(world.relay().repository("file://var/mail/failed/").size())
                    .isZero();
            mailpit.recover();
            await().atMost(PATIENCE).until(() -> mailpit.messages().size() == 6);
        }
    }

    private Path envelope() throws Exception {
        try (var files = Files.list(directory.resolve("data/var/mail/failed"))) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private LabWorld world() throws Exception {
        Path conf = Files.createDirectories(directory.resolve("james-conf"));
        for (String file : List.of("smtpserver.xml", "mailetcontainer.xml", "webadmin.properties")) {
            Files.writeString(
                    conf.resolve(file),
                    Files.readString(Path.of("../james-conf").resolve(file))
                            .replaceFirst("<delayTime>.*</delayTime>", "<delayTime>125 * 1 second</delayTime>"));
        }
        return LabWorld.builder()
                .with("UPSTREAM_PORT", Integer.toString(mailpit.smtpAddress().getPort()))
                .with("DATA_DIR", directory.resolve("data").toString())
                .with("JAMES_CONF", conf.toString())
                .start();
    }

    private static void send(LabWorld world, String text) {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<a@example.com>");
            smtp.send("RCPT TO:<b@example.com>");
            assertThat(smtp.data(("From: a@example.com\r\nTo: b@example.com\r\nSubject: x\r\n\r\n" + text + "\r\n")
                                    .getBytes(StandardCharsets.US_ASCII))
                            .code())
                    .isEqualTo(250);
        } catch (Exception failed) {
            throw new IllegalStateException(failed);
        }
    }
}
