package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

import org.apache.james.core.MailAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.netty.buffer.Unpooled;

class RcptLineTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = false, quoteCharacter = '\'', value = {
        "RCPT TO:<a@example.com>|a@example.com",
        "rcpt to: <a@example.com>|a@example.com",
        "  RCPT TO:<a@example.com>|a@example.com",
        "RCPT TO:< a@example.com >|a@example.com",
        "RCPT TO:<a@example.com> NOTIFY=NEVER|a@example.com",
        "RCPT TO:<\"a b\"@example.com>|\"a b\"@example.com",
        "RCPT TO:<\"a>b@c\"@example.com>|\"a>b@c\"@example.com",
        "RCPT TO:<postmaster>|postmaster@localhost",
    })
    void whomJamesWillFindIsFound(String line, String recipient) {
        assertThat(recipient(line).map(MailAddress::asString)).contains(recipient);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "RSET", "RCPT", "RCPT TO:", "RCPT TO:a@example.com", "RCPT TO:<>", "RCPT TO:<@>", "RCPT TO:<a@>", "RCPT TO:>a@b<", "Received: by <a@b>"})
    void whatJamesRefusesIsNot(String line) {
        assertThat(recipient(line)).isEmpty();
    }

    private static Optional<MailAddress> recipient(String line) {
        return RcptLine.recipient(Unpooled.copiedBuffer(line + "\r\n", StandardCharsets.US_ASCII));
    }
}
