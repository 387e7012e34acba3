package io.relaypod.deliverability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.relaypod.calendar.CalendarStripper;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What is answered 250 can be handled: no mail is set aside later for a reason that was in its bytes. */
class DamagedMimePropertiesTest {

    static final List<String> HEADER = List.of(
            "Content-Type: ",
            "Content-Type:\r\n",
            "Content-Type: text/plain\r\n",
            "content-type : ",
            "multipart/mixed",
            "multipart/mixed; boundary=b1\r\n",
            "multipart/mixed boundary=b1\r\n",
            "multipart/signed; boundary=\"b2\r\n",
            "message/rfc822\r\n",
            "message/rfc822; boundary=b2\r\n",
            "text/calendar\r\n",
            "; boundary*0=b;",
            "boundary*1=1",
            "boundary*=utf-8''b%31",
            "\r\n ",
            "\r\n",
            ";",
            "\"",
            "(",
            ")",
            "Content-Transfer-Encoding: base64\r\n",
            "Content-Transfer-Encoding:\r\n",
            "Content-Transfer-Encoding: quoted-printable\r\n",
            "Content-Transfer-Encoding: uuencode\r\n",
            "Content-Disposition: inline; filename=\"=?x?q?a.ics?=\"\r\n",
            "name=x.ics",
            "X: y\r\n",
            "\u00ff",
            "\0");
    static final List<String> BODY = List.of(
            "--b1\r\n",
            "--b1\r\n",
            "--b1--\r\n",
            "--b2\r\n",
            "--b2--\r\n",
            "--\r\n",
            "-- \r\n",
            "--b\r\n",
            "\r\n",
            "\r\n",
            "x\r\n",
            "BEGIN:VCALENDAR\r\n",
            "END:VCALENDAR\r\n",
            "QkVHSU46VkNBTEVOREFS\r\n",
            "=42EGIN:VCALENDAR\r\n",
            "begin 644 a.ics\r\n",
            "=\r\n");

    @Property(tries = 4_000)
    void whatIsTakenCanBeReadAndLosesItsCalendars(@ForAll("mails") String mail) {
        if (HostileMails.review(mail).isEmpty()) {
            assertThatCode(() -> {
                        String stripped = stripped(mail);
                        assertThat(new CalendarStripper(false)
                                        .strip(HostileMails.source(stripped))
                                        .calendars())
                                .isZero();
                    })
                    .doesNotThrowAnyException();
        }
    }

    @Property(tries = 60)
    void soItIsForMailsOfManyPartsAndLevels(@ForAll("manyParts") String mail) {
        if (HostileMails.review(mail).isEmpty()) {
            assertThatCode(() -> stripped(mail)).doesNotThrowAnyException();
        }
    }

    private static String stripped(String mail) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new CalendarStripper(mail.length() % 2 == 0)
                .strip(HostileMails.source(mail))
                .writeTo(out);
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    @Provide
    Arbitrary<String> mails() {
        Arbitrary<String> header = Arbitraries.of(HEADER).list().ofMaxSize(8).map(pieces -> String.join("", pieces));
        Arbitrary<String> part = header.flatMap(fields ->
                Arbitraries.of(BODY).list().ofMaxSize(10).map(lines -> fields + "\r\n" + String.join("", lines)));
        return part.list().ofMinSize(1).ofMaxSize(5).map(parts -> "From: a@x.com\r\n" + String.join("", parts));
    }

    @Provide
    Arbitrary<String> manyParts() {
        Arbitrary<String> part = Arbitraries.of(
                "--b1\r\n\r\nx\r\n",
                "--b1\r\nContent-Type: message/rfc822\r\n\r\n",
                "--b2\r\nContent-Type: multipart/x; boundary=b1\r\n\r\n",
                "--b1\r\nContent-Type: multipart/x\r\n\r\n-- x\r\n",
                "--b1\r\nContent-Type: text/calendar\r\n\r\nx\r\n");
        return part.flatMap(one -> part.flatMap(two -> Arbitraries.integers()
                .between(1, 1_200)
                .map(count -> "From: a@x.com\r\nContent-Type: multipart/mixed; boundary=b1\r\n\r\n"
                        + IntStream.range(0, count)
                                .mapToObj(i -> i % 7 == 0 ? one : two)
                                .collect(Collectors.joining()))));
    }
}
