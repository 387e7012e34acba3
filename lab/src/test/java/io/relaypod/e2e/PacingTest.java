package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

import io.relaypod.lab.gateway.MailpitStandIn;
import io.relaypod.lab.gateway.Relaying;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rate limit of a mailbox: messages beyond it wait, and messages of other mailboxes do not. */
class PacingTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    private Path directory;

    @AutoClose
    private final MailpitStandIn mailpit = MailpitStandIn.start(Relaying.none());

    PacingTest() throws IOException {}

    @Test
    void messagesBeyondAMailboxsRateWaitAndOthersDoNot() throws Exception {
        try (LabWorld world = world("1/h")) {
            send(world, "app@example.com", "Office <office@example.com>", "office 1");
            // Several threads process the spool, so the next message is sent only after the first has its slot.
            await().atMost(PATIENCE).until(() -> mailpit.messages().size() == 1);
            send(world, "app@example.com", "Office <office@example.com>", "office 2");
            send(world, "app@example.com", "Office <office@example.com>", "office 3");
            send(world, "app@example.com", "sales@example.com", "sales 1");
            await().atMost(PATIENCE)
                    .until(() -> mailpit.messages().size() == 2 && world.relay().queuedMails() == 2);
            assertThat(texts()).contains("Subject: office 1", "Subject: sales 1");

            String listed = world.webadmin("/mailQueues/outgoing/mails");
            assertThat(listed).contains("nextDelivery").contains("app@example.com");
        }
        // Messages that waited are in the queue at the next start. Without a rate limit they are delivered at once.
        try (LabWorld world = world("")) {
            await().atMost(PATIENCE)
                    .until(() -> mailpit.messages().size() == 4 && world.relay().queuedMails() == 0);
        }
        assertThat(texts()).contains("Subject: office 2", "Subject: office 3");
    }

    private String texts() {
        return String.join(
                "\n", mailpit.messages().stream().map(message -> message.text()).toList());
    }

    private LabWorld world(String rate) throws Exception {
        return LabWorld.builder()
                .with("UPSTREAM_PORT", Integer.toString(mailpit.smtpAddress().getPort()))
                .with("DATA_DIR", directory.resolve("data").toString())
                .with("UPSTREAM_RATE_PER_SENDER", rate)
                .start();
    }

    private static void send(LabWorld world, String envelope, String from, String subject) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<" + envelope + ">");
            smtp.send("RCPT TO:<b@example.com>");
            String mail = "From: " + from + "\r\nTo: b@example.com\r\nSubject: " + subject + "\r\n\r\nx\r\n";
            assertThat(smtp.data(mail.getBytes(StandardCharsets.US_ASCII)).code())
                    .isEqualTo(250);
        }
    }
}
