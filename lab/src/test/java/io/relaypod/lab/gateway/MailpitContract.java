package io.relaypod.lab.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

/** The behaviour of Mailpit that relaypod relies on. Runs against the real releases and the stand-in. */
abstract class MailpitContract {

    private static final String UNABLE = "451 4.3.5 Unable to process mail";
    private static final String HEADER = "From: a@contoso.com\r\nTo: b@example.com\r\nSubject: s\r\n";

    private final List<Mailpit> running = new ArrayList<>();

    abstract Mailpit start(Relaying relaying) throws IOException;

    /** The release, or the one that a stand-in simulates. */
    abstract MailpitRelease release() throws IOException;

    @AfterEach
    void stop() {
        running.forEach(Mailpit::close);
    }

    @Test
    void describesItself(TestReporter reporter) throws IOException {
        String description = mailpit(Relaying.none()).description();

        reporter.publishEntry("mailpit", description);
        assertThat(description).containsIgnoringCase("mailpit");
    }

    @Test
    void offersTheExtensionsOfItsReleaseButNotPipelining() throws IOException {
        try (SmtpConversation smtp =
                SmtpConversation.connect(mailpit(Relaying.none()).smtpAddress())) {
            assertThat(smtp.banner().lines())
                    .singleElement()
                    .asString()
                    .matches("220 \\S+ Mailpit ESMTP Service ready");
            assertThat(smtp.send("EHLO client.test").lines().stream().skip(1).map(line -> line.substring(4)))
                    .isEqualTo(
                            release() == MailpitRelease.V1_28_3
                                    ? List.of("SIZE 0", "ENHANCEDSTATUSCODES", "SMTPUTF8")
                                    : List.of("SIZE 52428800", "ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8"));
        }
    }

    @Test
    void repliesAsItsRelease() throws IOException {
        boolean older = release() == MailpitRelease.V1_28_3;
        String again = "503 5.5.1 Bad sequence of commands (RSET/HELO/EHLO required before MAIL)";
        String noAddress = "553 5.1.3 The address is not a valid RFC 5321 address";
        try (SmtpConversation smtp =
                SmtpConversation.connect(mailpit(Relaying.none()).smtpAddress())) {
            assertThat(smtp.send("MAIL FROM:<a@contoso.com>"))
                    .hasToString(
                            older
                                    ? "250 2.1.0 Ok"
                                    : "503 5.5.1 Bad sequence of commands (HELO/EHLO required before MAIL)");
            assertThat(smtp.send("EHLO client.test").lines().get(0)).endsWith(" greets client.test");
            assertThat(smtp.send("RCPT TO:<b@example.com>"))
                    .hasToString("503 5.5.1 Bad sequence of commands (MAIL required before RCPT)");
            assertThat(smtp.send("MAIL FROM:<a@contoso.com> BODY=8BITMIME SIZE=100"))
                    .hasToString("250 2.1.0 Ok");
            assertThat(smtp.send("DATA"))
                    .hasToString("503 5.5.1 Bad sequence of commands (MAIL & RCPT required before DATA)");
            assertThat(smtp.send("RCPT TO:<no domain>"))
                    .hasToString(
                            older
                                    ? "501 5.5.4 Syntax error in parameters or arguments (invalid TO parameter)"
                                    : noAddress);
            assertThat(smtp.send("RCPT TO:<>"))
                    .hasToString("501 5.5.4 Syntax error in parameters or arguments (invalid TO parameter)");
            assertThat(smtp.send("MAIL FROM:<a@contoso.com> SIZE=abc"))
                    .hasToString("501 5.5.4 Syntax error in parameters or arguments (invalid SIZE parameter)");
            assertThat(smtp.send("MAIL FROM:<nobody>"))
                    .hasToString(
                            older
                                    ? "501 5.5.4 Syntax error in parameters or arguments (invalid FROM parameter)"
                                    : noAddress);
            assertThat(smtp.send("RCPT TO:<b@example.com>")).hasToString("250 2.1.5 Ok");
            assertThat(smtp.send("MAIL FROM:<a@contoso.com>")).hasToString(older ? "250 2.1.0 Ok" : again);
            assertThat(smtp.send("NOOP")).hasToString("250 2.0.0 Ok");
            assertThat(smtp.send("VRFY x")).hasToString("502 5.5.1 Command not implemented");
            assertThat(smtp.send("FOO")).hasToString("500 5.5.2 Syntax error, command unrecognized");
            assertThat(smtp.send("RSET")).hasToString("250 2.0.0 Ok");
            assertThat(smtp.send("QUIT").toString())
                    .matches("221 2\\.0\\.0 \\S+ Mailpit ESMTP Service closing transmission channel");
        }
    }

