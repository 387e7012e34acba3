package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

import io.netty.handler.ssl.SslHandler;
import io.relaypod.events.MailEvent;
import io.relaypod.memory.MemoryUse;
import io.relaypod.server.settings.SmtpAuth;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.protocols.api.ClientAuth;
import org.apache.james.protocols.netty.Encryption;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookReturnCode;
import org.apache.james.protocols.smtp.hook.RcptHook;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The replies to commands, and the state that they leave. */
class RelayCommandsTest {

    private static final String EHLO = "EHLO client.example\r\n";
    private static final String MAIL = "MAIL FROM:<a@example.com>\r\n";
    private static final String RCPT = "RCPT TO:<b@example.com>\r\n";

    @TempDir
    private Path directory;

    private Optional<EmbeddedSmtp> opened = Optional.empty();

    @AfterEach
    void close() {
        opened.ifPresent(EmbeddedSmtp::close);
    }

    private EmbeddedSmtp connect(EmbeddedSmtp.Settings settings) {
        EmbeddedSmtp client = settings.connect(directory);
        opened = Optional.of(client);
        client.replies();
        return client;
    }

    private EmbeddedSmtp greeted() {
        EmbeddedSmtp client = connect(EmbeddedSmtp.with());
        client.say(EHLO);
        return client;
    }

    @Test
    void ehloListsWhatIsOfferedWithoutJamesParenthesis() {
        assertThat(connect(EmbeddedSmtp.with().maxMessageSize(1_000)).say(EHLO))
                .startsWith("250-")
                .contains("client.example", "SIZE 1000", "PIPELINING", "8BITMIME")
                .doesNotContain(")\r\n", "STARTTLS", "AUTH");
    }

    @Test
    void heloIsAnsweredInOneLine() {
        assertThat(connect(EmbeddedSmtp.with()).say("HELO client.example\r\n")).matches("250 [^\\r\\n)]*\r\n");
    }

