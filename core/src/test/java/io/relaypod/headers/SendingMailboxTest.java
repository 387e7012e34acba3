package io.relaypod.headers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;

import io.relaypod.mime.HeaderSection;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SendingMailboxTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "From: Office <Office@Example.com>\\nSender: sales@example.com | envelope@example.com | office@example.com",
                "Sender: sales@example.com\\nFrom: office@example.com           | envelope@example.com | sales@example.com",
                "Sender: sales@example.com\\nSubject: x                         | envelope@example.com | envelope@example.com",
                "Sender: sales@example.com\\nSubject: x                         | ''                   | sales@example.com",
                "Subject: x                                                     | Envelope@example.com | envelope@example.com",
                "From: nobody                                                   | envelope@example.com | envelope@example.com",
                "Subject: x                                                     | ''                   | ''"
            })
    void itIsTheOneThatSmtp2graphPicks(String header, String envelope, String mailbox) throws Exception {
        byte[] message = (header.strip().replace("\\n", "\r\n") + "\r\n\r\nbody\r\n").getBytes(StandardCharsets.UTF_8);

        assertThat(SendingMailbox.of(
                        HeaderSection.read(() -> new ByteArrayInputStream(message), SenderAlignment.FIELDS), envelope))
                .isEqualTo(mailbox);
    }
}