    @Test
    void limitsAddressesLinesAndTheAnnouncedSizeAsItsReleaseDoes() throws IOException {
        boolean older = release() == MailpitRelease.V1_28_3;
        String noRecipient = "501 5.5.4 Syntax error in parameters or arguments (invalid TO parameter)";
        try (SmtpConversation smtp = conversation(mailpit(Relaying.none()))) {
            assertThat(smtp.send("MAIL FROM:<a@contoso.com> SIZE=52428801"))
                    .hasToString(
                            older
                                    ? "250 2.1.0 Ok"
                                    : "552 5.3.4 Requested mail action aborted: exceeded storage allocation (52428800)");
            assertThat(smtp.send("MAIL FROM:<a@contoso.com> SIZE=52428800").code())
                    .isEqualTo(250);
            assertThat(smtp.send("RCPT TO:<" + "l".repeat(64) + "@example.com>").code())
                    .isEqualTo(250);
            assertThat(smtp.send("RCPT TO:<" + "l".repeat(65) + "@example.com>"))
                    .hasToString(older ? noRecipient : "250 2.1.5 Ok");
            assertThat(smtp.send("RCPT TO:<" + "l".repeat(1100) + "@example.com>"))
                    .hasToString(older ? noRecipient : "500 The address is too long");
            assertThat(smtp.send("RCPT TO:<" + "l".repeat(2100) + "@example.com>"))
                    .hasToString(older ? noRecipient : "500 5.5.2 Line too long");
        }
    }

    /** relaypod sends RSET after a message that failed. Without it, 1.30.5 refuses the next MAIL. */
    @Test
    void beginsAnotherTransactionAfterAFailedOneWithRset() throws IOException {
        MailpitStandIn nextHop = nextHop();
        Mailpit mailpit = mailpit(Relaying.to(nextHop.smtpAddress()));
        nextHop.failNext(1, Phase.CONTENT, new Fault.ReplyLine("450 4.0.0 later"));

        try (SmtpConversation smtp = conversation(mailpit)) {
            smtp.send("MAIL FROM:<a@contoso.com>");
            smtp.send("RCPT TO:<b@example.com>");
            assertThat(smtp.data(bytes(HEADER + "\r\nfirst\r\n")).code()).isEqualTo(450);
            assertThat(smtp.send("MAIL FROM:<c@contoso.com>").code())
                    .isEqualTo(release() == MailpitRelease.V1_28_3 ? 250 : 503);
            smtp.send("RSET");
            smtp.send("MAIL FROM:<c@contoso.com>");
            smtp.send("RCPT TO:<d@example.com>");
            assertThat(smtp.data(bytes(HEADER + "\r\nsecond\r\n")).code()).isEqualTo(250);
        }

        assertThat(only(nextHop).recipients()).containsExactly("d@example.com");
    }

    @Test
    void keepsTheEnvelope() throws IOException {
        Mailpit mailpit = mailpit(Relaying.none());

        assertThat(send(
                                mailpit,
                                "s@contoso.com",
                                List.of("x@example.org", "x@example.org", "y@example.org"),
                                HEADER + "\r\nhello\r\n")
                        .toString())
                .matches("250 2\\.0\\.0 Ok: queued as \\w{22}");

        ReceivedMail mail = only(mailpit);
        assertThat(mail.sender()).isEqualTo("s@contoso.com");
        assertThat(mail.recipients()).containsExactly("x@example.org", "x@example.org", "y@example.org");
    }

