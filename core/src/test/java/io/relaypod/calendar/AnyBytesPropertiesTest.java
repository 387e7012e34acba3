package io.relaypod.calendar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

import io.relaypod.address.EmailAddress;
import io.relaypod.mime.UnreadableMailException;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever the bytes are, there is an answer. */
class AnyBytesPropertiesTest {

    // What mails are made of, in any order: far more of these are nearly mails than random bytes would be.
    private static final List<String> PIECES = List.of(
            "\r\n",
            "\r\n",
            "\n",
            "\r",
            " ",
            "\t",
            "\r\n ",
            ":",
            ";",
            "\"",
            "(",
            "--b1\r\n",
            "--b1--\r\n",
            "--b2\r\n",
            "--b2--\r\n",
            "Content-Type: ",
            "multipart/mixed; boundary=b1\r\n\r\n",
            "multipart/signed; boundary=\"b2\"\r\n\r\n",
            "multipart/alternative; boundary=b1",
            "text/calendar",
            "text/plain\r\n\r\n",
            "message/rfc822\r\n\r\n",
            "application/ms-tnef\r\n\r\n",
            "Content-Transfer-Encoding: base64\r\n\r\n",
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
            "=",
            "=\r\n",
            "=4",
            "QkVHSU46VkNBTEVOREFS",
            "BEGIN:VCALENDAR\r\n",
            "BEGIN:VEVENT\r\n",
            "END:VEVENT\r\n",
            "END:VCALENDAR\r\n",
            "ATTENDEE:mailto:a@b.c\r\n",
            "DTSTART:",
            "20260101T",
            "SUMMARY:",
            "name=x.ics\r\n",
            "filename*0*=utf-8''a%",
            "Content-Disposition: x; ",
            "\0",
            "\u00ff",
            "x");

    @Property(tries = 5_000)
    void strippingEndsAndLeavesNoCalendar(@ForAll("mails") String mail) throws Exception {
        Optional<String> stripped = stripped(mail);
        if (stripped.isPresent()) {
            StrippedMail again = new CalendarStripper(false).strip(CalendarMails.source(stripped.get()));
            assertThat(again.calendars()).isZero();
            assertThat(stripped.get().length()).isLessThanOrEqualTo(mail.length() + 12_000);
        }
    }

    @Property(tries = 2_000)
    void narrowingEnds(@ForAll("mails") String mail) throws Exception {
        try {
            List<EmailAddress> recipients = List.of(new EmailAddress("a", "b.c"), new EmailAddress("d", "b.c"));
            Invitation invitation = Invitation.in(CalendarMails.source(mail), recipients);
            String copy = CalendarMails.text(invitation.narrowed(mail.length() % 2 == 0));
            StrippedMail again =
                    Invitation.in(CalendarMails.source(copy), recipients).narrowed(false);
            assertThat(again.narrowed()).isZero();
            assertThat(again.calendars()).isZero();
            assertThat(copy.length()).isLessThanOrEqualTo(mail.length() + 12_000);
        } catch (UnreadableMailException told) {
            assertThat(told).hasMessageMatching(".+");
        }
    }

    private static Optional<String> stripped(String mail) throws Exception {
        try {
            StrippedMail changed = new CalendarStripper(mail.length() % 2 == 0).strip(CalendarMails.source(mail));
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            changed.writeTo(out);
            if (!changed.isChanged()) {
                assertThat(out.toString(StandardCharsets.ISO_8859_1)).isEqualTo(mail);
            }
            return Optional.of(out.toString(StandardCharsets.ISO_8859_1));
        } catch (UnreadableMailException told) {
            assertThat(told).hasMessageMatching(".+");
            return Optional.empty();
        }
    }

    @Provide
    Arbitrary<String> mails() {
        return Arbitraries.of(PIECES).list().ofMaxSize(60).map(pieces -> String.join("", pieces));
    }
}
