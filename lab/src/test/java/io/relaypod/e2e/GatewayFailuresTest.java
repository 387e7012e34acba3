package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import io.relaypod.lab.gateway.Fault;
import io.relaypod.lab.gateway.MailpitStandIn;
import io.relaypod.lab.gateway.Phase;
import io.relaypod.lab.gateway.ReceivedMail;
import io.relaypod.lab.gateway.Relaying;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The gateway refuses, closes connections or is unavailable. Messages are retried, or stored for the operator. */
class GatewayFailuresTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int BACKLOG = 300;
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    @TempDir
    private Path directory;

    @AutoClose
    private final MailpitStandIn mailpit = MailpitStandIn.start(Relaying.none());

    GatewayFailuresTest() throws IOException {}

    @Test
    void aPermanentlyRefusedMessageIsStoredAndListedAfterARestart() throws Exception {
        mailpit.answer(Phase.CONTENT, "554 5.6.0 not this one");
        try (LabWorld world = world()) {
            send(world, "a@example.com", "b@example.com");
            await().atMost(PATIENCE)
                    .until(() ->
                            world.relay().repository("file://var/mail/failed/").size() == 1);
        }
        try (LabWorld world = world()) {
            assertThat(world.webadmin("/mailRepositories")).contains("var/mail/failed");
            String keys = world.webadmin("/mailRepositories/var%2Fmail%2Ffailed/mails");
            assertThat(keys).contains("Mail");
            String mail =
                    world.webadmin("/mailRepositories/var%2Fmail%2Ffailed/mails/" + keys.replaceAll("[\\[\\]\"]", ""));
            assertThat(mail).contains("b@example.com").contains("not this one");
        }
        assertThat(mailpit.connections()).as("one attempt, and no bounce sent").isEqualTo(1);
    }

    @Test
    void aRefusedMessageWithAnEmptySenderIsStoredToo() throws Exception {
        mailpit.answer(Phase.CONTENT, "554 5.6.0 not this one");
        try (LabWorld world = world()) {
            send(world, "", "b@example.com");
            await().atMost(PATIENCE)
                    .until(() ->
                            world.relay().repository("file://var/mail/failed/").size() == 1);
        }
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void aTemporarilyRefusedMessageIsRetried() throws Exception {
        mailpit.failNext(1, Phase.CONTENT, new Fault.ReplyLine("451 4.3.5 Unable to process mail"));
        try (LabWorld world = world()) {
            send(world, "a@example.com", "b@example.com");
            await().atMost(PATIENCE).until(() -> mailpit.messages().size() == 1);
        }
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void aConnectionLostDuringAMessageLosesNoMessage() throws Exception {
        mailpit.failNext(1, Phase.CONTENT, new Fault.Close());
        try (LabWorld world = world()) {
            send(world, "a@example.com", "b@example.com");
            await().atMost(PATIENCE).until(() -> mailpit.messages().size() == 1);
        }
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void anAttemptEndsIfTheGatewayDoesNotAnswerAndIsRepeated() throws Exception {
        mailpit.failNext(1, Phase.MAIL, new Fault.Silence(Duration.ofMinutes(5)));
        mailpit.failNext(1, Phase.DATA, new Fault.Silence(Duration.ofMinutes(5)));
        try (LabWorld world = world()) {
            send(world, "a@example.com", "b@example.com");
            await().atMost(PATIENCE.multipliedBy(2))
                    .until(() -> mailpit.messages().size() == 1 && world.relay().queuedMails() == 0);
        }
    }

    @Test
    void afterAnOutageOfTheGatewayEachMessageArrivesOnce() throws Exception {
        mailpit.answer(Phase.CONNECT, "421 4.3.2 back soon");
        try (LabWorld world = world()) {
            sendBacklog(world);
            mailpit.recover();
            await().atMost(PATIENCE.multipliedBy(2))
                    .until(() -> mailpit.messages().size() == BACKLOG
                            && world.relay().queuedMails() == 0);
        }
        assertThat(mailpit.messages()).extracting(ReceivedMail::recipients).doesNotHaveDuplicates();
        assertThat(mailpit.mostConnections())
                .as("12 at once and 8 from the queue, and some just closed")
                .isLessThan(50);
    }

    private static void sendBacklog(LabWorld world) throws Exception {
        for (int i = 0; i < BACKLOG; i++) {
            send(world, "a@example.com", "b" + i + "@example.com");
        }
        await().atMost(PATIENCE).until(() -> world.relay().queuedMails() == BACKLOG);
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void messagesWaitForAGatewayWhoseNameIsNotFound() throws Exception {
        try (LabWorld world = world("UPSTREAM_HOST", "no-such-host.invalid")) {
            send(world, "a@example.com", "b@example.com");
            await().during(Duration.ofSeconds(3))
                    .atMost(PATIENCE)
                    .until(() -> world.relay().queuedMails() == 1
                            && world.relay()
                                            .repository("file://var/mail/failed/")
                                            .size()
                                    == 0);
        }
    }

    @Test
    void aRecipientRefusedByTheGatewayDoesNotAffectTheOthers() throws Exception {
        mailpit.refuseNext(10, "first@example.com", "550 5.1.1 no such user");
        try (LabWorld world = world()) {
            send(world, "a@example.com", "first@example.com", "second@example.com");
            await().atMost(PATIENCE)
                    .until(() -> mailpit.messages().size() == 1
                            && world.relay()
                                            .repository("file://var/mail/failed/")
                                            .size()
                                    == 1);
        }
        assertThat(mailpit.messages())
                .extracting(ReceivedMail::recipients)
                .containsExactly(List.of("second@example.com"));
        assertThat(mailpit.messages().get(0).text())
                .as("the header lists no other recipient")
                .contains("To: second@example.com")
                .doesNotContain("To: first");
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void aDeferredRecipientGetsTheMessageLaterAndNoRecipientGetsItTwice() throws Exception {
        mailpit.refuseNext(2, "first@example.com", "450 4.2.1 not now");
        try (LabWorld world = world()) {
            send(world, "a@example.com", "first@example.com", "second@example.com");
            await().atMost(PATIENCE)
                    .until(() -> mailpit.messages().size() == 2 && world.relay().queuedMails() == 0);
        }
        assertThat(mailpit.messages())
                .extracting(ReceivedMail::recipients)
                .containsExactly(List.of("second@example.com"), List.of("first@example.com"));
        assertThat(mailpit.messages().get(1).text())
                .as("the header lists no other recipient")
                .contains("To: first@example.com")
                .doesNotContain("To: second", ", second");
    }

    @Test
    void mailForPostmasterIsStoredForTheOperator() throws Exception {
        try (LabWorld world = world()) {
            send(world, "a@example.com", "postmaster");
            await().atMost(PATIENCE)
                    .until(() -> world.relay()
                                    .repository("file://var/mail/postmaster/")
                                    .size()
                            == 1);
        }
        assertThat(mailpit.messages()).isEmpty();
    }

    private LabWorld world(String... variable) throws Exception {
        LabWorld.Builder builder = LabWorld.builder()
                .with("UPSTREAM_PORT", Integer.toString(mailpit.smtpAddress().getPort()))
                .with("DATA_DIR", directory.resolve("data").toString())
                .with("JAMES_CONF", quickRetries().toString());
        return variable.length == 0
                ? builder.start()
                : builder.with(variable[0], variable[1]).start();
    }

    /** A james-conf with retries short enough for a test. */
    private Path quickRetries() throws Exception {
        Path conf = Files.createDirectories(directory.resolve("james-conf"));
        for (String file : List.of("smtpserver.xml", "mailetcontainer.xml", "webadmin.properties")) {
            String text = Files.readString(Path.of("../james-conf").resolve(file));
            Files.writeString(
                    conf.resolve(file),
                    text.replaceFirst("<delayTime>.*</delayTime>", "<delayTime>125 * 1 second</delayTime>")
                            .replaceFirst("<timeout>.*</timeout>", "<timeout>" + TIMEOUT.toMillis() + "</timeout>"));
        }
        return conf;
    }

    private static void send(LabWorld world, String from, String... recipients) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<" + from + ">");
            for (String recipient : recipients) {
                smtp.send("RCPT TO:<" + recipient + ">");
            }
            assertThat(smtp.data(("From: a@example.com\r\nTo: " + String.join(", ", recipients)
                                            + "\r\nSubject: x\r\n\r\nx\r\n")
                                    .getBytes(StandardCharsets.US_ASCII))
                            .code())
                    .isEqualTo(250);
        }
    }
}