    @Test
    void acceptsTheEmptySenderAndUtf8Addresses() throws IOException {
        Mailpit mailpit = mailpit(Relaying.none());

        send(mailpit, "", List.of("b@example.com"), HEADER + "\r\nhello\r\n");
        send(mailpit, "jörg@contoso.com", List.of("zoë@example.com"), HEADER + "\r\nhello\r\n");

        assertThat(mailpit.messages()).extracting(ReceivedMail::sender).containsExactly("", "jörg@contoso.com");
        assertThat(mailpit.messages().get(0).text()).doesNotContain("Return-Path");
        assertThat(mailpit.messages().get(1).recipients()).containsExactly("zoë@example.com");
    }

    @Test
    void acceptsAHundredRecipientsInATransaction() throws IOException {
        MailpitStandIn nextHop = nextHop();
        Mailpit mailpit = mailpit(Relaying.to(nextHop.smtpAddress()));
        List<String> hundred =
                IntStream.range(0, 100).mapToObj(i -> "r" + i + "@example.com").toList();

        try (SmtpConversation smtp = conversation(mailpit)) {
            smtp.send("MAIL FROM:<a@contoso.com>");
            for (String recipient : hundred) {
                assertThat(smtp.send("RCPT TO:<" + recipient + ">").code()).isEqualTo(250);
            }
            assertThat(smtp.send("RCPT TO:<r100@example.com>")).hasToString("452 4.5.3 Too many recipients");
            assertThat(smtp.data(bytes(HEADER + "\r\nhello\r\n")).code()).isEqualTo(250);
        }

        assertThat(only(mailpit).recipients()).isEqualTo(hundred);
        assertThat(only(nextHop).recipients()).isEqualTo(hundred);
    }

