package io.relaypod.deliverability;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

import io.relaypod.address.AddressSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeliverabilityCheckTest {

    private static final long PART = 256 + (7 + 8) + (7 + 16);
    private static final GraphRules ANY = new GraphRules(AddressSet.parse(""), 0, true);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "From: a@x.com\n\nany : body\nwithout colons\n",
                "From: a@x.com\n",
                "Subject : x\n: x\nX-Empty:\nFrom:\n a@x.com\n\n",
                "Subject: only the envelope knows the sender\n\nx\n",
                "\nno header at all\n",
                "Sender:\nFrom: a@x.com\n",
                "From: Team: a@x.com;\n",
                "From: AW: Re: Anna <a@x.com>\n",
                "From: \"Scanner\" a@x.com\n",
                "From: Acme, Inc. <a@x.com>\n",
                "From: a@x.com, b@x.com\nSender: b@x.com\n",
                "From: a@x.com\nX-Odd: \u0000\u00ff\n"
            })
    void whatWouldBeSentIsTaken(String mail) {
        assertThat(verdict(mail)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "` continued\nFrom: a@x.com\n` | 550 5.6.0 Header line 1: a continuation without a field before it (RFC 5322 section 2.2.3)",
                "`From: a@x.com\nno field\n\nbody\n` | 550 5.6.0 Header line 2: no colon, so that it is no header field (RFC 5322 section 2.2)",
                "`From a@x.com Thu Jan 1 10:00:00 2026\nFrom: a@x.com\n` | 550 5.6.0 Header line 1: the From line of an mbox, which is no header field (RFC 4155)",
                "`From: a@x.com\n>From a@x.com Thu Jan 1 10:00:00 2026\n` | 550 5.6.0 Header line 2: the From line of an mbox, which is no header field (RFC 4155)",
                "`From a@x.com Thu Jan 1\nFrom: a@x.com\n` | 550 5.6.0 Header line 1: no colon, so that it is no header field (RFC 5322 section 2.2)",
                "`From: a@x.com\n \nbody\n` | 550 5.6.0 Header line 3: no colon, so that it is no header field (RFC 5322 section 2.2)",
                "`Subject: x\rFrom: b@x.com\nFrom: a@x.com\n` | 550 5.6.0 Header line 1: a line break that is not CRLF",
                "`Subject: x\u00e2\u0080\u00a8From: b@x.com\nFrom: a@x.com\n` | 550 5.6.0 Header line 1: a line break that is not CRLF",
                "`From: a@x.com\nX: y\nFrom: b@x.com\n` | 550 5.6.0 Header line 3: a second from field (RFC 5322 section 3.6)",
                "`X: y\nFrom: Nobody\n` | 550 5.6.0 Header line 2: no address in the from field (RFC 5322 section 3.6.2)",
                "`From: Team:;\n` | 550 5.6.0 Header line 1: no address in the from field (RFC 5322 section 3.6.2)",
                "`Sender: who\nFrom: a@x.com\n` | 550 5.6.0 Header line 1: no address in the sender field (RFC 5322 section 3.6.2)",
                "`From: a/../b@x.com\n` | 550 5.6.0 No mailbox of Graph can be named <a/../b@x.com>"
            })
    void whatWouldBeRefusedOrKeptForEverIsRefusedHere(String mail, String answer) {
        assertThat(verdict(mail)).hasValue(answer);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`Subject: Your\n booking\n\n` | `Your booking`",
                "`SUBJECT :x\nSubject: second\n` | x",
                "`Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= =?utf-8?B?ISE=?=\n` | Gr\u00fc\u00dfe!!",
                "`Subject: Gr\u00c3\u00bc\u00c3\u009fe\n` | Gr\u00fc\u00dfe",
                "`From: a@x.com\n\nSubject: in the body\n` | ``",
                "`Subject: =?no-such-charset?B?eA==?= =?broken\n` | `x =?broken`"
            })
    void theSubjectIsReadAsPeopleSeeIt(String mail, String subject) {
        assertThat(read(mail).subject()).isEqualTo(subject);
    }

    @Test
    void ofASubjectOfAnyLengthABeginningIsKept() {
        DeliverabilityCheck check = read("Subject: " + "x\n ".repeat(50_000) + "\n");

        assertThat(check.subject()).hasSizeBetween(900, 998);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`From: App <App@X.com>\n` | bounce@x.com | app@x.com",
                "`Sender: s@x.com\nFrom: a@x.com\n` | bounce@x.com | s@x.com",
                "`Sender: s@x.com\n` | bounce@x.com | bounce@x.com",
                "`Sender: s@x.com\n` | `` | s@x.com",
                "`X: y\n` | `` | ``"
            })
    void theMailboxIsTheOneThatGraphSendsFrom(String mail, String sender, String mailbox) {
        assertThat(read(mail).mailbox(sender)).isEqualTo(mailbox);
    }

    private static DeliverabilityCheck read(String mail) {
        DeliverabilityCheck check = new DeliverabilityCheck(ANY);
        for (String line : mail.split("(?<=\n)")) {
            check.line(line.getBytes(StandardCharsets.ISO_8859_1));
        }
        check.verdict("", List.of());
        return check;
    }

    @ParameterizedTest
    @CsvSource({"relaypod-0, true", "RELAYPOD-0, true", "relaypod-1, false", "pod-0, false", "'', false"})
    void aMailThatWasHereTwiceIsALoop(String hostName, boolean isLoop) {
        String ours =
                "Received: from app ([10.0.0.1])\r\n          by relaypod-0 (JAMES SMTP Server ) with ESMTP id Mail1-a"
                        + "\r\n          for <a@x.com>;\r\n          Thu, 26 Nov 2026 10:00:00 +0000 (UTC)\r\n";
        String unfolded = "Received: from mailpit by relaypod-0 (JAMES SMTP Server ) with ESMTP; x\r\n";
        String others = "Received: by other (JAMES SMTP Server )\r\n";
        String rest = "From: a@x.com\r\n\r\nReceived: from a by relaypod-0 (JAMES SMTP Server )\r\n";

        assertThat(loop(hostName, ours + others + rest)).isEmpty();
        assertThat(loop(hostName, ours + others + unfolded + rest).isPresent()).isEqualTo(isLoop);
        assertThat(loop(hostName, ours + others + unfolded + rest)
                        .orElse("554 5.4.6 Mail loop: the mail was at this relay 2 times before"))
                .startsWith("554 5.4.6 Mail loop: the mail was at this relay 2 times before");
    }

    private static Optional<String> loop(String hostName, String mail) {
        DeliverabilityCheck check = new DeliverabilityCheck(ANY, hostName);
        for (String line : mail.split("(?<=\n)")) {
            check.line(line.getBytes(StandardCharsets.ISO_8859_1));
        }
        return check.verdict("", List.of()).map(refusal -> refusal.code() + " " + refusal.text());
    }

    @Test
    void aMailOfMoreThanThirtyHopsIsALoop() {
        String received = "Received: from a by b\n with SMTP; Thu, 26 Nov 2026 10:00:00 +0000\n";

        assertThat(verdict(received.repeat(30) + "From: a@x.com\n\n" + received.repeat(9)))
                .isEmpty();
        assertThat(verdict(received.repeat(30) + "RECEIVED : x\nFrom: a@x.com\n"))
                .hasValue("554 5.4.6 Mail loop suspected: 31 Received fields; at most 30 are taken");
    }

    @Test
    void withoutAFromFieldAndWithAnEmptySenderNobodyCanSendIt() {
        assertThat(verdict(ANY, "", "Subject: x\n"))
                .hasValue("550 5.6.0 No From field and an empty MAIL FROM: there is no mailbox to send from");
        assertThat(verdict(ANY, "", "From: a@x.com\n")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`From: a@x.com\n` | a@x.com",
                "`From: b@y.com, a@x.com\n` | b@y.com",
                "`Sender: s@x.com\nFrom: a@x.com\n` | s@x.com",
                "`From: a@x.com\nSender: s@x.com\n` | a@x.com",
                "`From: \"x@y\"\n <A@x.com>\n` | A@x.com",
                "`Sender: s@x.com\n` | e@x.com",
                "`Subject: x\n` | e@x.com"
            })
    void theSendingMailboxIsTheOneThatSmtp2graphPicks(String mail, String mailbox) {
        assertThat(verdict(new GraphRules(AddressSet.parse("nobody@x.com"), 0, true), "e@x.com", mail))
                .hasValue("550 5.7.1 Mail may not be sent from the mailbox <" + mailbox + ">");
        assertThat(verdict(new GraphRules(AddressSet.parse(mailbox), 0, true), "e@x.com", mail))
                .isEmpty();
        assertThat(verdict(
                        new GraphRules(AddressSet.parse(mailbox.substring(mailbox.indexOf('@'))), 0, true),
                        "e@x.com",
                        mail))
                .isEmpty();
    }

    @Test
    void aMailLeavesRoomForWhatIsAddedToEveryPart() {
        String mail = "From: a@x.com\nTo: b@x.com\nContent-Type: multipart/mixed;\n boundary=\"b 1\"\n\n"
                + "--b 1\n".repeat(30);
        List<String> recipients = Collections.nCopies(150, "r".repeat(50) + "@example.com");
        long size = mail.replace("\n", "\r\n").length();
        long inEveryPart = 100 * (62 + 8) + 7 + 16;
        long most = size
                + 4 * 1024
                + 3 * "To: b@x.com\r\n".length()
                + "From: a@x.com\r\n".length()
                + 9 * 1024
                + 31 * 256
                + (31 + 1) * inEveryPart;

        assertThat(verdict(new GraphRules(AddressSet.parse(""), most, false), "e@x.com", mail, recipients))
                .isEmpty();
        assertThat(verdict(new GraphRules(AddressSet.parse(""), most - 1, false), "e@x.com", mail, recipients))
                .hasValue("552 5.3.4 Message would have " + most + " bytes with what is added on the way; Graph takes "
                        + (most - 1));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "To: undisclosed-recipients:;, 150, 1",
                "To: b@x.com, 150, 1",
                "`To: b@x.com, \"D, E\" <c@x.com>`, 150, 2",
                "`To: b@x.com\nCc: c@x.com, d@x.com`, 150, 3",
                "`To: b@x.com\nBcc: c@x.com, d@x.com`, 150, 1",
                "`To: b@x.com, c@x.com`, 1, 1",
                "ADDRESSES, 150, 100"
            })
    void theLargestCopyHasTheVisibleRecipientsWhereBlindOnesGetTheirOwn(String to, int recipients, int inACopy) {
        String fields = to.replace("\\n", "\n").replace("ADDRESSES", "To: b@x.com" + ", c@x.com".repeat(149));
        DeliverabilityCheck check = new DeliverabilityCheck(new GraphRules(AddressSet.parse(""), 0, true));
        String mail = "From: a@x.com\n" + fields + "\n\nx\n";
        mail.lines().forEach(line -> check.line((line + "\r\n").getBytes(StandardCharsets.US_ASCII)));
        List<String> all = Collections.nCopies(recipients, "r@x.com");

        // smtp2graph writes Bcc and From into the mail, and into one part that may be added to it.
        assertThat(check.sizeAtGraph("e@x.com", all) - check.sizeAtGraph("e@x.com", List.of()))
                .isEqualTo(2L * inACopy * (7 + 8));
    }

    @Test
    void anAttachedMessageThatIsShownInlineIsTwoPartsToSmtp2graph() {
        String mail =
                "From: a@x.com\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: Message/RFC822\nContent-Disposition: inline\n\nSubject: in\n\nx\n";

        assertThat(most(mail) - most(mail.replace("inline", "banana"))).isEqualTo((7 + 8) + (7 + 16));
        assertThat(most(mail) - most(mail.replace("/RFC", "/RFD"))).isEqualTo(PART);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | 0",
                "`Content-Type: multipart/mixed; boundary=\"other\"\n` | 0",
                "`Content-Type: multipart/mixed;\n\tBOUNDARY = \"x-\"; charset=x\n` | 0",
                "`Content-Type: multipart/mixed; boundary=b;x\n` | 294",
                "`Content-Type: multipart/mixed;\n\tBOUNDARY = \"b\"; charset=x\n` | 294",
                "`Content-Type: multipart/mixed; boundary=a; boundary=b\n` | 294",
                "`Content-Type: multipart/mixed; boundary=\n b\n` | 294",
                "`Content-Type: multipart/mixed; boundary\n\t =b\n` | 294",
                "`Content-Type: multipart/mixed; boundary\nX: =b\n` | 256",
                "`Content-Type: multipart/mixed; boundary=\"b\n` | 294",
                "`Content-Type: multipart/mixed; boundary*0=a; boundary*1=b\n` | 0",
                "`Content-Type: multipart/mixed; boundary*1*=%62; boundary*0*=utf-8''\n` | 294",
                "`Content-Type: multipart/mixed boundary=b\n` | 256",
                "`Content-Type: text/plain; boundary=b\n` | 38",
                "`Content-Type: multipart/mixed; boundary=\"\\b\"\n` | 294"
            })
    void aPartIsWhatSmtp2graphOrTheCalendarRulesTakeForOne(String header, int growth) {
        String dump = "From: a@x.com\n" + header + "\n--b\n" + "-- Table structure\n".repeat(50) + "--b--\n";

        assertThat((most(dump) - most(dump.replace("\n-", "\n+")))).isEqualTo(growth);
    }

    @Test
    void theBoundaryOfAPartCountsToo() {
        String mail =
                "From: a@x.com\nContent-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/related; boundary=\"b\"\n\n--b\n-- x\n";

        assertThat(most(mail) - most(mail.replace("--b", "++b"))).isEqualTo(PART);
    }

    private static long most(String mail) {
        String answer = verdict(new GraphRules(AddressSet.parse(""), 1, true), "e@x.com", mail)
                .orElseThrow();
        return Long.parseLong(answer.replaceFirst("552 5.3.4 Message would have (\\d+) bytes.*", "$1"));
    }

    @Test
    void aSenderFieldWithoutEndTakesNoMemory() {
        assertThat(verdict("From: a@x.com\n" + (" " + "x".repeat(900) + "\n").repeat(100)))
                .hasValueSatisfying(answer -> assertThat(answer).contains("a From or Sender field of more than"));
    }

    private static Optional<String> verdict(String mail) {
        return verdict(ANY, "e@x.com", mail);
    }

    private static Optional<String> verdict(GraphRules rules, String sender, String mail) {
        return verdict(rules, sender, mail, List.of("b@x.com"));
    }

    private static Optional<String> verdict(GraphRules rules, String sender, String mail, List<String> recipients) {
        DeliverabilityCheck review = new DeliverabilityCheck(rules);
        for (String line : mail.split("(?<=\n)")) {
            review.line(line.replace("\n", "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        }
        return review.verdict(sender, recipients).map(refusal -> refusal.code() + " " + refusal.text());
    }
}
