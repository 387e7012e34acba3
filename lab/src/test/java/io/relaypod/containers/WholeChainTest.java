package io.relaypod.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import io.relaypod.lab.Engine;
import io.relaypod.lab.gateway.MailpitRelease;
import io.relaypod.lab.graph.DeliveryRule;
import io.relaypod.lab.graph.GraphMail;
import io.relaypod.lab.scenario.BookingEvent;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * relaypod, Mailpit and smtp2graph, each in a container: the recipients of Graph's deliveries, and the messages after a
 * restart of each program.
 */
class WholeChainTest {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration BETWEEN_TRIES = Duration.ofSeconds(2);
    private static final int CLIENTS = 3;
    private static final int BETWEEN_RESTARTS = 30;
    private static final String SENDER = ConfirmedMails.SENDER;
    private static final String BOOKER = "booker@booker.example";

    private Chain chain;

    @BeforeAll
    static void findThem() {
        Engine.requireRelay();
    }

    @BeforeEach
    void start() throws Exception {
        chain = Chain.start(release());
    }

    MailpitRelease release() {
        return MailpitRelease.pinned();
    }

    @AfterEach
    void stop() {
        chain.close();
    }

    @Test
    void graphDeliversOnlyToTheEnvelope() throws Exception {
        send(
                "From: " + SENDER
                        + "\nTo: guest@example.com, spammer@nonexistent-domain.xyz\nSubject: to a good and a bad one\n\nHello.\n",
                "guest@example.com",
                "spammer@nonexistent-domain.xyz");

        GraphMail mail = onlyMail();
        assertThat(mail.mailbox()).isEqualTo(SENDER);
        assertThat(mail.subject()).isEqualTo("to a good and a bad one");
        assertThat(mail.deliveredTo()).containsExactly("guest@example.com");
        assertThat(mail.text()).doesNotContain("nonexistent-domain").contains("\r\n\r\nHello.");
    }

    @Test
    void noMessageIsLostIfAnyProgramIsRestartedUnderLoad() throws Exception {
        try (ConfirmedMails mails = ConfirmedMails.sentTo(chain.smtpAddress(), CLIENTS)) {
            for (Runnable restart :
                    List.<Runnable>of(chain::startMailpitAgain, chain::startSmtp2GraphAgain, chain::startRelayAgain)) {
                awaitMore(mails);
                restart.run();
            }
            awaitMore(mails);
            mails.close();

            Set<String> missing = new HashSet<>(mails.subjects());
            await().atMost(PATIENCE)
                    .pollInterval(BETWEEN_TRIES)
                    // After a restart the relay may not answer yet.
                    .ignoreExceptionsInstanceOf(IOException.class)
                    .untilAsserted(() -> {
                        chain.retryNow();
                        chain.graph().mails().forEach(mail -> missing.remove(mail.subject()));
                        assertThat(missing).isEmpty();
                    });
        }
    }

    /**
     * Needs the released smtp2graph. Without the relay's changes it would never send the first message, and Graph would
     * deliver the second to the booker.
     */
    @Test
    void theReleasedSmtp2graphSendsFoldedSendersAndDeliversToTheEnvelope() throws Exception {
        Engine.requireSmtp2Graph();
        send(
                "From: =?utf-8?q?A_calendar_with_a_name_that_is_long_enough?=\n =?utf-8?q?_to_be_folded_by_whoever_prints_it?=\n <"
                        + SENDER + ">\nTo: guest@example.com\nSubject: folded\n\nHello.\n",
                "guest@example.com");
        GraphMail folded = onlyMail();
        assertThat(folded.mailbox()).isEqualTo(SENDER);
        assertThat(folded.deliveredTo()).containsExactly("guest@example.com");
        chain.graph().clear();

        String notification = """
            From: %s
            To: %s
            Subject: New booking
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary="b"

            --b
            Content-Type: text/plain

            Somebody has booked an hour with you.
            --b
            Content-Type: text/calendar; method=REQUEST

            %s--b--
            """.formatted(
                        SENDER,
                        LabWorld.ORGANISER,
                        new BookingEvent("1@organiser.example", LabWorld.ORGANISER, "Booker", BOOKER).lines());
        assertThat(DeliveryRule.recipients(bytes(notification)))
                .as("without the relay")
                .containsExactly(BOOKER);
        send(notification, LabWorld.ORGANISER);
        assertThat(onlyMail().deliveredTo()).containsExactly(LabWorld.ORGANISER);
        chain.graph().clear();

        send(
                "From: " + SENDER + "\nTo: guest@example.com\nSubject: with a blind copy\n\nHello.\n",
                "guest@example.com",
                "other@example.com");
        await().atMost(PATIENCE).until(() -> chain.graph().mails().size() == 2);
        assertThat(chain.graph().mails().stream().map(GraphMail::deliveredTo))
                .as("a blind recipient has a copy of its own")
                .containsExactlyInAnyOrder(List.of("guest@example.com"), List.of("other@example.com"));
    }

    private void send(String mail, String... recipients) throws Exception {
        try (SmtpConversation smtp = chain.connect()) {
            smtp.send("MAIL FROM:<" + SENDER + ">");
            for (String recipient : recipients) {
                smtp.send("RCPT TO:<" + recipient + ">");
            }
            assertThat(smtp.data(bytes(mail)).code())
                    .as("%s", smtp.transcript())
                    .isEqualTo(250);
        }
    }

    private GraphMail onlyMail() {
        await().atMost(PATIENCE).until(() -> !chain.graph().mails().isEmpty());
        assertThat(chain.graph().mails()).hasSize(1);
        return chain.graph().mails().get(0);
    }

    private static void awaitMore(ConfirmedMails mails) {
        int sofar = mails.subjects().size();
        await().atMost(PATIENCE).until(() -> mails.subjects().size() > sofar + BETWEEN_RESTARTS);
    }

    private static byte[] bytes(String mail) {
        return mail.replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII);
    }
}