    @Test
    void relaysEightBitBytesUnchanged() throws IOException {
        MailpitStandIn nextHop = nextHop();
        Mailpit mailpit = mailpit(Relaying.to(nextHop.smtpAddress()));
        byte[] all = new byte[256];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) (i == '\n' || i == '\r' ? ' ' : i);
        }
        String body = HEADER + "X-Raw: \u00e4\u00ff\r\n\r\n" + new String(all, StandardCharsets.ISO_8859_1)
                + "\r\n..\r\n.x\r\n";

        send(mailpit, "a@contoso.com", List.of("b@example.com"), body);

        assertThat(only(mailpit).text()).endsWith(body);
        assertThat(only(nextHop).text()).endsWith(body);
    }

    @Test
    void storesBareLineFeedsAndRelaysThemAsCrLf() throws IOException {
        MailpitStandIn nextHop = nextHop();
        Mailpit mailpit = mailpit(Relaying.to(nextHop.smtpAddress()));

        send(mailpit, "a@contoso.com", List.of("b@example.com"), HEADER + "\r\none\ntwo\rthree\r\n");

        assertThat(only(mailpit).text()).endsWith("\r\n\r\none\ntwo\rthree\r\n");
        assertThat(only(nextHop).text()).endsWith("\r\n\r\none\r\ntwo\rthree\r\n");
    }

    @Test
    void aDotAfterABareLineFeedEndsTheMessageOnlyWithCrLf() throws IOException {
        Mailpit mailpit = mailpit(Relaying.none());

        try (SmtpConversation smtp = conversation(mailpit)) {
            smtp.send("MAIL FROM:<a@contoso.com>");
            smtp.send("RCPT TO:<b@example.com>");
            smtp.send("DATA");
            smtp.sendRaw(bytes(HEADER + "\r\nx\n.\nMAIL FROM:<smuggled@example.com>\r\ny\n.\r\n"));
            assertThat(smtp.readReply().code()).isEqualTo(250);
        }

        assertThat(only(mailpit).text()).endsWith("x\n\nMAIL FROM:<smuggled@example.com>\r\ny\n");
    }

    @Test
    void addsItsFieldsAtTheTop() throws IOException {
        MailpitStandIn nextHop = nextHop();
        Mailpit mailpit = mailpit(Relaying.to(nextHop.smtpAddress()));

        send(mailpit, "a@contoso.com", List.of("b@example.com"), HEADER + "\r\nhello\r\n");

        String added = "Message-ID: <\\w{22}@mailpit>\r\n"
                + "Return-Path: <a@contoso.com>\r\n"
                + "Received: from client\\.test \\(unknown \\[\\S+]\\)\r\n"
                + "        by \\S+ \\(Mailpit\\) with SMTP\r\n"
                + "        for <b@example.com>; \\w{3}, \\d{1,2} \\w{3} \\d{4} [\\d:]{8} [+-]\\d{4} \\(\\S+\\)\r\n";
        assertThat(only(mailpit).text()).matches("(?s)" + added + "From: .*");
        assertThat(only(nextHop).text()).contains("\r\nFrom: ").containsPattern(added);
    }

    @Test
    void keepsAMessageIdAndReplacesAReturnPathThatDiffers() throws IOException {
        Mailpit mailpit = mailpit(Relaying.none());
        String ownId = "Message-ID: <own@contoso.com>\r\n";

        send(
                mailpit,
                "a@contoso.com",
                List.of("b@example.com"),
                HEADER + ownId + "Return-Path: <other@contoso.com>\r\n\r\nhello\r\n");

        assertThat(only(mailpit).text())
                .startsWith("Received: ")
                .endsWith(HEADER + ownId + "Return-Path: <a@contoso.com>\r\n\r\nhello\r\n");
    }

    @Test
    void storesABccForUnlistedRecipientsAndDoesNotRelayIt() throws IOException {
        MailpitStandIn nextHop = nextHop();
        Mailpit mailpit = mailpit(Relaying.to(nextHop.smtpAddress()));

        send(
                mailpit,
                "a@contoso.com",
                List.of("B@example.com", "c@example.com"),
                HEADER + "Message-ID: <own@x>\r\n\r\nhello\r\n");

        assertThat(only(mailpit).text()).startsWith("Bcc: c@example.com\r\n");
        String passedOn = only(nextHop).text();
        assertThat(passedOn.split("Bcc: ", -1))
                .as("only the fields that the next hop, itself a Mailpit, adds")
                .hasSize(2);
    }

    @Test
    void refusesAHeaderLineWithoutAFieldName() throws IOException {
        MailpitStandIn nextHop = nextHop();
        Mailpit mailpit = mailpit(Relaying.to(nextHop.smtpAddress()));

        for (String broken : List.of(
                HEADER + "this is no header\r\n\r\nbody\r\n",
                "From a@b Mon Jan 1\r\n" + HEADER + "\r\nbody\r\n",
                "just text\r\n",
                HEADER + " \r\nbody after a line that only looks empty\r\n\r\nrest\r\n")) {
            assertThat(send(mailpit, "a@contoso.com", List.of("b@example.com"), broken))
                    .hasToString(UNABLE);
        }

        assertThat(mailpit.messages()).isEmpty();
        assertThat(nextHop.messages()).isEmpty();
    }

    @Test
    void acceptsUnusualHeaderFields() throws IOException {
        Mailpit mailpit = mailpit(Relaying.none());
        List<String> odd = List.of(
                "Subject : x\r\n" + HEADER + "\r\nbody\r\n",
                "\r\nbody without a header\r\n",
                HEADER,
                " folded at once\r\n" + HEADER + "\r\nbody\r\n",
                ": x\r\n" + HEADER + "\r\nbody\r\n",
                ">From: x\r\n" + HEADER + "\r\nbody\r\n",
                HEADER + "X-Long: " + "x".repeat(100_000) + "\r\n\r\n" + "y".repeat(100_000) + "\r\n",
                HEADER.replace("\r\n", "\n") + "\nbody\r\n");

        for (String mail : odd) {
            assertThat(send(mailpit, "a@contoso.com", List.of("b@example.com"), mail)
                            .code())
                    .isEqualTo(250);
        }

        List<ReceivedMail> stored = mailpit.messages();
        assertThat(stored).hasSameSizeAs(odd);
        for (int i = 0; i < odd.size(); i++) {
            assertThat(stored.get(i).text()).endsWith(odd.get(i));
        }
    }

    @Test
    void reportsThatTheNextHopIsDownAndStoresNothing() throws IOException {
        MailpitStandIn nextHop = nextHop();
        InetSocketAddress address = nextHop.smtpAddress();
        Mailpit mailpit = mailpit(Relaying.to(address));
        nextHop.close();

        assertThat(sendOne(mailpit)).hasToString(UNABLE);
        assertThat(mailpit.messages()).isEmpty();

        MailpitStandIn again = MailpitStandIn.start(address.getPort(), Relaying.none());
        running.add(again);
        assertThat(sendOne(mailpit).code()).isEqualTo(250);
        assertThat(again.messages()).hasSize(1);
    }

    @Test
    void forwardsARefusalOfTheNextHop() throws IOException {
        MailpitStandIn nextHop = nextHop();
        Mailpit mailpit = mailpit(Relaying.to(nextHop.smtpAddress()));

        for (Phase phase : List.of(Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.CONTENT)) {
            nextHop.failNext(1, phase, new Fault.ReplyLine("550 5.1.1 no such user"));
            // A Mailpit built with Go 1.26 puts the text in quotes.
            assertThat(sendOne(mailpit).toString()).as("at %s", phase).matches("550 \"?5\\.1\\.1 no such user\"?");
        }

        assertThat(mailpit.messages()).isEmpty();
    }

    @Test
    void forwardsNoTextOfAFailedConnection() throws IOException {
        MailpitStandIn nextHop = nextHop();
        Mailpit mailpit = mailpit(Relaying.to(nextHop.smtpAddress()));

        nextHop.failNext(1, Phase.CONNECT, new Fault.ReplyLine("421 4.3.2 busy"));
        assertThat(sendOne(mailpit)).hasToString(UNABLE);
        nextHop.failNext(1, Phase.CONTENT, new Fault.Close());
        assertThat(sendOne(mailpit)).hasToString(UNABLE);
        nextHop.failNext(1, Phase.CONTENT, new Fault.AcceptAndClose());
        assertThat(sendOne(mailpit))
                .as("the next hop has the message nevertheless")
                .hasToString(UNABLE);

        assertThat(mailpit.messages()).isEmpty();
        assertThat(nextHop.messages()).hasSize(1);
    }

    @Test
    void keepsTheEnvelopeOfAFailedMessage() throws IOException {
        MailpitStandIn nextHop = nextHop();
        Mailpit mailpit = mailpit(Relaying.to(nextHop.smtpAddress()));
        nextHop.failNext(1, Phase.CONTENT, new Fault.ReplyLine("450 4.0.0 later"));

        try (SmtpConversation smtp = conversation(mailpit)) {
            smtp.send("MAIL FROM:<a@contoso.com>");
            smtp.send("RCPT TO:<b@example.com>");
            assertThat(smtp.data(bytes(HEADER + "\r\nhello\r\n")).code()).isEqualTo(450);
            assertThat(smtp.data(bytes(HEADER + "\r\nhello\r\n")).code()).isEqualTo(250);
        }

        assertThat(only(nextHop).recipients()).containsExactly("b@example.com");
    }

    @Test
    void losesMessagesThatItCannotRelayUnlessErrorsAreForwarded() throws IOException {
        MailpitStandIn nextHop = nextHop();
        Mailpit mailpit = mailpit(Relaying.losingErrors(nextHop.smtpAddress()));
        nextHop.close();

        assertThat(sendOne(mailpit).code()).isEqualTo(250);

        assertThat(mailpit.messages()).hasSize(1);
        assertThat(nextHop.messages()).isEmpty();
    }

    @Test
    void discardsAMessageWhoseClientClosesBeforeTheEndOfData() throws IOException {
        MailpitStandIn nextHop = nextHop();
        Mailpit mailpit = mailpit(Relaying.to(nextHop.smtpAddress()));

        try (SmtpConversation smtp = conversation(mailpit)) {
            smtp.send("MAIL FROM:<a@contoso.com>");
            smtp.send("RCPT TO:<b@example.com>");
            smtp.send("DATA");
            smtp.sendRaw(bytes(HEADER + "\r\nhalf a mail\r\n"));
        }

        assertThat(sendOne(mailpit).code()).isEqualTo(250);
        assertThat(mailpit.messages()).hasSize(1);
        assertThat(nextHop.messages()).hasSize(1);
    }

    @Test
    void acceptsAMessageWhoseClientClosesBeforeTheReply() throws IOException {
        Mailpit mailpit = mailpit(Relaying.none());

        try (SmtpConversation smtp = conversation(mailpit)) {
            smtp.send("MAIL FROM:<a@contoso.com>");
            smtp.send("RCPT TO:<b@example.com>");
            smtp.send("DATA");
            smtp.sendRaw(bytes(HEADER + "\r\na whole mail\r\n.\r\n"));
        }

        await().untilAsserted(() -> assertThat(mailpit.messages()).hasSize(1));
    }

    @Test
    void acceptsPipelinedCommandsThoughItDoesNotOfferPipelining() throws IOException {
        Mailpit mailpit = mailpit(Relaying.none());

        try (SmtpConversation smtp = conversation(mailpit)) {
            assertThat(smtp.pipeline("MAIL FROM:<a@contoso.com>", "RCPT TO:<>", "RCPT TO:<b@example.com>", "DATA"))
                    .extracting(Reply::code)
                    .containsExactly(250, 501, 250, 354);
            assertThat(smtp.content(bytes(HEADER + "\r\nhello\r\n")).code()).isEqualTo(250);
        }

        assertThat(only(mailpit).recipients()).containsExactly("b@example.com");
    }

    @Test
    void acceptsSeveralMessagesInASession() throws IOException {
        Mailpit mailpit = mailpit(Relaying.none());

        try (SmtpConversation smtp = conversation(mailpit)) {
            for (int i = 0; i < 5; i++) {
                smtp.send("MAIL FROM:<a" + i + "@contoso.com>");
                smtp.send("RCPT TO:<b@example.com>");
                smtp.data(bytes(HEADER + "\r\nhello " + i + "\r\n"));
            }
        }

        assertThat(mailpit.messages())
                .extracting(ReceivedMail::sender)
                .containsExactly(
                        "a0@contoso.com", "a1@contoso.com", "a2@contoso.com", "a3@contoso.com", "a4@contoso.com");
    }

    /** smtp2graph 1.1.4 loses a message if a connection has two. */
    @Test
    void opensAConnectionToTheNextHopForEachMessage() throws IOException {
        MailpitStandIn nextHop = nextHop();
        Mailpit mailpit = mailpit(Relaying.to(nextHop.smtpAddress()));
        try (SmtpConversation smtp = SmtpConversation.connect(mailpit.smtpAddress())) {
            smtp.send("EHLO client.test");
            for (int mail = 0; mail < 3; mail++) {
                smtp.send("MAIL FROM:<a@contoso.com>");
                smtp.send("RCPT TO:<b@example.com>");
                assertThat(smtp.data((HEADER + "\r\nbody\r\n").getBytes(StandardCharsets.US_ASCII))
                                .code())
                        .isEqualTo(250);
            }
        }

        assertThat(nextHop.messages()).hasSize(3);
        assertThat(nextHop.connections()).isEqualTo(3);
    }

    @Test
    void deletesClearedMessages() throws IOException {
        Mailpit mailpit = mailpit(Relaying.none());
        sendOne(mailpit);

        mailpit.clear();
        assertThat(mailpit.messages()).isEmpty();

        sendOne(mailpit);
        assertThat(mailpit.messages()).hasSize(1);
    }

    private Mailpit mailpit(Relaying relaying) throws IOException {
        Mailpit mailpit = start(relaying);
        running.add(mailpit);
        return mailpit;
    }

    /** A next hop that can be made to fail. */
    private MailpitStandIn nextHop() throws IOException {
        MailpitStandIn nextHop = MailpitStandIn.start(Relaying.none());
        running.add(nextHop);
        return nextHop;
    }

    private static Reply sendOne(Mailpit mailpit) throws IOException {
        return send(mailpit, "a@contoso.com", List.of("b@example.com"), HEADER + "\r\nhello\r\n");
    }

    private static Reply send(Mailpit mailpit, String sender, List<String> recipients, String mail) throws IOException {
        try (SmtpConversation smtp = conversation(mailpit)) {
            smtp.send("MAIL FROM:<" + sender + ">");
            for (String recipient : recipients) {
                smtp.send("RCPT TO:<" + recipient + ">");
            }
            return smtp.data(bytes(mail));
        }
    }

    private static SmtpConversation conversation(Mailpit mailpit) throws IOException {
        SmtpConversation smtp = SmtpConversation.connect(mailpit.smtpAddress());
        smtp.send("EHLO client.test");
        return smtp;
    }

    private static ReceivedMail only(Mailpit mailpit) {
        assertThat(mailpit.messages()).hasSize(1);
        return mailpit.messages().get(0);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
