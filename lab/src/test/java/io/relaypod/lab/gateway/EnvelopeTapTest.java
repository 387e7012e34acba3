package io.relaypod.lab.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import io.relaypod.lab.gateway.EnvelopeTap.Envelope;
import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EnvelopeTapTest {

    private static final byte[] MAIL =
            "Subject: s\r\n\r\nMAIL FROM:<no@command.test>\r\nDATA\r\n".getBytes(StandardCharsets.US_ASCII);

    private MailpitStandIn mailpit;
    private EnvelopeTap tap;

    @BeforeEach
    void start() throws IOException {
        mailpit = MailpitStandIn.start(Relaying.none());
        tap = EnvelopeTap.start(Mailpit.ANY_PORT, mailpit.smtpAddress());
    }

    @AfterEach
    void stop() {
        tap.close();
        mailpit.close();
    }

    @Test
    void recordsTheEnvelopeUnderMailpitsId() throws IOException {
        try (SmtpConversation smtp = SmtpConversation.connect(tap.address())) {
            smtp.send("EHLO client.test");
            smtp.send("MAIL FROM:<first@contoso.com>");
            smtp.send("RCPT TO:<>");
            assertThat(smtp.data(MAIL))
                    .as("no recipient yet")
                    .extracting(Reply::code)
                    .isEqualTo(503);
            smtp.send("MAIL FROM:<a@contoso.com> SIZE=100");
            smtp.send("RCPT TO:<b@example.com>");
            smtp.send("RCPT TO:<c@example.com> NOTIFY=NEVER");
            assertThat(smtp.data(MAIL).code()).isEqualTo(250);
        }

        assertThat(tap.envelopes())
                .containsExactly(Map.entry(
                        mailpit.messages().get(0).id(),
                        new Envelope("a@contoso.com", List.of("b@example.com", "c@example.com"))));
    }

    @Test
    void keepsPipelinedCommandsAndTheirRepliesTogether() throws IOException {
        try (SmtpConversation smtp = SmtpConversation.connect(tap.address())) {
            smtp.pipeline(
                    "EHLO client.test",
                    "MAIL FROM:<a@contoso.com>",
                    "RCPT TO:<bad>",
                    "RCPT TO:<b@example.com>",
                    "DATA");
            smtp.content(MAIL);
        }

        assertThat(tap.envelopes().values()).containsExactly(new Envelope("a@contoso.com", List.of("b@example.com")));
    }

    @Test
    void recordsNoEnvelopeOfARefusedMessage() throws IOException {
        mailpit.answer(Phase.CONTENT, "451 4.3.0 no");

        try (SmtpConversation smtp = SmtpConversation.connect(tap.address())) {
            smtp.send("EHLO client.test");
            smtp.send("MAIL FROM:<a@contoso.com>");
            smtp.send("RCPT TO:<b@example.com>");
            assertThat(smtp.data(MAIL).code()).isEqualTo(451);
        }

        assertThat(tap.envelopes()).isEmpty();
    }

    @Test
    void recordsTheEnvelopeIfTheClientDoesNotWaitForTheReply() throws IOException {
        try (SmtpConversation smtp = SmtpConversation.connect(tap.address())) {
            smtp.send("EHLO client.test");
            smtp.send("MAIL FROM:<a@contoso.com>");
            smtp.send("RCPT TO:<b@example.com>");
            smtp.send("DATA");
            smtp.sendRaw("Subject: s\r\n\r\nx\r\n.\r\n".getBytes(StandardCharsets.US_ASCII));
        }

        await().untilAsserted(() -> assertThat(tap.envelopes()).hasSize(1));
    }

    @Test
    void closesTheClientsConnectionWhenMailpitCloses() throws IOException {
        mailpit.fail(Phase.CONTENT, new Fault.Close());

        try (SmtpConversation smtp = SmtpConversation.connect(tap.address())) {
            smtp.send("EHLO client.test");
            smtp.send("MAIL FROM:<a@contoso.com>");
            smtp.send("RCPT TO:<b@example.com>");
            assertThatThrownBy(() -> smtp.data(MAIL)).isInstanceOf(IOException.class);
        }
    }
}