    @Test
    void aNameOfAComputerMayBeUtf8AndLosesItThere() {
        assertThat(connect(EmbeddedSmtp.with()).say("EHLO b\u00c3\u00bcro\r\n")).contains("b?ro");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "NONSENSE|500 5.5.2 Command unrecognized",
                "RCPT TO:<b@example.com>|503 5.5.1 Need MAIL before RCPT",
                "DATA|503 5.5.0 No sender specified",
                "MAIL FROM|501 5.5.4 Syntax: MAIL FROM:<address>",
                "MAIL FROM:<a@b|553 5.1.7 Bad sender's mailbox address syntax",
                "MAIL FROM:<a@example.com> SIZE=1 SIZE=2|501 5.5.4 A parameter is given twice",
                "MAIL FROM:<a@example.com> HOLDFOR=1|555 5.5.4 Parameter HOLDFOR is not supported",
                "MAIL FROM:<a@example.com> BODY=BINARYMIME|555 5.5.4 Parameter BODY is not supported",
                "MAIL FROM:<\u00c3\u00bc@example.com>|553 5.6.7 Non-ASCII local parts are not supported (no SMTPUTF8)",
                "NO\u0001OP|500 5.5.2 A command is printable ASCII",
                "STARTTLS|500 5.5.1 Command STARTTLS unrecognized.",
                "AUTH PLAIN|502 5.5.1 AUTH is off here: clients of this relay's networks send without a login",
            })
    void aCommandThatIsWrongIsToldWhatIsWrong(String command, String reply) {
        assertThat(greeted().say(command + "\r\n")).isEqualTo(reply + "\r\n");
    }

    @Test
    void aCommandThatEndsInLfEndsTheSession() {
        EmbeddedSmtp client = greeted();
        assertThat(client.say("NOOP\nNOOP\r\n")).startsWith("500 5.5.2 A line ends in CRLF");
        assertThat(client.isOpen()).isFalse();
    }

    @Test
    void aCommandThatIsTooLongIsHeardOutAndRefused() {
        EmbeddedSmtp client = greeted();
        assertThat(client.say("NOOP " + "x".repeat(3_000))).isEmpty();
        assertThat(client.say("\r\nNOOP\r\n")).startsWith("500 5.5.2 Line too long\r\n250 ");
    }

    @Test
    void aCommandWithoutEndEndsTheSession() {
        EmbeddedSmtp client = greeted();
        String said = "";
        for (int kib = 0; kib <= 1_100 && said.isEmpty(); kib += 16) {
            said = client.say("x".repeat(16 << 10));
        }
        assertThat(said).isEqualTo("421 4.7.0 Line too long, closing connection\r\n");
        assertThat(client.isOpen()).isFalse();
    }

    @Test
    void aNameThatIsTooLongForADomainIsRefused() {
        assertThat(connect(EmbeddedSmtp.with()).say("EHLO " + "x".repeat(256) + "\r\n"))
                .isEqualTo("501 5.5.4 Domain name too long\r\n");
    }

    @Test
    void mailNeedsEhlo() {
        assertThat(connect(EmbeddedSmtp.with()).say(MAIL)).startsWith("503 5.5.1 Need HELO or EHLO");
    }

    @Test
    void aSecondMailBeginsAnewUntilARecipientIsAccepted() {
        EmbeddedSmtp client = greeted();
        assertThat(client.say(MAIL + MAIL)).matches("250 .*\r\n250 .*\r\n");
        client.say(RCPT);
        assertThat(client.say(MAIL)).isEqualTo("503 5.5.1 Sender already specified\r\n");
        assertThat(client.say("DATA\r\n")).startsWith("354 ");
    }

    @Test
    void eachTransactionOfAConnectionHasAnIdOfItsOwnInTheEvents() {
        EmbeddedSmtp client = greeted();
        for (String reset : List.of("", "RSET\r\n", EHLO)) {
            client.say(MAIL + "RCPT TO:<bad@@example.com>\r\n" + reset);
            client.say(MAIL + "RCPT TO:<good@example.com>\r\nDATA\r\nSubject: s\r\n\r\n.\r\n");
        }
        List<String> refused = client.events.stream()
                .filter(MailEvent.RecipientRefused.class::isInstance)
                .map(event -> ((MailEvent.RecipientRefused) event).client().session())
                .toList();
        List<String> stored =
                client.received.stream().map(mail -> mail.client().session()).toList();
        assertThat(refused).hasSize(3).doesNotHaveDuplicates().doesNotContainAnyElementsOf(stored);
        assertThat(stored).hasSize(3).doesNotHaveDuplicates();
        String session = refused.get(0);
        assertThat(stored).containsExactly(session + ".2", session + ".4", session + ".6");
    }

    @Test
    void aStrangerIsRefusedAtRcpt() {
        EmbeddedSmtp client = connect(EmbeddedSmtp.with().ofStranger());
        assertThat(client.say(EHLO + MAIL + RCPT)).contains("\r\n550 5.7.1 ");
        assertThat(client.events).singleElement().isInstanceOf(MailEvent.RecipientRefused.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"b@example.com", "<b@example.com> NOTIFY=NEVER", "\"B\" <b@example.com>", "<@r:b@example.com>"})
    void aRecipientMayBeWrittenInManyWays(String argument) {
        EmbeddedSmtp client = greeted();
        client.say(MAIL);
        assertThat(client.say("RCPT TO:" + argument + "\r\n")).startsWith("250 ");
        client.say("DATA\r\nFrom: a@example.com\r\n\r\n.\r\n");
        assertThat(client.received.get(0).recipients()).containsExactly("b@example.com");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<b@@example.com>|553 5.1.3",
                "<a@example.com><b@example.com>|553 5.1.3",
                "<\u00c3\u00bc@example.com>|553 5.6.7",
                "<b@example.com> X=1|555 5.5.4",
                "<b@example.com> =|501 5.5.4",
            })
    void aRecipientThatCouldNotBeSentOnIsRefusedAndNoted(String argument, String reply) {
        EmbeddedSmtp client = greeted();
        client.say(MAIL);
        assertThat(client.say("RCPT TO:" + argument + "\r\n")).startsWith(reply);
        assertThat(client.say("DATA\r\n")).isEqualTo("503 5.5.1 No valid recipients\r\n");
    }

    @Test
    void aHookDecidesAboutARecipientAndTheOthersGoOn() {
        RcptHook hook = new RcptHook() {
            @Override
            public HookResult doRcpt(SMTPSession session, MaybeSender sender, MailAddress recipient) {
                return recipient.getLocalPart().equals("bad")
                        ? HookResult.builder()
                                .hookReturnCode(HookReturnCode.deny())
                                .smtpReturnCode("550")
                                .smtpDescription("5.1.1 no")
                                .build()
                        : HookResult.DECLINED;
            }
        };
        EmbeddedSmtp client = connect(EmbeddedSmtp.with().handler(hook));
        client.say(EHLO + MAIL);
        assertThat(client.say("RCPT TO:<bad@example.com>\r\n")).isEqualTo("550 5.1.1 no\r\n");
        assertThat(client.say(RCPT)).startsWith("250 ");
    }

    @Test
    void recipientsTakeOfTheBudgetUntilTheTransactionEnds() {
        EmbeddedSmtp client = greeted();
        client.say(MAIL);
        for (int i = 0; i < 100; i++) {
            client.say("RCPT TO:<recipient" + i + "@example.com>\r\n");
        }
        assertThat(client.budget.reserved(MemoryUse.ENVELOPES)).isPositive();
        client.say("RSET\r\n");
        assertThat(client.budget.reserved(MemoryUse.ENVELOPES)).isZero();
    }

    @Test
    void oneRecipientTooManyForTheBudgetIsPutOffAndTheOthersGetTheMail() {
        EmbeddedSmtp client = greeted();
        client.say(MAIL);
        client.leave(0, MemoryUse.ENVELOPES);
        String said = "";
        int accepted = -1;
        while (!said.startsWith("452 ") && accepted < 100) {
            said = client.say("RCPT TO:<recipient" + ++accepted + "@example.com>\r\n");
        }
        assertThat(said).startsWith("452 4.3.1 ");
        assertThat(client.say("DATA\r\nFrom: a@example.com\r\n\r\n.\r\n")).contains("250 ");
        assertThat(client.received.get(0).recipients()).hasSize(accepted);
    }

    @Test
    void nothingMayFollowStarttlsInPlainText() {
        EmbeddedSmtp client = connect(EmbeddedSmtp.with().encryption(new NoTls()));
        assertThat(client.say(EHLO)).contains("STARTTLS");
        assertThat(client.say("STARTTLS\r\nMAIL FROM:<evil@example.com>\r\n"))
                .isEqualTo("421 4.7.0 Nothing may follow STARTTLS before TLS has started\r\n");
        assertThat(client.isOpen()).isFalse();
    }

    @Test
    void starttlsAfterALoginInPlainTextIsRefused() {
        EmbeddedSmtp client =
                connect(EmbeddedSmtp.with().encryption(new NoTls()).auth(SmtpAuth.Mode.ANY));
        client.say(EHLO);
        assertThat(client.say("AUTH PLAIN AGEAYg==\r\n")).startsWith("235 2.7.0");
        assertThat(client.say("STARTTLS\r\n")).startsWith("501 5.5.4");
    }

    @Test
    void tlsThatTheBudgetDoesNotAllowIsPutOffAndTheSessionGoesOn() {
        EmbeddedSmtp client = connect(EmbeddedSmtp.with().encryption(new NoTls()));
        client.say(EHLO);
        client.leave(0, MemoryUse.TLS_SESSIONS);
        assertThat(client.say("STARTTLS\r\n")).isEqualTo("454 4.7.0 TLS not available due to temporary reason\r\n");
        assertThat(client.say("NOOP\r\n")).startsWith("250 ");
    }

    @Test
    void aLoginInTheLinesOfAuthIsAccepted() {
        EmbeddedSmtp client = connect(EmbeddedSmtp.with().auth(SmtpAuth.Mode.ANY));
        assertThat(client.say(EHLO)).contains("AUTH PLAIN LOGIN");
        assertThat(client.say("AUTH LOGIN\r\n")).isEqualTo("334 VXNlcm5hbWU6\r\n");
        assertThat(client.say("YQ==\r\n")).isEqualTo("334 UGFzc3dvcmQ6\r\n");
        assertThat(client.say("Yg==\r\n")).startsWith("235 ");
        assertThat(client.say("AUTH PLAIN\r\n")).startsWith("503 5.5.1 Already logged in");
    }

    @ParameterizedTest
    @CsvSource({
        "AUTH, 501 5.5.4",
        "AUTH CRAM-MD5, 504 5.5.4",
        "AUTH PLAIN ???, 501 5.5.2",
        "AUTH PLAIN YQ==, 501 5.5.2",
        "AUTH PLAIN *, 501 5.7.0",
        "AUTH LOGIN *, 501 5.7.0",
        "AUTH PLAIN AGEAYg==, 235 2.7.0"
    })
    void authIsAnsweredByItsArgument(String command, String reply) {
        EmbeddedSmtp client = connect(EmbeddedSmtp.with().auth(SmtpAuth.Mode.ANY));
        client.say(EHLO);
        assertThat(client.say(command + "\r\n")).startsWith(reply);
    }

    @Test
    void aLineOfAuthThatIsNoBase64OrTooLongIsRefused() {
        EmbeddedSmtp client = connect(EmbeddedSmtp.with().auth(SmtpAuth.Mode.ANY));
        client.say(EHLO);
        assertThat(client.say("AUTH PLAIN\r\n\u0001\r\n"))
                .isEqualTo(
                        "334 \r\n501 5.5.2 Cannot decode the response: it is no base64, or not what the mechanism takes\r\n");
        assertThat(client.say("AUTH PLAIN\r\n" + "x".repeat(3_000) + "\r\n"))
                .endsWith("500 5.5.6 Authentication exchange line is too long\r\n");
    }

    @Test
    void refusedRecipientsAreDelayedOneAfterTheOther() {
        EmbeddedSmtp client = connect(EmbeddedSmtp.with().limits(10, Duration.ofMinutes(1), 2));
        client.say(EHLO + MAIL);
        assertThat(client.say("RCPT TO:<bad@@example.com>\r\n")).startsWith("553 ");
        assertThat(client.say("RCPT TO:<bad@@example.com>\r\n")).as("later").isEmpty();
    }

    /** Enough to be offered; no test begins TLS with it. */
    private static final class NoTls implements Encryption {

        @Override
        public boolean isStartTLS() {
            return true;
        }

        @Override
        public boolean supportsEncryption() {
            return true;
        }

        @Override
        public String[] getEnabledCipherSuites() {
            return new String[0];
        }

        @Override
        public ClientAuth getClientAuth() {
            return ClientAuth.NONE;
        }

        @Override
        public SslHandler sslHandler() {
            throw new IllegalStateException("no test begins TLS");
        }
    }
}
