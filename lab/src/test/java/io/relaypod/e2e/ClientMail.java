package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;

/** Messages of an application. */
final class ClientMail {

    private ClientMail() {}

    /** Sends one message, and returns its queue id. */
    static String send(LabWorld world, String from, String recipient, String subject) throws IOException {
        try (SmtpConversation smtp = world.connect()) {
            return send(smtp, from, recipient, subject);
        }
    }

    /** Sends one message on a connection, and returns its queue id. */
    static String send(SmtpConversation smtp, String from, String recipient, String subject) throws IOException {
        smtp.send("MAIL FROM:<" + from + ">");
        smtp.send("RCPT TO:<" + recipient + ">");
        Reply reply = smtp.data(("From: " + from + "\r\nTo: " + recipient + "\r\nSubject: " + subject
                        + "\r\nMessage-ID: <" + subject.replace(' ', '.') + "@example.com>\r\n\r\nx\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        assertThat(reply.code()).isEqualTo(250);
        return reply.toString().replaceFirst("(?s).*received as (Mail[0-9a-f-]+).*", "$1");
    }
}
