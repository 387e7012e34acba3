package io.relaypod.headers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.stream.Stream;
import javax.mail.MessagingException;
import javax.mail.Session;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeMessage;

import io.relaypod.mime.Edits;
import io.relaypod.mime.HeaderSection;
import io.relaypod.mime.MessageSource;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever To and Cc say, another reader finds recipients in what leaves, and nobody else. */
class AnyHeaderPropertiesTest {

    private static final List<String> RECIPIENTS = List.of("a@x.com", "b@x.com");
    private static final List<String> PIECES = List.of(
            "a@x.com",
            "b@x.com",
            "A@X.COM",
            "c@y.com",
            "c@y.com",
            "a",
            "@",
            "x.com",
            "<",
            ">",
            "<a@x.com>",
            "<c@y.com>",
            ",",
            ",",
            ";",
            ":",
            "\"",
            "\\",
            "(",
            ")",
            "[",
            "]",
            " ",
            " ",
            "\t",
            "\r\n ",
            "\r\n\t",
            "=?utf-8?q?c=40y.com?=",
            "Name",
            "\u00e9",
            "\0",
            "\u007f");

    @Property(tries = 10_000)
    void nobodyOutsideTheEnvelopeStaysNamed(@ForAll("values") String to, @ForAll("values") String cc) throws Exception {
        String mail = "To: " + to + "\r\nSubject: s\r\nCc:" + cc + "\r\n\r\nbody\r\n";

        String aligned = apply(mail, new RecipientAlignment(RECIPIENTS, false, List.of()).of(header(mail)));

        assertThat(named(aligned)).isSubsetOf(RECIPIENTS).doesNotHaveDuplicates();
        assertThat(new RecipientAlignment(RECIPIENTS, false, List.of())
                        .of(header(aligned))
                        .isEmpty())
                .isTrue();
        assertThat(aligned).contains("Subject: s\r\n").endsWith("\r\n\r\nbody\r\n");
    }

    @Property(tries = 2_000)
    void aFromFieldIsPutInOrderOnce(@ForAll("values") String from) throws Exception {
        String mail = "From: " + from + "\r\nSubject: s\r\n\r\nbody\r\n";

        String aligned = apply(mail, SenderAlignment.of(HeaderSection.read(source(mail), SenderAlignment.FIELDS)));

        assertThat(apply(aligned, SenderAlignment.of(HeaderSection.read(source(aligned), SenderAlignment.FIELDS))))
                .isEqualTo(aligned);
    }

    @Provide
    Arbitrary<String> values() {
        return Arbitraries.of(PIECES).list().ofMaxSize(15).map(pieces -> String.join("", pieces));
    }

    private static List<String> named(String mail) throws Exception {
        Properties lenient = new Properties();
        lenient.setProperty("mail.mime.address.strict", "false");
        try (InputStream in = source(mail).open()) {
            MimeMessage message = new MimeMessage(Session.getInstance(lenient), in);
            return Stream.of("To", "Cc")
                    .flatMap(name -> addresses(message, name))
                    .map(address -> address.toLowerCase(Locale.ROOT))
                    .toList();
        }
    }

    private static Stream<String> addresses(MimeMessage message, String name) {
        try {
            String value = message.getHeader(name, ",");
            return value == null
                    ? Stream.of()
                    : Arrays.stream(InternetAddress.parseHeader(value, false)).map(InternetAddress::getAddress);
        } catch (MessagingException unreadable) {
            throw new AssertionError("what leaves must be readable", unreadable);
        }
    }

    private static HeaderSection header(String mail) throws Exception {
        return HeaderSection.read(source(mail), RecipientAlignment.FIELDS);
    }

    private static String apply(String mail, Edits edits) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        edits.apply(source(mail), out);
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    private static MessageSource source(String mail) {
        return () -> new ByteArrayInputStream(mail.getBytes(StandardCharsets.ISO_8859_1));
    }
}
