package io.relaypod.smtpclient;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MessageDataOutputTest {

    @ParameterizedTest
    @CsvSource({
        "'', '.$'",
        "'a$', 'a$.$'",
        "'a', 'a$.$'",
        "'.', '..$.$'",
        "'.$', '..$.$'",
        "'a$.$b$', 'a$..$b$.$'",
        "'a$..b', 'a$...b$.$'",
        "'a.b$', 'a.b$.$'",
        "'a~.~b', 'a$..$b$.$'",
        "'a!.!b', 'a$..$b$.$'",
        "'a!', 'a$.$'",
        "'a~!b', 'a$$b$.$'",
        "'a!!~.b', 'a$$..b$.$'"
    })
    void dots_are_doubled_and_line_ends_are_whole(String message, String sent) throws IOException {
        // ~ is a line feed, ! a carriage return, $ both
        assertThat(new String(sent(bytes(message), 1000), StandardCharsets.ISO_8859_1)
                        .replace("\r\n", "$")
                        .replace('\n', '~')
                        .replace('\r', '!'))
                .isEqualTo(sent);
    }

    private static byte[] bytes(String text) {
        return text.replace('~', '\n').replace('!', '\r').replace("$", "\r\n").getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Whatever the pieces in which it is written, a server reads a message of whole lines as it was. */
    @Property(tries = 2000)
    void a_server_reads_every_byte(@ForAll("messages") byte[] message, @ForAll @IntRange(min = 1, max = 9) int piece)
            throws IOException {
        assertThat(unstuffed(sent(message, piece))).isEqualTo(message);
    }

    @Provide
    Arbitrary<byte[]> messages() {
        Arbitrary<String> piece =
                Arbitraries.of("\r\n", ".", "\r\n.", "\r\n.\r\n", "a", "\u00ff", "\u0080", "\0", "\t");
        return piece.list()
                .ofMaxSize(40)
                .map(pieces -> (String.join("", pieces) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    /**
     * Of any bytes, the end of data is the only line that is a dot, for servers that end a line at any of CR and LF.
     */
    @Property(tries = 2000)
    void no_bytes_end_the_message_early(
            @ForAll("anything") byte[] message, @ForAll @IntRange(min = 1, max = 9) int piece) throws IOException {
        String sent = new String(sent(message, piece), StandardCharsets.ISO_8859_1);

        assertThat(List.of(sent.split("\r\n|\r|\n")).stream().filter("."::equals))
                .hasSize(1);
        assertThat(sent).endsWith(".\r\n");
        assertThat(sent.replace("\r\n", "")).doesNotContain("\r", "\n");
    }

    @Provide
    Arbitrary<byte[]> anything() {
        return Arbitraries.of("\r", "\n", ".", "a", "\u00ff")
                .list()
                .ofMaxSize(40)
                .map(pieces -> String.join("", pieces).getBytes(StandardCharsets.ISO_8859_1));
    }

    private static byte[] sent(byte[] message, int piece) throws IOException {
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        MessageDataOutput out = new MessageDataOutput(sent);
        for (int at = 0; at < message.length; at += piece) {
            out.write(message, at, Math.min(piece, message.length - at));
        }
        out.endLine();
        out.end();
        return sent.toByteArray();
    }

    private static byte[] unstuffed(byte[] sent) {
        String text = new String(sent, StandardCharsets.ISO_8859_1);
        StringBuilder message = new StringBuilder();
        for (String line : text.substring(0, text.length() - ".\r\n".length()).split("(?<=\r\n)")) {
            message.append(line.startsWith(".") ? line.substring(1) : line);
        }
        return message.toString().getBytes(StandardCharsets.ISO_8859_1);
    }
}
