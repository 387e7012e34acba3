package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import io.relaypod.server.settings.BareNewline;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A message ends only at CRLF, dot, CRLF. Another sequence that some servers take for the end is part of the message,
 * or the message is refused. MailDataTest of the server module has all combinations. These tests have the sequences of
 * docs/smtp.md, from a client's socket to the gateway.
 */
class SmtpSmugglingTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String END = "\r\n.\r\n";
    private static final String HEAD = "From: a@example.com\r\nTo: b@example.com\r\nSubject: one\r\n\r\nbody";
    private static final String SMUGGLED =
            "MAIL FROM:<smuggler@example.com>\r\nRCPT TO:<victim@example.com>\r\nDATA\r\n"
                    + "From: ceo@example.com\r\nTo: victim@example.com\r\nSubject: two\r\n\r\nsmuggled";

    private static LabWorld refusing;
    private static LabWorld normalizing;

    private final LoggedProblems log = new LoggedProblems();

    @BeforeAll
    static void start() throws Exception {
        refusing = LabWorld.builder().with("MAX_MESSAGE_SIZE", "4K").start();
        normalizing = LabWorld.builder()
                .with("MAX_MESSAGE_SIZE", "4K")
                .with("BARE_NEWLINE", "normalize")
                .start();
    }

    @AfterAll
    static void stop() {
        refusing.close();
        normalizing.close();
    }

    @BeforeEach
    void empty() {
        refusing.mailpit().clear();
        normalizing.mailpit().clear();
    }

    @AfterEach
    void nothingWentWrong() {
        log.assertNone();
        log.close();
    }

    /** The table of docs/smtp.md. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "\\n.\\n         | 554",
                "\\n.\\r\\n      | 554",
                "\\n.\\r         | 554",
                "\\r.\\n         | 554",
                "\\r.\\r         | 554",
                "\\r.\\r\\n      | 554",
                "\\r\\n.\\n      | 554",
                "\\r\\n.\\r      | 554",
                "\\r\\n\\0.\\r\\n | 250",
                "\\r\\n.\\0\\r\\n | 250",
                "\\r\\n. \\r\\n   | 250",
                "\\r\\n..\\r\\n  | 250",
                ".\\r\\n         | 250",
            })
    void eachSequenceHasItsReply(String sequence, int code) throws Exception {
        String bytes = sequence.replace("\\r", "\r").replace("\\n", "\n").replace("\\0", "\0");
        String mail = HEAD + bytes + SMUGGLED;

        assertThat(onlyReplyTo(BareNewline.REFUSE, mail).code()).isEqualTo(code);
        assertThat(onlyReplyTo(BareNewline.NORMALIZE, mail).code()).isEqualTo(250);

        assertOneMessageForEach250(BareNewline.REFUSE, code == 250 ? 1 : 0);
        assertOneMessageForEach250(BareNewline.NORMALIZE, 1);
    }

    @Test
    void aBareCrOrLfIsRefusedWithTheReasonAndTheSessionContinues() throws Exception {
        String cure = "End lines with CRLF, or set BARE_NEWLINE=normalize at the relay";
        try (SmtpConversation smtp = refusing.connect()) {
            assertThat(mail(smtp, HEAD + "\rbare" + END).lines())
                    .containsExactly("554 5.6.0 The mail has a CR without LF (RFC 5321 2.3.8). " + cure);
            assertThat(mail(smtp, HEAD + "\nbare" + END).lines())
                    .containsExactly("554 5.6.0 The mail has an LF without CR (RFC 5321 2.3.8). " + cure);
            assertThat(mail(smtp, "Subject: x\rX-Injected: y\r\n\r\n" + END).code())
                    .isEqualTo(554);
            assertThat(mail(smtp, HEAD + END).code()).isEqualTo(250);
        }
        assertOneMessageForEach250(BareNewline.REFUSE, 1);
    }

    @Test
    void aNormalizedMessageArrivesWithItsLinesAndDots() throws Exception {
        try (SmtpConversation smtp = normalizing.connect()) {
            assertThat(mail(
                                    smtp,
                                    "From: a@example.com\nTo: b@example.com\r\r\nSubject: one\r\n\nfirst\n.\n..\n.hidden\n...\rlast\r\n..\r\n"
                                            + END)
                            .code())
                    .isEqualTo(250);
        }
        await().atMost(PATIENCE).until(() -> !normalizing.mailpit().messages().isEmpty());
        assertThat(normalizing.mailpit().messages().get(0).text())
                .endsWith(
                        "From: a@example.com\r\nTo: b@example.com\r\nSubject: one\r\n\r\nfirst\r\n.\r\n.\r\n.hidden\r\n..\r\nlast\r\n.\r\n\r\n");
    }

    @Test
    void anEmptyMessageMayEndAtItsFirstLine() throws Exception {
        try (SmtpConversation smtp = refusing.connect()) {
            assertThat(mail(smtp, ".\r\n").code()).isEqualTo(250);
            assertThat(smtp.send("NOOP").code()).isEqualTo(250);
        }
        assertOneMessageForEach250(BareNewline.REFUSE, 1);
    }

    /** Sends the message with its end of data, then QUIT, and checks that there was one reply in between. */
    private static Reply onlyReplyTo(BareNewline bareNewline, String... parts) throws Exception {
        try (SmtpConversation smtp = world(bareNewline).connect()) {
            assertThat(smtp.pipeline("MAIL FROM:<a@example.com>", "RCPT TO:<b@example.com>", "DATA"))
                    .extracting(Reply::code)
                    .containsExactly(250, 250, 354);
            for (String part : parts) {
                smtp.sendRaw(part.getBytes(StandardCharsets.ISO_8859_1));
            }
            smtp.sendRaw((END + "QUIT\r\n").getBytes(StandardCharsets.ISO_8859_1));
            Reply reply = smtp.readReply();
            assertThat(smtp.readReply().code()).as("the reply after " + reply).isEqualTo(221);
            return reply;
        }
    }

    private static Reply mail(SmtpConversation smtp, String bytes) throws Exception {
        smtp.pipeline("MAIL FROM:<a@example.com>", "RCPT TO:<b@example.com>", "DATA");
        smtp.sendRaw(bytes.getBytes(StandardCharsets.ISO_8859_1));
        return smtp.readReply();
    }

    private static void assertOneMessageForEach250(BareNewline bareNewline, int accepted) throws Exception {
        LabWorld world = world(bareNewline);
        try (SmtpConversation smtp = world.connect()) {
            assertThat(mail(smtp, "From: a@example.com\r\nSubject: last\r\n\r\nlast" + END)
                            .code())
                    .isEqualTo(250);
        }
        await().atMost(PATIENCE).until(() -> world.mailpit().messages().size() == accepted + 1);
        await().during(Duration.ofMillis(300))
                .atMost(PATIENCE)
                .until(() -> world.mailpit().messages().size() == accepted + 1);
        assertThat(world.mailpit().messages())
                .allMatch(mail -> mail.recipients().equals(List.of("b@example.com"))
                        && mail.sender().equals("a@example.com"));
    }

    private static LabWorld world(BareNewline bareNewline) {
        return bareNewline == BareNewline.REFUSE ? refusing : normalizing;
    }
}
