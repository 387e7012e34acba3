package io.relaypod.gateway;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import javax.mail.internet.MimeMessage;

import org.apache.james.server.core.MimeMessageInputStreamSource;
import org.apache.james.server.core.MimeMessageWrapper;
import org.junit.jupiter.api.Named;

/** Messages as bytes, and what becomes of them. */
final class Messages {

    private static final String HEADER = "From: sender@example.com\r\nTo: recipient@example.com\r\nSubject: Test\r\n";

    private Messages() {}

    /** What senders send and a relay must not touch. */
    static Stream<Named<byte[]>> awkward() {
        return Stream.of(
                Named.of("Content-Length", bytes(HEADER + "Content-Length: 4711\r\n\r\nshort\r\n")),
                Named.of(
                        "an 8-bit body",
                        bytes(
                                HEADER + "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                                        + "Content-Transfer-Encoding: 8bit\r\n\r\nGr\u00fc\u00dfe aus K\u00f6ln \u2014 \ud83d\ude00\r\n")),
                Named.of("an 8-bit body that nobody declared", bytes(HEADER + "\r\nGr\u00fc\u00dfe\r\n")),
                Named.of(
                        "Latin-1",
                        latin1(
                                HEADER
                                        + "Content-Type: text/plain; charset=iso-8859-1\r\n\r\n\u00e4\u00f6\u00fc\u00df\u00a0\r\n")),
                Named.of(
                        "8-bit parts",
                        bytes(
                                HEADER
                                        + "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\nPreamble\r\n--b\r\n"
                                        + "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\u00fc\r\n--b--\r\nEpilogue\r\n")),
                Named.of("lone dots", bytes(HEADER + "\r\n.\r\n..\r\n...\r\n.dot\r\n.\r\n.\r\nend\r\n")),
                Named.of("a last line that is a dot", bytes(HEADER + "\r\ntext\r\n.\r\n")),
                Named.of(
                        "long lines",
                        bytes(HEADER + "\r\n" + "x".repeat(5_000) + "\r\n" + "\u00fc".repeat(3_000) + "\r\n")),
                Named.of("blank lines and blanks", bytes(HEADER + "\r\n\r\n\r\n  \r\n\t\r\ntrailing  \r\n\r\n\r\n")),
                Named.of("no body", bytes(HEADER + "\r\n")),
                Named.of("From lines", bytes(HEADER + "\r\nFrom here on\r\n>From there\r\n")),
                Named.of(
                        "odd headers",
                        bytes(
                                "Return-Path: <late@example.com>\r\nReceived: from a\r\n\tby b;\r\n Mon, 1 Jan 2024 00:00:00 +0000\r\n"
                                        + "X-Empty:\r\nX-No-Blank:value\r\nX-Many:   blanks\r\nX-Trailing: blank \r\nsubject: lower\r\nX-Twice: 1\r\nX-Other: -\r\nX-Twice: 2\r\n"
                                        + "X-Folded: a\r\n b\r\n\tc\r\nX-Long: " + "y".repeat(2_000)
                                        + "\r\nFrom: sender@example.com\r\n\r\nbody\r\n")),
                Named.of(
                        "a broken base64 part",
                        bytes(HEADER
                                + "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%\r\n")),
                Named.of(
                        "a wrong Content-Type",
                        bytes(HEADER
                                + "Content-Type: nonsense; ; =\r\nContent-Transfer-Encoding: x-none\r\n\r\nbody\r\n")));
    }

    /** Header fields with bytes above 127, which RFC 6532 has and many programs send without asking. */
    static Stream<Named<byte[]>> with8BitHeaders() {
        return Stream.of(
                Named.of(
                        "UTF-8",
                        bytes(HEADER + "X-Subject: Gr\u00fc\u00dfe aus K\u00f6ln \ud83d\ude00\r\n\r\nbody\r\n")),
                Named.of("Latin-1", latin1(HEADER + "X-Subject: Gr\u00fc\u00dfe\r\n\r\nbody\r\n")),
                Named.of(
                        "UTF-8 cut in two by folding",
                        latin1(HEADER + "X-Subject: \u00c3\r\n \u00bc\r\n\r\nbody\r\n")));
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** As James keeps what it received. */
    static MimeMessageWrapper received(byte[] message) throws Exception {
        return new MimeMessageWrapper(MimeMessageInputStreamSource.create("test", new ByteArrayInputStream(message)));
    }

    static byte[] written(MimeMessage message) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        message.writeTo(out);
        return out.toByteArray();
    }

    /** For comparisons that people can read: every byte is a character. */
    static String text(byte[] message) {
        return new String(message, StandardCharsets.ISO_8859_1);
    }
}
