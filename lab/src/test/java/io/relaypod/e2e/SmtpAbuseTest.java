package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.relaypod.lab.gateway.ReceivedMail;
import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that violate SMTP. Each gets a reply or is disconnected, and the next client is served as before. */
class SmtpAbuseTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int LONGEST_COMMAND = 2048;
    private static final String MAIL = "From: a@example.com\r\nTo: b@example.com\r\nSubject: x\r\n\r\n";

    private static LabWorld world;

    private final LoggedProblems log = new LoggedProblems();

    @BeforeAll
    static void start() throws Exception {
        // One message must stay one message, so blind recipients get no copies of their own.
        world = LabWorld.builder()
                .with("MAX_RECIPIENTS", "1000")
                .with("MAX_BAD_RCPTS", "0")
                .with("BLIND_COPIES", "together")
                .start();
    }

    @AfterAll
    static void stop() {
        world.close();
    }

    @BeforeEach
    void empty() {
        world.mailpit().clear();
    }

    @AfterEach
    void aNormalMessageIsStillAcceptedAndNoErrorWasLogged() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            begin(smtp);
            assertThat(smtp.data(bytes(MAIL + "normal\r\n")).code()).isEqualTo(250);
        }
        await().atMost(PATIENCE)
                .until(() -> world.mailpit().messages().stream()
                        .anyMatch(mail -> mail.text().endsWith("normal\r\n")));
        log.assertNone();
        log.close();
    }

    // --- lines

    @Test
    void aCommandLineThatIsTooLongIsRefusedAndTheSessionContinues() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            assertThat(smtp.send("NOOP " + "x".repeat(LONGEST_COMMAND - 7)).code())
                    .isEqualTo(250);
            for (int length :
                    new int[] {LONGEST_COMMAND + 1, LONGEST_COMMAND + 2, 2 * LONGEST_COMMAND, 8193, 100_000, 1_000_000
                    }) {
                assertThat(smtp.send("NOOP " + "x".repeat(length - 7)).lines())
                        .as("%d bytes", length)
                        .containsExactly("500 5.5.2 Line too long");
            }
            assertThat(smtp.send("RCPT TO:<" + "x".repeat(9000) + "@example.com>")
                            .code())
                    .isEqualTo(500);
            begin(smtp);
            assertThat(smtp.data(bytes(MAIL)).code()).isEqualTo(250);
        }
    }

    @Test
    void aCommandLineWithoutEndIsCutOff() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.sendRaw(new byte[(1 << 20) + LONGEST_COMMAND]);
            assertThat(smtp.readReply().lines()).containsExactly("421 4.7.0 Line too long, closing connection");
            assertClosed(smtp);
        }
    }

    @Test
    void longTextLinesArriveUnchanged() throws Exception {
        StringBuilder mail = new StringBuilder(MAIL);
        for (int length : new int[] {
            998, 999, 2045, 2046, 2047, 2048, 2049, 4093, 4094, 4095, 4096, 4097, 8191, 8192, 8193, 1_000_000
        }) {
            mail.append("x".repeat(length))
                    .append("\r\n")
                    .append(".".repeat(length))
                    .append("\r\n");
        }
        try (SmtpConversation smtp = world.connect()) {
            begin(smtp);
            assertThat(smtp.data(bytes(mail.toString())).code()).isEqualTo(250);
        }
        assertThat(onlyMail().text().endsWith(mail.toString())).isTrue();
    }

    @Test
    void aHeaderFieldOfOneLongLineIsOneField() throws Exception {
        String mail = "From: a@example.com\r\nTo: b@example.com\r\nReferences: "
                + "<0123456789@example.com> ".repeat(450).strip() + "\r\n\r\nx\r\n";
        try (SmtpConversation smtp = world.connect()) {
            begin(smtp);
            assertThat(smtp.data(bytes(mail)).code()).isEqualTo(250);
        }
        assertThat(onlyMail().text().endsWith(mail)).isTrue();
    }

    @Test
    void aTextLineThatIsFarTooLongIsRefusedAtTheEndOfDataAndTheSessionContinues() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            begin(smtp);
            assertThat(smtp.data(bytes(MAIL + "x".repeat(2_000_000) + "\r\n.\r\nend\r\n"))
                            .lines())
                    .containsExactly("554 5.6.0 The mail has a line of more than 1048576 bytes");
            begin(smtp);
            assertThat(smtp.data(bytes(MAIL)).code()).isEqualTo(250);
        }
        onlyMail();
    }

    @Test
    void aBareLfEndsTheSessionWithOneReply() throws Exception {
        for (String command : List.of(
                "NOOP\n",
                "\n",
                "NOOP\nNOOP\r\n",
                "NOOP x\n\r\nNOOP\r\n",
                "RCPT TO:<b@example.com\nRCPT TO:<c@example.com>\r\n")) {
            try (SmtpConversation smtp = world.connect()) {
                smtp.sendRaw(bytes(command));
                assertThat(smtp.readReply().lines())
                        .containsExactly("500 5.5.2 A line ends in CRLF (RFC 5321 2.3.8), closing connection");
                assertClosed(smtp);
            }
        }
    }

    // --- characters

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\0",
                "NOOP \0",
                "NOOP\0",
                "\0NOOP",
                "NOOP \r",
                "EHLO a\rX-Injected: b",
                "EHLO \u001b[31m",
                "NOOP \u007f",
                "MAIL FROM:<a\0@example.com>",
                "MAIL FROM:<a@example.com>\r",
                "MAIL FROM:<\"a\\\rb\"@example.com>",
                "NOOP gr\u00fcn",
                "RCPT TO:<b@example.com>\0",
                "RCPT TO:<b\r@example.com>",
                "RCPT TO:<\"a\\\rRCPT TO:c\"@example.com>",
                "RCPT TO:<\u00fc\0@example.com>"
            })
    void aCommandWithOtherThanPrintableAsciiIsRefused(String command) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            if (command.startsWith("RCPT")) {
                smtp.send("MAIL FROM:<a@example.com>");
            }
            assertThat(smtp.send(command).lines()).containsExactly("500 5.5.2 A command is printable ASCII");
            assertThat(smtp.send("NOOP").code()).isEqualTo(250);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"a b\"@example.com",
                "\"a  b   c\"@example.com",
                "\"a b b b\"@example.com",
                "\"a\\\\b\"@example.com",
                "\"a@b\"@example.com",
                "\"a<b\"@example.com",
                "a\\,b@example.com",
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx@example.com",
                "@example.com",
                "a..b@example.com",
                "a@b@example.com",
                "a,b@example.com"
            })
    void anAddressThatCannotBeRelayedIsRefused(String address) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            assertThat(smtp.send("MAIL FROM:<" + address + ">").code()).isBetween(500, 599);
            assertThat(smtp.send("MAIL FROM:<a@example.com>").code()).isEqualTo(250);
            assertThat(smtp.send("RCPT TO:<" + address + ">").code()).isBetween(500, 599);
            assertThat(smtp.send("DATA").code()).isEqualTo(503);
        }
    }

    @Test
    void unusualValidAddressesReachTheGateway() throws Exception {
        List<String> recipients = List.of(
                "\"a,b\"@example.com",
                "a+b/c=d@example.com",
                "!#$%&'*+-/=?^_`{|}~@example.com",
                "x".repeat(64) + "@example.com");
        try (SmtpConversation smtp = world.connect()) {
            assertThat(smtp.send("MAIL FROM:<\"q.\"@example.com>").code()).isEqualTo(250);
            for (String recipient : recipients) {
                assertThat(smtp.send("RCPT TO:<" + recipient + ">").code())
                        .as(recipient)
                        .isEqualTo(250);
            }
            assertThat(smtp.data(bytes(MAIL)).code()).isEqualTo(250);
        }
        assertThat(recipients(recipients.size())).containsExactlyInAnyOrderElementsOf(recipients);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "RCPT TO:    <b@example.com>",
                "rcpt to:<b@example.com>   ",
                "RCPT TO:<b@example.com> ",
                "RCPT  TO:<b@example.com>"
            })
    void blanksInARcptCommandAreIgnored(String command) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<a@example.com>");
            assertThat(smtp.send(command).code()).isIn(250, 501);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "RCPT TO:<b@example.com> X X",
                "RCPT TO:<b@example.com> X=1 X=2",
                "RCPT TO:<b@example.com> NOTIFY=NEVER NOTIFY=NEVER"
            })
    void parametersThatWereNotOfferedAreRefused(String command) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<a@example.com>");
            assertThat(smtp.send(command).code()).isBetween(500, 599);
        }
    }

    @Test
    void nulAndOtherControlCharactersInAMessageArriveUnchanged() throws Exception {
        String mail =
                "From: a@example.com\r\nSubject: n\0l\r\nX-Bell: \u0007\r\n\r\na\0b\r\n\0\r\n\0.\r\n.\0\r\n\u001b[31m\u007f\r\n";
        try (SmtpConversation smtp = world.connect()) {
            begin(smtp);
            assertThat(smtp.data(bytes(mail)).code()).isEqualTo(250);
        }
        assertThat(onlyMail().text()).endsWith(mail);
    }

    @Test
    void aHeloNameLongerThanADomainIsRefused() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            assertThat(smtp.send("EHLO " + "x".repeat(255)).code()).isEqualTo(250);
            assertThat(smtp.send("EHLO " + "x".repeat(256)).lines()).containsExactly("501 5.5.4 Domain name too long");
            assertThat(smtp.send("HELO " + "x".repeat(2000)).lines()).containsExactly("501 5.5.4 Domain name too long");
            begin(smtp);
            assertThat(smtp.data(bytes(MAIL)).code()).isEqualTo(250);
        }
        assertThat(onlyMail().text()).doesNotContain("xxx");
    }

    // --- floods

    @Test
    void recipientsBeyondTheLimitGetATemporaryFailure() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<a@example.com>");
            List<Reply> replies = smtp.pipeline(IntStream.range(0, 10_000)
                    .mapToObj(i -> "RCPT TO:<r" + i + "@example.com>")
                    .toArray(String[]::new));

            assertThat(replies.subList(0, 1000)).extracting(Reply::code).containsOnly(250);
            assertThat(replies.subList(1000, 10_000)).extracting(Reply::code).containsOnly(452);
            assertThat(replies.get(1000).lines()).allMatch(line -> line.startsWith("452 4.5.3 "));
            // Recipients in To share a copy.
            String to = IntStream.range(0, 1000)
                    .mapToObj(i -> "r" + i + "@example.com")
                    .collect(Collectors.joining(",\r\n "));
            assertThat(smtp.data(bytes("From: a@example.com\r\nTo: " + to + "\r\n\r\n"))
                            .code())
                    .isEqualTo(250);
        }
        assertThat(recipients(1000)).doesNotHaveDuplicates().hasSize(1000);
    }

    @Test
    void aClientOfAnotherProtocolIsCutOff() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            for (int i = 0; i < 20; i++) {
                assertThat(smtp.send("GET / HTTP/1.1").lines()).containsExactly("500 5.5.2 Command unrecognized");
            }
            assertThat(smtp.send("Host: relaypod").lines())
                    .containsExactly("421 4.7.0 Too many errors, closing connection");
            assertClosed(smtp);
        }
    }

    @Test
    void aFloodOfInvalidCommandsIsCutOffAtTheErrorLimit() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.sendRaw(bytes("DATA\r\nRCPT TO:<b@example.com>\r\n\r\n\0\r\n".repeat(5)));
            for (int i = 0; i < 20; i++) {
                assertThat(smtp.readReply().code()).isIn(500, 503);
            }
            smtp.sendRaw(bytes("DATA\r\n".repeat(100_000)));
            assertThatThrownBy(() -> {
                        while (smtp.readReply().code() == 421) {
                            // the last reply, unless the rest of the flood resets the connection first
                        }
                    })
                    .isInstanceOf(IOException.class);
        } catch (SocketException reset) {
            // closed while the flood was being sent
        }
    }

    @Test
    void acceptedMessagesResetTheErrorLimit() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            for (int i = 0; i < 50; i++) {
                assertThat(smtp.send("XYZZY").code()).isEqualTo(500);
                begin(smtp);
                assertThat(smtp.data(bytes(MAIL)).code()).isEqualTo(250);
            }
        }
        await().atMost(PATIENCE).until(() -> world.mailpit().messages().size() == 50);
    }

    // --- order

    @Test
    void commandsOutOfOrderAreRefused() throws Exception {
        try (SmtpConversation smtp = SmtpConversation.connect(world.relay().smtpAddress())) {
            assertThat(smtp.send("MAIL FROM:<a@example.com>").code()).isEqualTo(503);
            assertThat(smtp.send("EHLO").code()).isEqualTo(501);
            assertThat(smtp.send("EHLO client.example").code()).isEqualTo(250);
            assertThat(smtp.send("RCPT TO:<b@example.com>").code()).isEqualTo(503);
            assertThat(smtp.send("DATA").code()).isEqualTo(503);
            assertThat(smtp.send("MAIL FROM:<a@example.com>").code()).isEqualTo(250);
            assertThat(smtp.send("DATA").code()).isEqualTo(503);
            assertThat(smtp.send("RCPT TO:<b@nonexistent-domain.xyz>").code()).isEqualTo(550);
            assertThat(smtp.send("DATA").code()).isEqualTo(503);
            assertThat(smtp.send("DATA now").code()).isEqualTo(500);
        }
    }

    @Test
    void heloAndRsetEndTheTransaction() throws Exception {
        for (String command : List.of("HELO again.example", "EHLO again.example", "RSET")) {
            try (SmtpConversation smtp = world.connect()) {
                begin(smtp);
                assertThat(smtp.send(command).code()).isEqualTo(250);
                assertThat(smtp.send("RCPT TO:<c@example.com>").code()).isEqualTo(503);
                assertThat(smtp.send("DATA").code()).isEqualTo(503);
                assertThat(smtp.send("MAIL FROM:<d@example.com>").code()).isEqualTo(250);
                assertThat(smtp.send("DATA").code()).isEqualTo(503);
            }
        }
    }

    @Test
    void aSecondMailCommandChangesNothing() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            begin(smtp);
            assertThat(smtp.send("MAIL FROM:<second@example.com>").lines())
                    .containsExactly("503 5.5.1 Sender already specified");
            assertThat(smtp.send("MAIL FROM:<third@example.com>").code()).isEqualTo(503);
            assertThat(smtp.send("RCPT TO:<c@example.com>").code()).isEqualTo(250);
            assertThat(smtp.data(bytes(MAIL)).code()).isEqualTo(250);
        }
        assertThat(recipients(2)).containsExactlyInAnyOrder("b@example.com", "c@example.com");
        assertThat(world.mailpit().messages()).extracting(ReceivedMail::sender).containsOnly("a@example.com");
    }

    @Test
    void aMailCommandAfterRefusedRecipientsBeginsATransaction() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            for (int mail = 0; mail < 30; mail++) {
                assertThat(smtp.send("MAIL FROM:<first@example.com>").code()).isEqualTo(250);
                assertThat(smtp.send("RCPT TO:<b@nobody.booker.example>").code())
                        .isEqualTo(550);
            }
            begin(smtp);
            assertThat(smtp.data(bytes(MAIL)).code()).isEqualTo(250);
            assertThat(smtp.pipeline(
                            "MAIL FROM:<a@example.com>",
                            "RCPT TO:<b@other.booker.example>",
                            "MAIL FROM:<a@example.com>",
                            "DATA"))
                    .extracting(Reply::code)
                    .containsExactly(250, 550, 250, 503);
        }
        assertThat(onlyMail().sender()).isEqualTo("a@example.com");
        assertThat(onlyMail().recipients()).containsExactly("b@example.com");
    }

    @Test
    void theNextMessageHasItsOwnTransaction() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            begin(smtp);
            assertThat(smtp.data(bytes(MAIL)).code()).isEqualTo(250);
            assertThat(smtp.send("DATA").code()).isEqualTo(503);
            assertThat(smtp.send("RCPT TO:<c@example.com>").code()).isEqualTo(503);
            smtp.send("MAIL FROM:<d@example.com>");
            assertThat(smtp.send("DATA").code()).isEqualTo(503);
        }
    }

    @Test
    void quitMayFollowTheEndOfDataAtOnce() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            begin(smtp);
            smtp.send("DATA");
            smtp.sendRaw(bytes(MAIL + "x\r\n.\r\nQUIT\r\nNOOP\r\n"));
            assertThat(smtp.readReply().code()).isEqualTo(250);
            assertThat(smtp.readReply().code()).isEqualTo(221);
            assertClosed(smtp);
        }
        onlyMail();
    }

    // --- connections

    @Test
    void aPipelinedSessionOfAClientThatClosesItsOutputIsAnswered() throws Exception {
        try (Socket socket = new Socket(
                world.relay().smtpAddress().getAddress(),
                world.relay().smtpAddress().getPort())) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.getOutputStream()
                    .write(bytes(
                            "EHLO client.example\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@half-closed.booker.example>\r\n"
                                    + "RCPT TO:<b@example.com>\r\nDATA\r\n" + MAIL + "x\r\n.\r\nQUIT\r\n"));
            socket.shutdownOutput();
            String replies = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertThat(replies)
                    .containsSubsequence(
                            "220 ", "250 ", "250 2.1.0", "550 5.1.2", "250 2.1.5", "354 ", "250 2.6.0", "221 ");
        }
        onlyMail();
    }

    @Test
    void aConnectionClosedDuringAMessageDeliversNothing() throws Exception {
        try (Socket socket = new Socket(
                world.relay().smtpAddress().getAddress(),
                world.relay().smtpAddress().getPort())) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.getOutputStream()
                    .write(bytes(
                            "EHLO client.example\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
                                    + MAIL + "x\r\n."));
            socket.shutdownOutput();
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .doesNotContain("250 2.6.0");
        }
        assertNothingArrives();
    }

    @Test
    void aConnectionLostDuringDataLeavesNoFile() throws Exception {
        Set<Path> before = temporaryFiles();
        for (boolean reset : new boolean[] {false, true}) {
            for (int i = 0; i < 20; i++) {
                Socket socket = new Socket(
                        world.relay().smtpAddress().getAddress(),
                        world.relay().smtpAddress().getPort());
                socket.getOutputStream()
                        .write(bytes(
                                "EHLO client.example\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
                                        + MAIL + ("x".repeat(98) + "\r\n").repeat(3000)));
                if (reset) {
                    socket.setSoLinger(true, 0);
                }
                socket.close();
            }
        }
        assertNothingArrives();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(temporaryFiles()).isSubsetOf(before));
    }

    @Test
    void aClientMaySendAByteAtATime() throws Exception {
        String session = "EHLO client.example\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
                + MAIL + "slow\r\n..\r\n.\r\nQUIT\r\n";
        try (SmtpConversation smtp = SmtpConversation.connect(world.relay().smtpAddress())) {
            for (byte each : bytes(session)) {
                smtp.sendRaw(new byte[] {each});
                Thread.sleep(1);
            }
            for (int code : new int[] {250, 250, 250, 354, 250, 221}) {
                assertThat(smtp.readReply().code()).isEqualTo(code);
            }
        }
        assertThat(onlyMail().text()).endsWith("slow\r\n.\r\n");
    }

    @Test
    void silentClientsDoNotKeepOthersOut() throws Exception {
        Socket[] silent = new Socket[100];
        try {
            for (int i = 0; i < silent.length; i++) {
                silent[i] = new Socket(
                        world.relay().smtpAddress().getAddress(),
                        world.relay().smtpAddress().getPort());
                silent[i].getOutputStream().write(bytes("EHLO client.example\r\nMAIL FROM:<a@exam"));
            }
            try (SmtpConversation smtp = world.connect()) {
                begin(smtp);
                assertThat(smtp.data(bytes(MAIL)).code()).isEqualTo(250);
            }
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    private static void begin(SmtpConversation smtp) throws IOException {
        assertThat(smtp.send("MAIL FROM:<a@example.com>").code()).isEqualTo(250);
        assertThat(smtp.send("RCPT TO:<b@example.com>").code()).isEqualTo(250);
    }

    private static void assertClosed(SmtpConversation smtp) {
        assertThatThrownBy(smtp::readReply).isInstanceOf(IOException.class);
    }

    private static void assertNothingArrives() {
        await().during(Duration.ofMillis(500))
                .atMost(PATIENCE)
                .until(() -> world.mailpit().messages().isEmpty());
    }

    // A recipient that the header does not list has a copy of its own.
    private static List<String> recipients(int count) {
        await().atMost(PATIENCE)
                .until(() -> world.mailpit().messages().stream()
                                .mapToInt(mail -> mail.recipients().size())
                                .sum()
                        >= count);
        return world.mailpit().messages().stream()
                .flatMap(mail -> mail.recipients().stream())
                .toList();
    }

    private static ReceivedMail onlyMail() {
        await().atMost(PATIENCE).until(() -> !world.mailpit().messages().isEmpty());
        assertThat(world.mailpit().messages()).hasSize(1);
        return world.mailpit().messages().get(0);
    }

    // James stores a message of more than 100 kB in such a file while receiving it.
    private static Set<Path> temporaryFiles() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.toString().endsWith(".m64")).collect(Collectors.toSet());
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
