package io.relaypod.lab.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.relaypod.lab.graph.GraphFailure;
import io.relaypod.lab.graph.GraphMail;
import io.relaypod.lab.graph.GraphStandIn;
import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import org.apache.james.utils.UpdatableTickingClock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class Smtp2GraphStandInTest {

    private static final String MAIL = "From: a@contoso.com\r\nTo: b@example.com\r\nSubject: s\r\n\r\nhello\r\n";

    private GraphStandIn graph;
    private Smtp2GraphStandIn gateway;

    @BeforeEach
    void start() throws IOException {
        graph = GraphStandIn.start();
        gateway = Smtp2GraphStandIn.start(graph.address(), Retries.fast());
    }

    @AfterEach
    void stop() {
        gateway.close();
        graph.close();
    }

    @Test
    void sendsAnAcceptedMessageUnchangedToGraph() throws IOException {
        String mail = MAIL + "\u00e4\u00ff bare\nlf\r\n..dots\r\n";

        assertThat(send("a@contoso.com", List.of("b@example.com"), mail)).hasToString("250 OK: message queued");

        settle();
        GraphMail sent = onlySent();
        assertThat(sent.mailbox()).isEqualTo("a@contoso.com");
        assertThat(sent.text()).isEqualTo(mail);
        assertThat(sent.deliveredTo()).containsExactly("b@example.com");
    }

    @Test
    void acceptsManyRecipientsAndRemovesDuplicates() throws IOException {
        List<String> recipients = IntStream.range(0, 600)
                .mapToObj(i -> "r" + i % 300 + "@example.com")
                .toList();

        send("a@contoso.com", recipients, MAIL);

        settle();
        assertThat(onlySent().deliveredTo()).hasSize(301).contains("r0@example.com", "r299@example.com");
    }

    @Test
    void addsABccForRecipientsThatToAndCcDoNotList() throws IOException {
        send(
                "a@contoso.com",
                List.of("B@example.com", "c@example.com", "d@example.com"),
                "Cc: D <d@example.com>\r\n" + MAIL);

        settle();
        assertThat(onlySent().text()).startsWith("Bcc: c@example.com\r\nCc: ");
        assertThat(onlySent().deliveredTo()).containsExactly("b@example.com", "d@example.com", "c@example.com");
    }

    @Test
    void addsNoBccIfTheMessageHasOne() throws IOException {
        send("a@contoso.com", List.of("b@example.com", "c@example.com"), "Bcc: x@example.com\r\n" + MAIL);

        settle();
        assertThat(onlySent().deliveredTo())
                .as("c is lost, x was never asked for")
                .containsExactly("b@example.com", "x@example.com");
    }

    @Test
    void deliversToTheHeadersRecipientsAndNotToTheEnvelopes() throws IOException {
        send("a@contoso.com", List.of("c@example.com"), MAIL);

        settle();
        assertThat(onlySent().deliveredTo()).containsExactly("b@example.com", "c@example.com");
    }

    @Test
    void sendsFromTheMailboxOfTheHeaderAndNotOfTheEnvelope() throws IOException {
        send("bounce@contoso.com", List.of("b@example.com"), MAIL);
        settle();
        assertThat(onlySent().mailbox()).isEqualTo("a@contoso.com");
    }

    @Test
    void sendsFromTheFirstLineOfSenderOrFrom() throws IOException {
        send("a@contoso.com", List.of("b@example.com"), "Sender: \"S, T\" <s@contoso.com>\r\n" + MAIL);
        settle();
        assertThat(onlySent().mailbox()).isEqualTo("s@contoso.com");
    }

    @Test
    void acceptsTheEmptySender() throws IOException {
        assertThat(send("", List.of("b@example.com"), MAIL).code()).isEqualTo(250);
        settle();
        assertThat(onlySent().mailbox()).isEqualTo("a@contoso.com");
    }

    @Test
    void addsAFromOfTheEnvelopeIfThereIsNone() throws IOException {
        send("a@contoso.com", List.of("b@example.com"), "To: b@example.com\r\n\r\nhello\r\n");
        settle();
        assertThat(onlySent().text()).startsWith("From: a@contoso.com\r\nTo: ");
    }

    @Test
    void aMessageWhoseFromIsFoldedBeforeTheAddressIsStuck() throws IOException {
        send("a@contoso.com", List.of("b@example.com"), MAIL.replace("From: ", "From: Printer\r\n "));

        settle();
        assertThat(gateway.stuck()).singleElement().asString().startsWith("From: Printer\r\n a@contoso.com");
        assertThat(graph.requests()).isZero();
    }

    @Test
    void messagesThatAreTooLargeOrDeniedAreStuck() throws IOException {
        send("a@contoso.com", List.of("b@example.com"), MAIL + "x".repeat(3 * 1024 * 1024) + "\r\n");
        settle();
        assertThat(gateway.stuck()).hasSize(1);

        graph.failNext(1, GraphFailure.accessDenied());
        send("a@contoso.com", List.of("b@example.com"), MAIL);
        settle();
        assertThat(gateway.stuck()).hasSize(2);
        assertThat(graph.requests()).as("neither is retried").isEqualTo(2);
    }

    @Test
    void aThrottledMessageIsStuckUntilTheNextStart() throws IOException {
        graph.failNext(2, GraphFailure.throttled(Duration.ofSeconds(1)));

        send("a@contoso.com", List.of("b@example.com"), MAIL);

        settle();
        assertThat(gateway.stuck()).containsExactly(MAIL);
        assertThat(graph.mails()).isEmpty();
        assertThat(graph.requests()).as("the third was empty").isEqualTo(3);

        gateway.kill();
        gateway.up();
        settle();
        assertThat(onlySent().text()).isEqualTo(MAIL);
    }

    @Test
    void aMessageThrottledAtAllShortRetriesIsSentByALaterOne() throws IOException {
        graph.failNext(4, GraphFailure.unavailable());

        send("a@contoso.com", List.of("b@example.com"), MAIL);

        settle();
        assertThat(onlySent().text()).isEqualTo(MAIL);
        assertThat(gateway.stuck()).isEmpty();
    }

    @Test
    void isKilledAtTheGivenPointsAndLeavesItsFiles() throws IOException {
        gateway.killAt(KillPoint.BEFORE_QUEUE);
        send("a@contoso.com", List.of("b@example.com"), MAIL);
        await().until(gateway::isDead);
        assertThat(mails("temp")).hasSize(1);

        gateway.up();
        gateway.killAt(KillPoint.BEFORE_REQUEST);
        send("a@contoso.com", List.of("b@example.com"), MAIL);
        await().until(gateway::isDead);
        assertThat(mails("queue")).hasSize(1);
        assertThat(graph.mails()).isEmpty();

        gateway.killAt(KillPoint.BEFORE_UNLINK);
        gateway.up();
        await().until(gateway::isDead);
        assertThat(mails("queue")).hasSize(1);
        assertThat(graph.mails()).hasSize(1);

        gateway.killAt(KillPoint.AFTER_UNLINK);
        gateway.up();
        await().until(gateway::isDead);
        assertThat(mails("queue")).isEmpty();
        assertThat(graph.mails()).as("sent twice").hasSize(2);
    }

    @Test
    void retriesByTheClockAndThenGivesUp() throws IOException {
        UpdatableTickingClock clock = new UpdatableTickingClock(Instant.parse("2026-01-01T00:00:00Z"));
        try (Smtp2GraphStandIn slow = Smtp2GraphStandIn.builder(graph.address())
                .withRetries(Retries.byTestClock())
                .withClock(clock)
                .start()) {
            graph.refuse(GraphFailure.internalError());
            send(slow, "a@contoso.com", List.of("b@example.com"), MAIL);
            for (int attempt = 1; attempt <= 4; attempt++) {
                int attempts = attempt;
                await().until(() -> graph.requests() == attempts);
                await().until(() -> lines(slow) == attempts);
                assertThat(slow.failed()).hasSize(attempts == 4 ? 1 : 0);
                clock.setInstant(clock.instant().plus(Duration.ofMinutes(6)));
            }
            assertThat(slow.pending()).isZero();
        }
    }

    @Test
    void beginsAnotherErrorLogIfOneIsFull() throws IOException {
        try (Smtp2GraphStandIn small = Smtp2GraphStandIn.builder(graph.address())
                .withRetries(Retries.fast())
                .withLogsOf(600)
                .start()) {
            graph.refuse(GraphFailure.accessDenied());
            for (int mail = 0; mail < 5; mail++) {
                send(small, "a@contoso.com", List.of("b@example.com"), MAIL);
            }
            await().until(() -> small.pending() == 0);
            assertThat(small.data().resolve("logs/error1.log")).isNotEmptyFile();
        }
    }

    @Test
    void retriesThreeTimesAfterOtherFailuresAndThenGivesUp() throws IOException {
        graph.failNext(3, GraphFailure.internalError());
        send("a@contoso.com", List.of("b@example.com"), MAIL);
        settle();
        assertThat(graph.mails()).hasSize(1);

        graph.failNext(4, GraphFailure.internalError());
        send("a@contoso.com", List.of("b@example.com"), MAIL);
        settle();
        assertThat(graph.mails()).hasSize(1);
        assertThat(gateway.failed()).hasSize(1);
    }

    @Test
    void givesUpAMessageWithInvalidRecipients() throws IOException {
        send("a@contoso.com", List.of("b@example.com"), MAIL.replace("b@example.com", "undisclosed-recipients:;"));

        settle();
        assertThat(gateway.failed()).hasSize(1);
    }

    @Test
    void givesUpIfGraphIsUnreachable() throws IOException {
        graph.close();

        assertThat(send("a@contoso.com", List.of("b@example.com"), MAIL).code()).isEqualTo(250);

        settle();
        assertThat(gateway.failed()).hasSize(1);
    }

    @Test
    void closesAndOpensTheSamePort() throws IOException {
        graph.failNext(1, GraphFailure.accessDenied());
        send("a@contoso.com", List.of("b@example.com"), MAIL);
        settle();

        gateway.down();
        assertThatThrownBy(() -> SmtpConversation.connect(gateway.address())).isInstanceOf(ConnectException.class);
        gateway.up();

        settle();
        assertThat(gateway.stuck()).as("sent at the next start").isEmpty();
        assertThat(send("a@contoso.com", List.of("b@example.com"), MAIL).code()).isEqualTo(250);
        settle();
        assertThat(graph.mails()).hasSize(2);
    }

    @Test
    void acceptsMessagesFromMailpit() throws IOException {
        try (Mailpit mailpit = MailpitStandIn.start(Relaying.to(gateway.address()));
                SmtpConversation smtp = SmtpConversation.connect(mailpit.smtpAddress())) {
            smtp.send("EHLO client.test");
            smtp.send("MAIL FROM:<a@contoso.com>");
            smtp.send("RCPT TO:<b@example.com>");
            assertThat(smtp.data(bytes(MAIL)).code()).isEqualTo(250);
            settle();
            assertThat(onlySent().text()).endsWith(MAIL);

            gateway.down();
            smtp.send("MAIL FROM:<a@contoso.com>");
            smtp.send("RCPT TO:<b@example.com>");
            assertThat(smtp.data(bytes(MAIL))).hasToString("451 4.3.5 Unable to process mail");
        }
    }

    private Reply send(String sender, List<String> recipients, String mail) throws IOException {
        return send(gateway, sender, recipients, mail);
    }

    private static Reply send(Smtp2Graph to, String sender, List<String> recipients, String mail) throws IOException {
        try (SmtpConversation smtp = SmtpConversation.connect(to.address())) {
            smtp.send("EHLO client.test");
            smtp.send("MAIL FROM:<" + sender + ">");
            for (String recipient : recipients) {
                smtp.send("RCPT TO:<" + recipient + ">");
            }
            return smtp.data(bytes(mail));
        }
    }

    private List<String> mails(String folder) {
        return Smtp2GraphFiles.mails(gateway.data().resolve("mailroot").resolve(folder));
    }

    private static long lines(Smtp2Graph of) throws IOException {
        try (Stream<String> lines = Files.lines(of.data().resolve("logs/error.log"))) {
            return lines.count();
        }
    }

    private void settle() {
        await().until(() -> gateway.pending() == 0);
    }

    private GraphMail onlySent() {
        assertThat(graph.mails()).hasSize(1);
        return graph.mails().get(0);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
