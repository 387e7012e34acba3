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
 * A mail ends at CRLF, dot, CRLF and nowhere else: whatever else looks like an end to somebody, and has the commands of
 * a second mail behind it, is part of the one mail, or the one mail is refused. MailDataTest of the server module tries
 * all combinations; here are those of docs/smtp.md, through a socket to the gateway.
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
    void eachSequenceHasItsAnswer(String sequence, int code) throws Exception {
        String bytes = sequence.replace("\\r", "\r").replace("\\n", "\n").replace("\\0", "\0");
        String mail = HEAD + bytes + SMUGGLED;

        assertThat(onlyReplyTo(BareNewline.REFUSE, mail).code()).isEqualTo(code);
        assertThat(onlyReplyTo(BareNewline.NORMALIZE, mail).code()).isEqualTo(250);

        assertOneMailForEach250(BareNewline.REFUSE, code == 250 ? 1 : 0);
        assertOneMailForEach250(BareNewline.NORMALIZE, 1);
    }

    @Test
    void aBareCrOrLfIsRefusedWithItsReasonAndTheSessionGoesOn() throws Exception {
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
        assertOneMailForEach250(BareNewline.REFUSE, 1);
    }

    @Test
    void aNormalizedMailArrivesWithItsLinesAndDots() throws Exception {
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
    void anEmptyMailMayEndAtItsFirstLine() throws Exception {
        try (SmtpConversation smtp = refusing.connect()) {
            assertThat(mail(smtp, ".\r\n").code()).isEqualTo(250);
            assertThat(smtp.send("NOOP").code()).isEqualTo(250);
        }
        assertOneMailForEach250(BareNewline.REFUSE, 1);
    }

    /** Sends the mail and its one end, says QUIT, and sees that there was one reply in between. */
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

    private static void assertOneMailForEach250(BareNewline bareNewline, int accepted) throws Exception {
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
