package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.relaypod.events.MailEvent;
import io.relaypod.memory.MemoryUse;
import io.relaypod.server.settings.BareNewline;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.api.handler.LineHandler;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.DataLineFilter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of the bytes between DATA and the end of the mail data. */
class MailDataTest {

    private static final String BEGIN =
            "EHLO client.example\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n";
    private static final String HEADER = "From: a@example.com\r\nTo: b@example.com\r\nSubject: s\r\n\r\n";

    private static final String NEXT = "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n";
    private static final String END = "\r\n.\r\n";
    private static final String SMUGGLED =
            "MAIL FROM:<smuggler@example.com>\r\nRCPT TO:<victim@example.com>\r\nDATA\r\n"
                    + "From: ceo@example.com\r\nTo: victim@example.com\r\nSubject: two\r\n\r\nsmuggled";
    private static final Pattern BARE = Pattern.compile("(?<!\r)\n|\r(?!\n)");
    private static final List<String> BEFORE = List.of(
            "", "\r", "\n", "\r\n", "\n\r", "\r\r", "\n\n", "\r\r\n", "\r\n\r", "\r\n\n", "\r\n\0", "\n\0", "\0\r\n");
    private static final List<String> DOTS = List.of(".", "..", ". ", ".\0", "\0.", ".\t", ".\r.", ".\n.");
    private static final List<String> AFTER =
            List.of("", "\r", "\n", "\r\n", "\n\r", "\r\r", "\n\n", "\r\r\n", "\0\r\n", "\r\0\n");

    @TempDir
    private Path directory;

    static Stream<String> falseEnds() {
        return Stream.of(
                "\n.\n",
                "\n.\r\n",
                "\n.\r",
                "\r.\r",
                "\r.\r\n",
                "\r.\n",
                "\r\n.\n",
                "\r\n.\r",
                "\r\n\0.\r\n",
                "\r\n.\0\r\n",
                "\r\n. \r\n",
                "\r\n..\r\n",
                "text.\r\n");
    }

