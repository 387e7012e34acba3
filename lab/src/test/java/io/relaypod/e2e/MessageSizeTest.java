package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;

import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A message too large for Graph is refused while its client is connected. */
class MessageSizeTest {

    private static final int LIMIT = 4096;
    private static final String TOO_BIG = "552 5.3.4 Message size exceeds fixed maximum message size";

    private static LabWorld world;

    @BeforeAll
    static void start() throws Exception {
        world = LabWorld.builder().with("MAX_MESSAGE_SIZE", "4K").start();
    }

    @AfterAll
    static void stop() {
        world.close();
    }

    @Test
    void theLimitIsAnnounced() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            assertThat(smtp.send("EHLO again.example").lines()).anyMatch(line -> line.endsWith("SIZE " + LIMIT));
        }
    }

    @Test
    void aDeclaredSizeBeyondTheLimitIsRefusedAtMail() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            assertThat(smtp.send("MAIL FROM:<a@example.com> SIZE=" + (LIMIT + 1))
                            .lines())
                    .containsExactly(TOO_BIG);
            assertThat(smtp.send("MAIL FROM:<a@example.com> SIZE=99999999999999999999")
                            .lines())
                    .containsExactly(TOO_BIG);
            assertThat(smtp.send("MAIL FROM:<a@example.com> SIZE=" + LIMIT).code())
                    .isEqualTo(250);
        }
    }

    @Test
    void aMessageBeyondTheLimitIsRefusedAtTheEndOfDataAndTheSessionContinues() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            assertThat(send(smtp, LIMIT + 1).lines()).containsExactly(TOO_BIG);
            assertThat(send(smtp, LIMIT).code()).isEqualTo(250);
        }
    }

    @Test
    void withoutALimitNoneIsAnnounced() throws Exception {
        try (LabWorld unlimited =
                        LabWorld.builder().with("MAX_MESSAGE_SIZE", "0").start();
                SmtpConversation smtp = unlimited.connect()) {
            assertThat(smtp.send("EHLO again.example").lines()).noneMatch(line -> line.matches(".*SIZE \\d+"));
            assertThat(send(smtp, 10 * LIMIT).code()).isEqualTo(250);
        }
    }

    private static Reply send(SmtpConversation smtp, int size) throws Exception {
        smtp.send("MAIL FROM:<a@example.com>");
        smtp.send("RCPT TO:<b@example.com>");
        String head = "From: a@example.com\r\nTo: b@example.com\r\n\r\n";
        int left = size - head.length();
        // Lines of 100 bytes. The last one fills the size.
        StringBuilder mail = new StringBuilder(head);
        for (; left > 200; left -= 100) {
            mail.append("x".repeat(98)).append("\r\n");
        }
        return smtp.data(
                mail.append("x".repeat(left - 2)).append("\r\n").toString().getBytes(StandardCharsets.US_ASCII));
    }
}
