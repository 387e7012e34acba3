package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Any argument of RCPT and MAIL gets one reply, and causes no error in the relay's log. */
class RcptArgumentPropertiesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static LabWorld world;
    private static LoggedProblems log;

    @BeforeContainer
    static void start() throws Exception {
        world = LabWorld.builder().start();
        log = new LoggedProblems();
    }

    @AfterContainer
    static void stop() {
        log.close();
        world.close();
    }

    @Property(tries = 1000)
    void anyBytesGetOneReply(@ForAll("bytes") String argument) throws Exception {
        assertOneReply("RCPT TO:<" + argument + ">");
    }

    @Property(tries = 1000)
    void anyBytesBehindTheVerbGetOneReply(@ForAll("bytes") String argument) throws Exception {
        assertOneReply("RCPT" + argument);
    }

    @Property(tries = 2000)
    void textLikeAnAddressGetsOneReply(@ForAll("nearlyAddresses") String argument) throws Exception {
        assertOneReply("RCPT TO:" + argument);
    }

    @Property(tries = 500)
    void aSenderLikeAnAddressGetsOneReply(@ForAll("nearlyAddresses") String argument) throws Exception {
        assertOneReply("MAIL FROM:" + argument);
    }

    /** Any bytes without CRLF, which would begin a second command. */
    @Provide
    Arbitrary<String> bytes() {
        Arbitrary<String> any =
                Arbitraries.strings().withCharRange('\0', '\u00ff').ofMaxLength(40);
        Arbitrary<String> printable =
                Arbitraries.strings().withCharRange(' ', '~').ofMaxLength(3000);
        Arbitrary<String> oneOddByte = Combinators.combine(
                        nearlyAddresses(),
                        Arbitraries.strings().withCharRange('\0', '\u00ff').ofMaxLength(1),
                        nearlyAddresses())
                .as((a, b, c) -> a + b + c);
        return Arbitraries.oneOf(any, printable, oneOddByte).filter(text -> !text.contains("\r\n"));
    }

    /** Pieces of addresses and parameters in any order. */
    @Provide
    Arbitrary<String> nearlyAddresses() {
        return Arbitraries.of(
                        "<",
                        ">",
                        "@",
                        ".",
                        "\"",
                        "\\",
                        " ",
                        "  ",
                        "   ",
                        ":",
                        ",",
                        ";",
                        "#",
                        "[",
                        "]",
                        "(",
                        ")",
                        "=",
                        "-",
                        "a",
                        "b b",
                        "X X",
                        "example.com",
                        "<b@example.com>",
                        "nonexistent-domain.xyz",
                        "127.0.0.1",
                        "[192.0.2.1]",
                        "IPv6:::1",
                        "postmaster",
                        "NOTIFY=NEVER",
                        "SIZE=1",
                        "\t",
                        "\0",
                        "\r",
                        "\u00fc",
                        "%",
                        "!",
                        "xn--",
                        "--",
                        "..")
                .list()
                .ofMaxSize(12)
                .map(pieces -> String.join("", pieces));
    }

    private static void assertOneReply(String command) throws Exception {
        try (SmtpConversation smtp = SmtpConversation.connect(world.relay().smtpAddress(), PATIENCE)) {
            smtp.send("EHLO client.example");
            if (command.startsWith("RCPT")) {
                smtp.send("MAIL FROM:<a@example.com>");
            }
            smtp.sendRaw((command + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            Reply reply = smtp.readReply();
            assertThat(reply.code() / 100).isIn(2, 4, 5);
            assertThat(reply.lines()).hasSize(1);
            assertNoOther(smtp, command);
        }
        log.assertNone();
    }

    /** Checks that the next reply is that to HELP, or that the connection is closed because of a bare LF. */
    private static void assertNoOther(SmtpConversation smtp, String command) {
        try {
            assertThat(smtp.send("HELP").code()).isEqualTo(502);
        } catch (IOException closed) {
            assertThat(command).contains("\n");
        }
    }
}