    @ParameterizedTest
    @MethodSource("falseEnds")
    void onlyCrlfDotCrlfEndsTheMessageWhereverTheReadsEnd(String falseEnd) {
        String message = HEADER + "before" + falseEnd + "MAIL FROM:<evil@example.com>\r\nRSET\r\n";
        for (BareNewline mode : BareNewline.values()) {
            for (int border : IntStream.rangeClosed(-1, falseEnd.length()).toArray()) {
                try (EmbeddedSmtp client = begun(EmbeddedSmtp.with().bareNewline(mode))) {
                    int cut = HEADER.length() + "before".length() + Math.max(0, border);
                    String replies = border < 0
                            ? client.drip(message)
                            : client.say(message.substring(0, cut)) + client.say(message.substring(cut));
                    assertThat(replies).as("%s cut at %d", mode, border).isEmpty();
                    assertThat(client.say(".\r\n")).as("the only reply").matches("(250|554) [^\\r\\n]*\r\n");
                    assertThat(client.say("NOOP\r\n")).startsWith("250 ");
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(BareNewline.class)
    void noSequenceMakesTwoMessagesOfOneHoweverItArrives(BareNewline mode) {
        try (EmbeddedSmtp client = begun(EmbeddedSmtp.with().bareNewline(mode).maxMessageSize(1_000))) {
            client.say(".\r\n");
            int accepted = client.stored.size();
            for (String sequence : sequences()) {
                String message = HEADER + "before" + sequence + SMUGGLED;
                String large = HEADER + "x".repeat(998).concat("\r\n").repeat(2) + "before" + sequence + SMUGGLED;
                int code = mode == BareNewline.REFUSE && BARE.matcher(message).find() ? 554 : 250;
                String[] ways = {
                    client.say(NEXT + message + END),
                    client.say(NEXT) + client.drip(message + END),
                    client.say(NEXT + large + END)
                };
                accepted += code == 250 ? 2 : 0;
                assertThat(ways[0])
                        .as(sequence)
                        .endsWith("354 Ok Send data ending with <CRLF>.<CRLF>\r\n" + only(ways[0]));
                assertThat(only(ways[0])).as(sequence).startsWith(code + " ");
                assertThat(only(ways[1])).as("byte by byte: %s", sequence).startsWith(code + " ");
                assertThat(only(ways[2])).as("too large: %s", sequence).startsWith(code == 250 ? "552 " : "554 ");
            }
            assertThat(client.stored).hasSize(accepted);
            assertThat(client.received).allMatch(mail -> mail.recipients().equals(List.of("b@example.com")));
        }
    }

    private static String only(String replies) {
        assertThat(replies.lines()).hasSize(4);
        return replies.lines().skip(3).findFirst().orElseThrow() + "\r\n";
    }

    private static List<String> sequences() {
        return BEFORE.stream()
                .flatMap(before -> DOTS.stream().map(before::concat))
                .flatMap(begun -> AFTER.stream().map(begun::concat))
                .filter(sequence -> !sequence.contains(END))
                .toList();
    }

    @ParameterizedTest
    @EnumSource(BareNewline.class)
    void noPieceOfALongLineEndsTheMessage(BareNewline mode) {
        try (EmbeddedSmtp client = begun(EmbeddedSmtp.with().bareNewline(mode))) {
            client.say(".\r\n");
            for (int length = SmtpLineDecoder.MAX_PIECE - 8; length <= SmtpLineDecoder.MAX_PIECE + 8; length++) {
                for (String sequence : List.of(".\r\n", "\r.\r\n", "\n.\r\n", ".\r", "\r\n.\n")) {
                    String message = HEADER + "x".repeat(length) + sequence + SMUGGLED;
                    boolean isRefused =
                            mode == BareNewline.REFUSE && BARE.matcher(message).find();
                    String replies = client.say(NEXT + message + END);
                    assertThat(only(replies + client.work()))
                            .as("%d %s", length, sequence)
                            .startsWith(isRefused ? "554 " : "250 ");
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb\r\n", "a\r\n.\n\r\n", "\n\r\n"})
    void anLfWithoutCrIsRefusedWithItsCure(String body) {
        try (EmbeddedSmtp client = begun(EmbeddedSmtp.with())) {
            assertThat(client.say(HEADER + body + ".\r\n"))
                    .isEqualTo(
                            "554 5.6.0 The mail has an LF without CR (RFC 5321 2.3.8). End lines with CRLF, or set BARE_NEWLINE=normalize at the relay\r\n");
            assertThat(client.events).last().isInstanceOf(MailEvent.MailRefused.class);
            assertThat(client.stored).isEmpty();
        }
    }

    @Test
    void aCrWithoutLfIsRefused() {
        try (EmbeddedSmtp client = begun(EmbeddedSmtp.with())) {
            assertThat(client.drip(HEADER + "a\rb\r\n.\r\n")).startsWith("554 5.6.0 The mail has a CR without LF");
        }
    }

    @Test
    void bareNewlinesBecomeCrlfWhereTheyAreNormalized() {
        try (EmbeddedSmtp client = begun(EmbeddedSmtp.with().bareNewline(BareNewline.NORMALIZE))) {
            assertThat(client.drip(HEADER + "one\ntwo\rthree\r\r\n.\nfour\r\n.\r\n"))
                    .startsWith("250 ");
            assertThat(body(client)).isEqualTo("one\r\ntwo\r\nthree\r\n.\r\nfour\r\n");
        }
    }

    @ParameterizedTest
    @EnumSource(BareNewline.class)
    void dotsAreUnstuffedOnce(BareNewline mode) {
        try (EmbeddedSmtp client = begun(EmbeddedSmtp.with().bareNewline(mode))) {
            client.say(HEADER + "..\r\n...\r\n.x\r\na..\r\n.\r\n");
            assertThat(body(client)).isEqualTo(".\r\n..\r\n.x\r\na..\r\n");
        }
    }

    @ParameterizedTest
    @EnumSource(BareNewline.class)
    void aLineOfAnyLengthArrivesAsItIsWhereverItsPiecesEnd(BareNewline mode) {
        for (int length = SmtpLineDecoder.MAX_PIECE - 3; length <= SmtpLineDecoder.MAX_PIECE + 3; length++) {
            try (EmbeddedSmtp client = begun(EmbeddedSmtp.with().bareNewline(mode))) {
                String line = "y".repeat(length) + "\r\n";
                client.say(HEADER + line + line);
                client.say(".\r\n");
                client.work();
                assertThat(body(client)).isEqualTo(line + line);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(BareNewline.class)
    void aLongLineTakesOfTheBudgetUntilItsMessageEnds(BareNewline mode) {
        try (EmbeddedSmtp client = begun(EmbeddedSmtp.with().bareNewline(mode))) {
            client.say(HEADER + "z".repeat(100_000));
            client.work();
            assertThat(client.budget.reserved(MemoryUse.LONG_LINES)).isGreaterThanOrEqualTo(200_000);

            client.say("\r\n.\r\n");

            assertThat(client.work()).startsWith("250 ");
            assertThat(client.budget.reserved(MemoryUse.LONG_LINES)).isZero();
            assertThat(body(client)).hasSize(100_002);
        }
    }

    @ParameterizedTest
    @EnumSource(BareNewline.class)
    void aLineOfMoreThanAMebibyteIsRefusedForGood(BareNewline mode) {
        try (EmbeddedSmtp client = begun(EmbeddedSmtp.with().bareNewline(mode))) {
            assertThat(sendInReads(client, HEADER + "z".repeat((1 << 20) + 1) + "\r\n.\r\n"))
                    .startsWith("554 5.6.0 The mail has a line of more than 1048576 bytes");
            assertThat(client.budget.reserved(MemoryUse.LONG_LINES)).isZero();
        }
    }

    @Test
    void aLongLineThatTheBudgetDoesNotAllowIsPutOff() {
        try (EmbeddedSmtp client = begun(EmbeddedSmtp.with())) {
            client.leave(10_000, MemoryUse.LONG_LINES);
            assertThat(sendInReads(client, HEADER + "z".repeat(300_000) + "\r\n.\r\n"))
                    .startsWith("452 4.3.1 ");
        }
    }

    @Test
    void theEventOfAMessageHasItsSubjectAndItsMailbox() {
        try (EmbeddedSmtp client = begun(EmbeddedSmtp.with())) {
            assertThat(client.say(
                            "From: App <App@example.com>\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\r\nx\r\n.\r\n"))
                    .startsWith("250 ");
            assertThat(client.received).singleElement().satisfies(mail -> {
                assertThat(mail.subject()).isEqualTo("Gr\u00fc\u00dfe");
                assertThat(mail.mailbox()).isEqualTo("app@example.com");
                assertThat(mail.messageId()).isNotEmpty();
            });
        }
    }

    @Test
    void aMessageOfTheLargestSizeIsStoredAndOneByteMoreIsNot() {
        int size = HEADER.length() + 3;
        try (EmbeddedSmtp client = begun(EmbeddedSmtp.with().maxMessageSize(size))) {
            assertThat(client.say(HEADER + "1\r\n.\r\n")).startsWith("250 ");
            assertThat(client.received.get(0).size()).isEqualTo(size);
        }
        try (EmbeddedSmtp client = begun(EmbeddedSmtp.with().maxMessageSize(size))) {
            assertThat(client.say(HEADER + "12\r\n.\r\n"))
                    .isEqualTo("552 5.3.4 Message size exceeds fixed maximum message size\r\n");
            assertThat(client.stored).isEmpty();
        }
    }

    @Test
    void aStuffedDotDoesNotCountAsSize() {
        try (EmbeddedSmtp client = begun(EmbeddedSmtp.with().maxMessageSize(HEADER.length() + 3))) {
            assertThat(client.say(HEADER + "..\r\n.\r\n")).startsWith("250 ");
        }
    }

    @Test
    void ofAMessageThatIsTooLargeNothingMoreIsKept() {
        try (EmbeddedSmtp client = begun(EmbeddedSmtp.with().maxMessageSize(100_000))) {
            sendInReads(client, HEADER + "x".repeat(998).concat("\r\n").repeat(1_000));
            assertThat(client.receiving.bytesInFiles()).isLessThan(110_000);
            client.say(".\r\n");
            assertThat(client.work()).startsWith("552 ");
            assertThat(client.receiving.bytesInFiles()).isZero();
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void theReceivedFieldComesFirst() {
        try (EmbeddedSmtp client = begun(EmbeddedSmtp.with())) {
            client.say(HEADER + ".\r\n");
            assertThat(client.stored.get(0))
                    .startsWith("Received: from 192.0.2.7 (EHLO client.example) ([192.0.2.7])\r\n          by ")
                    .contains(" with ESMTP ID ")
                    .contains("for <b@example.com>;\r\n")
                    .endsWith(HEADER);
        }
    }

    @Test
    void aMessageWithoutALineHasItsReceivedFieldToo() {
        try (EmbeddedSmtp client = begun(EmbeddedSmtp.with())) {
            assertThat(client.say(".\r\n")).startsWith("250 ");
            assertThat(client.stored).singleElement().asString().startsWith("Received: ");
        }
    }

    @Test
    void aMessageThatMailpitWouldRefuseIsRefusedAtItsEnd() {
        try (EmbeddedSmtp client = begun(EmbeddedSmtp.with())) {
            assertThat(client.say("no header field\r\n\r\nbody\r\n.\r\n")).startsWith("55");
            assertThat(client.events).last().isInstanceOf(MailEvent.MailRefused.class);
        }
    }

    @Test
    void aFilterOfAnAdminSeesWholeLinesAndTheEnd() {
        StringBuilder seen = new StringBuilder();
        DataLineFilter filter = (session, line, next) -> {
            seen.append(new String(line, java.nio.charset.StandardCharsets.ISO_8859_1));
            return next.onLine(session, line);
        };
        try (EmbeddedSmtp client = begun(EmbeddedSmtp.with().handler(filter))) {
            String message = HEADER + "..\r\n" + "w".repeat(5_000) + "\r\n.\r\n";
            client.say(message);
            assertThat(client.work()).startsWith("250 ");
            assertThat(seen).hasToString(message);
        }
    }

    @Test
    void aFilterOfAnAdminMayAskForTheReply() {
        StringBuilder seen = new StringBuilder();
        DataLineFilter filter = (session, line, next) -> {
            Response response = next.onLine(session, line);
            if (response != null) {
                seen.append(response.getRetCode())
                        .append(response.isEndSession())
                        .append(response.getLines());
            }
            return response;
        };
        try (EmbeddedSmtp client = begun(EmbeddedSmtp.with().handler(filter))) {
            client.say(HEADER + ".\r\n");
            assertThat(client.work()).isEqualTo("250 2.6.0 stored\r\n");
            assertThat(seen).hasToString("250false[250 2.6.0 stored]");
        }
    }

    @Test
    void aFilterOfAnAdminMayRefuseInTheMiddle() {
        DataLineFilter filter = new DataLineFilter() {
            @Override
            public Response onLine(SMTPSession session, byte[] line, LineHandler<SMTPSession> next) {
                session.popLineHandler();
                session.resetState();
                SMTPResponse last = new SMTPResponse("554", "5.7.1 no");
                last.setEndSession(true);
                return last;
            }
        };
        try (EmbeddedSmtp client = begun(EmbeddedSmtp.with().handler(filter))) {
            client.say(HEADER + "more\r\n");
            assertThat(client.work()).isEqualTo("554 5.7.1 no\r\n");
            assertThat(client.isOpen()).isFalse();
            assertThat(client.budget.reserved()).isZero();
        }
    }

    @Test
    void aMessageInAFileIsStoredFromIt() {
        try (EmbeddedSmtp client = begun(EmbeddedSmtp.with())) {
            String line = "f".repeat(998) + "\r\n";
            sendInReads(client, HEADER + line.repeat(200));
            assertThat(client.receiving.bytesInFiles()).isPositive();
            client.say(".\r\n");
            assertThat(client.work()).startsWith("250 ");
            assertThat(body(client)).isEqualTo(line.repeat(200));
        }
        assertThat(directory).isEmptyDirectory();
    }

    private EmbeddedSmtp begun(EmbeddedSmtp.Settings settings) {
        EmbeddedSmtp client = settings.connect(directory);
        assertThat(client.replies() + client.say(BEGIN)).contains("\r\n354 ");
        return client;
    }

    /** As many reads of the socket as the relay would make of it; returns the replies. */
    private static String sendInReads(EmbeddedSmtp client, String bytes) {
        StringBuilder replies = new StringBuilder();
        for (int at = 0; at < bytes.length(); at += 16 << 10) {
            replies.append(client.say(bytes.substring(at, Math.min(bytes.length(), at + (16 << 10)))));
            replies.append(client.work());
        }
        return replies.toString();
    }

    private static String body(EmbeddedSmtp client) {
        String stored = client.stored.get(0);
        return stored.substring(stored.indexOf(HEADER) + HEADER.length());
    }
}
