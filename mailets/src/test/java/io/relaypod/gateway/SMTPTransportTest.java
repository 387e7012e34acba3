package io.relaypod.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.util.Properties;

import javax.mail.Address;
import javax.mail.SendFailedException;
import javax.mail.Session;
import javax.mail.Transport;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeMessage;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SMTPTransportTest {

    private SmtpSink sink;

    @BeforeEach
    void start() throws Exception {
        sink = SmtpSink.acceptingAll();
    }

    @AfterEach
    void stop() {
        sink.close();
    }

    @Test
    void jakartaMailFindsItByTheClassThatJamesNames() throws Exception {
        assertThat(session().getTransport("smtp")).isInstanceOf(SMTPTransport.class);
    }

    @Test
    void jamesBelievesItsNameAndSoWhatItSaysOf8Bitmime() {
        assertThat(SMTPTransport.class.getName()).endsWith(".SMTPTransport");
    }

    @Test
    void eightBitmimeCountsAsOfferedAndNothingElseThatIsNot() throws Exception {
        try (SMTPTransport transport = connected()) {
            assertThat(transport.supportsExtension("8BITMIME")).isTrue();
            assertThat(transport.supportsExtension("8bitmime")).isTrue();
            assertThat(transport.supportsExtension("SIZE")).isTrue();
            assertThat(transport.supportsExtension("SMTPUTF8")).isFalse();
            assertThat(transport.supportsExtension("DSN")).isFalse();
        }
    }

    @ParameterizedTest
    @MethodSource("io.relaypod.gateway.Messages#awkward")
    void aMessageIsSentByteForByte(byte[] message) throws Exception {
        send(Messages.received(message));

        assertThat(sink.received()).singleElement()
            .satisfies(received -> assertThat(Messages.text(received.message())).isEqualTo(Messages.text(message)));
    }

    @Test
    void jakartaMailsOwnMessageIsSentByteForByteToo() throws Exception {
        byte[] message = Messages.bytes("Subject: Test\r\nContent-Length: 3\r\nBcc: hidden@example.com\r\n\r\n\u00fc\r\n");

        send(new MimeMessage(session(), new ByteArrayInputStream(message)));

        assertThat(Messages.text(sink.received().get(0).message())).isEqualTo(Messages.text(message));
    }

    @Test
    void mailFromDoesNotAskFor8Bitmime() throws Exception {
        send(Messages.received(Messages.bytes("Subject: Test\r\n\r\n\u00fc\r\n")));

        assertThat(sink.commands()).anyMatch(command -> command.startsWith("MAIL FROM:<sender@example.com>"))
            .noneMatch(command -> command.contains("BODY="));
    }

    @Test
    void aRefusalIsToldToTheCaller() throws Exception {
        try (SmtpSink refusing = SmtpSink.replying(command -> command.startsWith("RCPT") ? "550 5.1.1 nobody" : "");
             SMTPTransport transport = connectedTo(refusing)) {
            assertThatThrownBy(() -> transport.sendMessage(Messages.received(Messages.bytes("Subject: Test\r\n\r\nbody\r\n")), recipient()))
                .isInstanceOf(SendFailedException.class);
        }
    }

    private void send(MimeMessage message) throws Exception {
        try (SMTPTransport transport = connected()) {
            transport.sendMessage(message, recipient());
        }
    }

    private SMTPTransport connected() throws Exception {
        return connectedTo(sink);
    }

    private static SMTPTransport connectedTo(SmtpSink sink) throws Exception {
        Transport transport = session().getTransport("smtp");
        transport.connect("127.0.0.1", sink.port(), null, null);
        return (SMTPTransport) transport;
    }

    private static Address[] recipient() throws Exception {
        return new Address[] {new InternetAddress("recipient@example.com")};
    }

    private static Session session() {
        Properties properties = new Properties();
        properties.put("mail.smtp.class", SMTPTransport.class.getName());
        properties.put("mail.smtp.from", "sender@example.com");
        return Session.getInstance(properties);
    }
}
