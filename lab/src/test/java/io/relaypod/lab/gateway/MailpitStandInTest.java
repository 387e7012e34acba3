package io.relaypod.lab.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

import io.relaypod.lab.smtp.SmtpConversation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MailpitStandInTest extends MailpitContract {

    private static final byte[] MAIL = "Subject: s\r\n\r\nhello\r\n".getBytes(StandardCharsets.US_ASCII);

    private MailpitStandIn mailpit;

    @Override
    Mailpit start(Relaying relaying) throws IOException {
        return MailpitStandIn.start(relaying);
    }

    @Override
    MailpitRelease release() {
        return MailpitRelease.pinned();
    }

    @BeforeEach
    void startOne() throws IOException {
        mailpit = MailpitStandIn.start(Relaying.none());
    }

    @AfterEach
    void stopIt() {
        mailpit.close();
    }

    @Test
    void answersWithTheConfiguredLineUntilItRecovers() throws IOException {
        mailpit.answer(Phase.DATA, "451 4.3.0 not now");

        try (SmtpConversation smtp = inTransaction()) {
            assertThat(smtp.data(MAIL)).hasToString("451 4.3.0 not now");
            assertThat(smtp.data(MAIL)).hasToString("451 4.3.0 not now");
            mailpit.recover();
            assertThat(smtp.data(MAIL).code()).isEqualTo(250);
        }
    }

    @Test
    void failsTheGivenNumberOfTimes() throws IOException {
        mailpit.failNext(2, Phase.CONTENT, new Fault.ReplyLine("451 4.3.0 not now"));

        try (SmtpConversation smtp = inTransaction()) {
            assertThat(smtp.data(MAIL).code()).isEqualTo(451);
            assertThat(smtp.data(MAIL).code()).isEqualTo(451);
            assertThat(smtp.data(MAIL).code()).isEqualTo(250);
        }
        assertThat(mailpit.messages()).hasSize(1);
        assertThat(mailpit.transactions()).isEqualTo(1);
        assertThat(mailpit.connections()).isEqualTo(1);
    }

    @Test
    void closesInTheMiddleOfAMessage() throws IOException {
        mailpit.fail(Phase.CONTENT, new Fault.Close());

        try (SmtpConversation smtp = inTransaction()) {
            assertThatThrownBy(() -> smtp.data(MAIL)).isInstanceOf(IOException.class);
        }
        assertThat(mailpit.messages()).isEmpty();
    }

    @Test
    void acceptsAMessageAndClosesBeforeTheReply() throws IOException {
        mailpit.fail(Phase.CONTENT, new Fault.AcceptAndClose());

        try (SmtpConversation smtp = inTransaction()) {
            assertThatThrownBy(() -> smtp.data(MAIL)).isInstanceOf(EOFException.class);
        }
        assertThat(mailpit.messages()).hasSize(1);
    }

    @Test
    void sendsNothingForTheGivenTime() throws IOException {
        mailpit.fail(Phase.CONNECT, new Fault.Silence(Duration.ofMillis(300)));

        assertThatThrownBy(() -> SmtpConversation.connect(mailpit.smtpAddress(), Duration.ofMillis(50)))
                .isInstanceOf(SocketTimeoutException.class);
        assertThatThrownBy(() -> SmtpConversation.connect(mailpit.smtpAddress(), Duration.ofSeconds(20)))
                .isInstanceOf(EOFException.class);
    }

    @Test
    void replacesAReplyOfSeveralLinesByItsOwn() throws IOException {
        try (MailpitStandIn before = MailpitStandIn.start(Relaying.to(mailpit.smtpAddress()));
                SmtpConversation smtp = SmtpConversation.connect(before.smtpAddress())) {
            smtp.send("EHLO client.test");
            mailpit.answer(Phase.MAIL, "550-one\r\n550 two");
            smtp.send("MAIL FROM:<a@contoso.com>");
            smtp.send("RCPT TO:<b@example.com>");

            assertThat(smtp.data(MAIL)).hasToString("451 4.3.5 Unable to process mail");
        }
    }

    private SmtpConversation inTransaction() throws IOException {
        SmtpConversation smtp = SmtpConversation.connect(mailpit.smtpAddress());
        smtp.send("EHLO client.test");
        smtp.send("MAIL FROM:<a@contoso.com>");
        smtp.send("RCPT TO:<b@example.com>");
        return smtp;
    }
}
