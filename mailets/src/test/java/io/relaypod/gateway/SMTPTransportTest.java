package io.relaypod.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import javax.mail.Address;
import javax.mail.MessagingException;
import javax.mail.SendFailedException;
import javax.mail.Session;
import javax.mail.URLName;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeMessage;

import org.apache.james.core.MailAddress;
import org.apache.james.server.core.MailImpl;
import org.apache.mailet.DsnParameters;
import org.apache.mailet.Mail;
import org.apache.mailet.base.test.FakeMail;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SMTPTransportTest {

    private static final String TEXT = "Subject: Test\r\n\r\nbody\r\n";

    private static final BooleanSupplier ALWAYS = () -> true;
    private static final Duration LONG = Duration.ofMinutes(1);

    private SmtpSink sink;
    private SmtpSink oneByOne;

    @BeforeEach
    void start() throws Exception {
        sink = SmtpSink.acceptingAll();
    }

    @AfterEach
    void stop() {
        sink.close();
    }

    @Test
    void eightBitmimeCountsAsOfferedAndNothingElseThatIsNot() throws Exception {
        try (SMTPTransport transport = connectedTo(sink)) {
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

        assertThat(sink.received())
                .singleElement()
                .satisfies(received ->
                        assertThat(Messages.text(received.message())).isEqualTo(Messages.text(message)));
    }

    @Test
    void jakartaMailsOwnMessageIsSentByteForByteToo() throws Exception {
        byte[] message =
                Messages.bytes("Subject: Test\r\nContent-Length: 3\r\nBcc: hidden@example.com\r\n\r\n\u00fc\r\n");

        send(new MimeMessage(session(), new ByteArrayInputStream(message)));

        assertThat(Messages.text(sink.received().get(0).message())).isEqualTo(Messages.text(message));
    }

    @Test
    void mailFromDoesNotAskFor8Bitmime() throws Exception {
        send(Messages.received(Messages.bytes("Subject: Test\r\n\r\n\u00fc\r\n")));

        assertThat(sink.commands())
                .anyMatch(command -> command.startsWith("MAIL FROM:<sender@example.com>"))
                .noneMatch(command -> command.contains("BODY="));
    }

    @Test
    void theLastReplyIsNotWaitedForTwice() throws Exception {
        try (SMTPTransport transport = connectedTo(sink)) {
            transport.deliver(mail(TEXT), recipients("a@example.com"), ALWAYS);
            transport.deliver(mail(TEXT), recipients("b@example.com"), ALWAYS);

            assertThat(transport.isUsable()).isTrue();
            assertThat(transport.mails()).isEqualTo(2);
        }
        assertThat(sink.commands())
                .as("no RSET, no NOOP")
                .containsExactly(
                        "EHLO relay.example",
                        "MAIL FROM:<sender@example.com>",
                        "RCPT TO:<a@example.com>",
                        "DATA",
                        "MAIL FROM:<sender@example.com>",
                        "RCPT TO:<b@example.com>",
                        "DATA",
                        "QUIT");
    }

    @Test
    void aRefusalIsToldToTheCallerAndTheConnectionServesTheNext() throws Exception {
        try (SmtpSink refusing =
                        SmtpSink.replying(command -> command.startsWith("RCPT TO:<nobody") ? "550 5.1.1 nobody" : "");
                SMTPTransport transport = connectedTo(refusing)) {
            assertThatThrownBy(() -> transport.deliver(mail(TEXT), recipients("nobody@example.com"), ALWAYS))
                    .isInstanceOf(SendFailedException.class);

            assertThat(transport.isUsable()).isTrue();
            transport.deliver(mail(TEXT), recipients("b@example.com"), ALWAYS);
            assertThat(refusing.commands())
                    .as("the refused transaction is ended")
                    .containsSubsequence("RCPT TO:<nobody@example.com>", "RSET", "MAIL FROM:<sender@example.com>");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"MAIL", "RCPT", "DATA"})
    void aKeptConnectionThatEndsBeforeTheMailWasStale(String stage) throws Exception {
        int[] mails = {0};
        try (SmtpSink closing = SmtpSink.replying(
                        command -> command.startsWith(stage) && ++mails[0] == 2 ? SmtpSink.CLOSE : "");
                SMTPTransport transport = connectedTo(closing)) {
            transport.deliver(mail(TEXT), recipients("a@example.com"), ALWAYS);
            assertThatThrownBy(() -> transport.deliver(mail(TEXT), recipients("b@example.com"), ALWAYS))
                    .isInstanceOf(MessagingException.class);

            assertThat(transport.wasStale()).isTrue();
            assertThat(transport.isUsable()).isFalse();
        }
    }

    @Test
    void aNewConnectionIsNeverStale() throws Exception {
        try (SmtpSink closing = SmtpSink.replying(command -> command.startsWith("MAIL") ? SmtpSink.CLOSE : "");
                SMTPTransport transport = connectedTo(closing)) {
            assertThatThrownBy(() -> transport.deliver(mail(TEXT), recipients("a@example.com"), ALWAYS))
                    .isInstanceOf(MessagingException.class);

            assertThat(transport.wasStale()).isFalse();
            assertThat(transport.isUsable()).isFalse();
        }
    }

    @Test
    void whatTheGatewayMayHaveTakenIsNotStale() throws Exception {
        int[] mails = {0};
        try (SmtpSink closing = SmtpSink.replying(
                        command -> command.equals(SmtpSink.DATA_END) && ++mails[0] == 2 ? SmtpSink.CLOSE : "");
                SMTPTransport transport = connectedTo(closing)) {
            transport.deliver(mail(TEXT), recipients("a@example.com"), ALWAYS);
            assertThatThrownBy(() -> transport.deliver(mail(TEXT), recipients("b@example.com"), ALWAYS))
                    .isInstanceOf(MessagingException.class);

            assertThat(transport.wasStale()).isFalse();
            assertThat(transport.isUsable()).isFalse();
        }
    }

    @Test
    void whenTheConnectionEndsBetweenRecipientsTheOthersAreUnsent() throws Exception {
        try (SmtpSink closing = SmtpSink.replying(command -> command.startsWith("RCPT TO:<never")
                        ? "550 5.1.1 nobody"
                        : command.startsWith("RCPT TO:<c@") && sentTo("RCPT TO:<b@example.com>")
                                ? SmtpSink.CLOSE
                                : "");
                SMTPTransport transport = connectedTo(closing)) {
            oneByOne = closing;

            assertThatThrownBy(() -> transport.deliver(
                            mail(TEXT),
                            recipients("never@example.com", "b@example.com", "c@example.com", "d@example.com"),
                            ALWAYS))
                    .isInstanceOfSatisfying(SendFailedException.class, failure -> {
                        assertThat(failure.getValidSentAddresses())
                                .extracting(Address::toString)
                                .containsExactly("b@example.com");
                        assertThat(failure.getInvalidAddresses())
                                .extracting(Address::toString)
                                .containsExactly("never@example.com");
                        assertThat(failure.getValidUnsentAddresses())
                                .extracting(Address::toString)
                                .containsExactly("c@example.com", "d@example.com");
                    });
            assertThat(transport.isUsable()).isFalse();
        }
    }

    @Test
    void theReplyToAMailIsWaitedForAsLongAsItsOwnTimeoutSays() throws Exception {
        try (SmtpSink silent = SmtpSink.replying(command -> command.equals(SmtpSink.DATA_END) ? SmtpSink.SILENCE : "");
                SMTPTransport transport = connectedTo(silent, Duration.ofMinutes(5), Duration.ofMillis(300))) {
            assertThatThrownBy(() -> transport.deliver(mail(TEXT), recipients("a@example.com"), ALWAYS))
                    .isInstanceOf(MessagingException.class)
                    .hasCauseInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void anyOtherReplyIsWaitedForNoLongerThanBefore() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        int[] mails = {0};
        try (SmtpSink slow = SmtpSink.replying(command -> command.equals(SmtpSink.DATA_END)
                        ? after(never, Duration.ofSeconds(1))
                        : command.startsWith("MAIL") && ++mails[0] == 2 ? SmtpSink.SILENCE : "");
                SMTPTransport transport = connectedTo(slow, Duration.ofMillis(500), Duration.ofMinutes(5))) {
            transport.deliver(mail(TEXT), recipients("a@example.com"), ALWAYS);
            assertThat(slow.received()).hasSize(1);

            assertThatThrownBy(() -> transport.deliver(mail(TEXT), recipients("a@example.com"), ALWAYS))
                    .isInstanceOf(MessagingException.class);
        }
    }

    private static String after(CountDownLatch latch, Duration atMost) {
        try {
            latch.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
            return "";
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
            return SmtpSink.CLOSE;
        }
    }

    @Test
    void eachFurtherTransactionTakesATurnAndWhoGetsNoneIsUnsent() throws Exception {
        int[] turns = {1};
        try (SmtpSink refusing =
                        SmtpSink.replying(command -> command.startsWith("RCPT TO:<never") ? "550 5.1.1 nobody" : "");
                SMTPTransport transport = connectedTo(refusing)) {
            assertThatThrownBy(() -> transport.deliver(
                            mail(TEXT),
                            recipients("never@example.com", "b@example.com", "c@example.com", "d@example.com"),
                            () -> turns[0]-- > 0))
                    .isInstanceOfSatisfying(OutOfTurnException.class, failure -> {
                        assertThat(failure.getValidSentAddresses())
                                .extracting(Address::toString)
                                .containsExactly("b@example.com", "c@example.com");
                        assertThat(failure.getInvalidAddresses())
                                .extracting(Address::toString)
                                .containsExactly("never@example.com");
                        assertThat(failure.getValidUnsentAddresses())
                                .extracting(Address::toString)
                                .containsExactly("d@example.com");
                    });
            assertThat(refusing.received()).hasSize(2);
            assertThat(transport.isUsable()).isTrue();
        }
    }

    @Test
    void whenNobodyHasTheMailTheTryFailedWhateverTurnsAreLeft() throws Exception {
        try (SmtpSink later = SmtpSink.replying(
                        command -> command.equals(SmtpSink.DATA_END) ? "451 4.3.0 later" : "", "DSN");
                SMTPTransport transport = connectedTo(later)) {
            assertThatThrownBy(() ->
                            transport.deliver(withNotices(), recipients("a@example.com", "b@example.com"), () -> false))
                    .isInstanceOf(SendFailedException.class)
                    .isNotInstanceOf(OutOfTurnException.class);
        }
    }

    private boolean sentTo(String recipient) {
        return oneByOne.received().stream()
                .anyMatch(received -> received.envelope().contains(recipient));
    }

    @Test
    void noticesAreAskedForWhereTheGatewayOffersThem() throws Exception {
        try (SmtpSink offering = SmtpSink.replying(command -> "", "DSN");
                SMTPTransport transport = connectedTo(offering)) {
            transport.deliver(withNotices(), recipients("a@example.com", "b@example.com"), ALWAYS);

            assertThat(offering.commands())
                    .contains(
                            "MAIL FROM:<sender@example.com> RET=HDRS ENVID=QQ314159",
                            "RCPT TO:<a@example.com> NOTIFY=NEVER",
                            "RCPT TO:<b@example.com> NOTIFY=SUCCESS,FAILURE");
            assertThat(offering.received())
                    .as("each names its own recipient")
                    .hasSize(2)
                    .allSatisfy(received -> assertThat(received.envelope()).hasSize(2));
            assertThat(Messages.text(offering.received().get(0).message()))
                    .contains("To: a@example.com")
                    .doesNotContain("b@example.com");
        }
    }

    @Test
    void noticesAreNotAskedForWhereTheGatewayDoesNotOfferThem() throws Exception {
        try (SMTPTransport transport = connectedTo(sink)) {
            transport.deliver(withNotices(), recipients("a@example.com", "b@example.com"), ALWAYS);

            assertThat(sink.commands())
                    .contains("MAIL FROM:<sender@example.com>", "RCPT TO:<a@example.com>", "RCPT TO:<b@example.com>");
            assertThat(sink.received()).hasSize(1);
        }
    }

    private static Mail withNotices() throws Exception {
        Mail mail = mail("To: a@example.com, b@example.com\r\nSubject: Test\r\n\r\nbody\r\n");
        mail.setDsnParameters(DsnParameters.builder()
                .envId(DsnParameters.EnvId.of("QQ314159"))
                .ret(DsnParameters.Ret.HDRS)
                .addRcptParameter(
                        new MailAddress("a@example.com"),
                        DsnParameters.RecipientDsnParameters.of(EnumSet.of(DsnParameters.Notify.NEVER)))
                .addRcptParameter(
                        new MailAddress("b@example.com"),
                        DsnParameters.RecipientDsnParameters.of(
                                EnumSet.of(DsnParameters.Notify.SUCCESS, DsnParameters.Notify.FAILURE)))
                .build()
                .orElseThrow());
        return mail;
    }

    private void send(MimeMessage message) throws Exception {
        try (SMTPTransport transport = connectedTo(sink)) {
            transport.deliver(
                    FakeMail.builder()
                            .name("mail-1")
                            .sender("sender@example.com")
                            .recipient("recipient@example.com")
                            .mimeMessage(message)
                            .build(),
                    recipients("recipient@example.com"),
                    ALWAYS);
        }
    }

    private static Mail mail(String message) throws Exception {
        MailImpl mail = MailImpl.builder()
                .name("mail-1")
                .sender("sender@example.com")
                .addRecipient("recipient@example.com")
                .build();
        mail.setMessageNoCopy(Messages.received(Messages.bytes(message)));
        return mail;
    }

    private static SMTPTransport connectedTo(SmtpSink sink) throws Exception {
        return connectedTo(sink, LONG, LONG);
    }

    private static SMTPTransport connectedTo(SmtpSink sink, Duration timeout, Duration dataTimeout) throws Exception {
        OneSocket socket = new OneSocket(new GatewaySocket(() -> {}));
        Session session = session();
        session.getProperties().put("mail.smtp.socketFactory", socket);
        session.getProperties().put("mail.smtp.timeout", Long.toString(timeout.toMillis()));
        SMTPTransport transport = new SMTPTransport(
                session, new URLName("smtp://127.0.0.1:" + sink.port()), socket, dataTimeout, event -> {});
        transport.connect();
        return transport;
    }

    private static List<InternetAddress> recipients(String... addresses) throws Exception {
        List<InternetAddress> recipients = new ArrayList<>();
        for (String address : addresses) {
            recipients.add(new InternetAddress(address));
        }
        return recipients;
    }

    private static Session session() {
        Properties properties = new Properties();
        properties.put("mail.smtp.localhost", "relay.example");
        return Session.getInstance(properties);
    }
}
