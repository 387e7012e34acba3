package io.relaypod.calendar;

import static io.relaypod.calendar.CalendarMails.CALENDAR;
import static io.relaypod.calendar.CalendarMails.base64;
import static io.relaypod.calendar.CalendarMails.crlf;
import static io.relaypod.calendar.CalendarMails.source;
import static io.relaypod.calendar.CalendarMails.stripped;
import static io.relaypod.calendar.CalendarMails.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

import io.relaypod.address.EmailAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * CalendarMails that programs read in different ways: the calendar goes in every one of them, and nobody's mail is held
 * back for it.
 */
class ReadingsTest {

    private static final String PARTS =
            "--xy\nContent-Type: text/plain\n\nHello\n--xy\nContent-Type: text/calendar\n\n" + CALENDAR + "--xy--\n";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Type: multipart/mixed; boundary*0*=utf-8''x; boundary*1*=%79\n",
                "Content-Type: multipart/mixed; boundary*1=y; boundary*0=x\n",
                "Content-Type: multipart/mixed; boundary*=us-ascii'en'%78y\n",
                "Content-Type: multipart/mixed boundary=xy\n",
                "Content-Type: multipart/mixed, boundary=xy\n",
                "Content-Type: multipart/mixed: boundary=\"xy\" charset=x\n",
                "Content-Type: multipart/mixed; boundary=xy charset=x\n",
                "Content-Type: multipart/mixed; charset=x boundary=xy\n",
                "Content-Type: multipart/mixed; boundary=\"xy\n",
                "Content-Type: multipart/mixed; boundary=\"xy; charset=x\n",
                "Content-Type: multipart/mixed; boundary=xy (a (nested) comment)\n",
                "Content-Type: (a (nested) comment) multipart/mixed; boundary=xy\n",
                "Content-Type: \"multipart/mixed\"; boundary=xy\n",
                "Content-Type: multipart; boundary=xy\n",
                "Content-Type:\nContent-Type: multipart/mixed; boundary=xy\n",
                "Content-Type: (nothing)\nContent-Type: multipart/mixed; boundary=xy\n",
                "Content-Type: multipart/mixed\n",
                "Content-Type: multipart/mixed; boundary=\n",
                "Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=xy\n",
                "Content-Type: multipart/mixed; boundary=other\nContent-Type: multipart/mixed; boundary=xy\n",
                "Content-Type: multipart/mixed; boundary=other; boundary=xy\n",
                "Content-Type: multipart/mixed; boundary=xy; boundary*0=ot; boundary*1=her\n",
                "Content-Type: message/rfc822\nContent-Type: multipart/mixed; boundary=xy\n"
            })
    void aCalendarIsFoundHoweverTheBoundaryIsWritten(String header) throws Exception {
        String mail = crlf("From: a@x.com\n" + header + "\n" + PARTS);

        assertThat(stripped(mail))
                .contains("Hello")
                .doesNotContain("BEGIN:VCALENDAR")
                .doesNotContain("text/calendar");
        assertThat(stripped(mail.replace("calendar", "plain").replace("BEGIN:VCALENDAR", "x")))
                .contains("Hello")
                .contains("first meeting");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Type: text/calendar\nContent-Type: text/plain\n\nx\n",
                "Content-Type: text/plain\nContent-Type: text/calendar\n\nx\n",
                "Content-Type: multipart/mixed; boundary=bb\nContent-Type: text/calendar\n\n--bb\n\nx\n--bb--\n",
                "Content-Type: text/plain; name*0=\"a.\"; name*1=\"ics\"\n\nx\n",
                "Content-Type: text/plain\nContent-Disposition: attachment filename=a.ics\n\nx\n",
                "Content-Type: text/plain\nContent-Disposition: attachment; filename=\"a.ics; x=y\n\nx\n",
                "Content-Type: text/plain\nContent-Disposition: attachment; filename*0*=utf-8''a; filename*1=.ics\n\nx\n",
                "Content-Type: text/plain\nContent-Disposition: attachment; filename=\"=?no-such-charset?q?a=2Eics?=\"\n\nx\n",
                "Content-Type: text/plain\nContent-Disposition: attachment; filename=\"=?utf-16?b?AGEALgBpAGMAcw==?=\"\n\nx\n"
            })
    void aPartThatOneReaderTakesForACalendarGoes(String part) throws Exception {
        assertThat(new CalendarStripper(false)
                        .strip(source(CalendarMails.mixed("Content-Type: text/plain\n\nHello\n", part)))
                        .calendars())
                .isEqualTo(1);
    }

    @Test
    void aPartWithTwoEncodingsIsLookedAtInBoth() throws Exception {
        String content = base64(CALENDAR).replace("\r\n", "\n");
        for (String encodings : new String[] {"7bit,base64", "base64,7bit", ",base64"}) {
            String header = "Content-Type: text/plain\nContent-Transfer-Encoding: "
                    + encodings.replace(",", "\nContent-Transfer-Encoding: ") + "\n\n";

            assertThat(stripped(CalendarMails.mixed("Content-Type: text/plain\n\nHello\n", header + content + "\n")))
                    .contains("Hello")
                    .doesNotContain(content);
            assertThat(stripped(CalendarMails.mixed("Content-Type: text/plain\n\nHello\n", header + CALENDAR + "\n")))
                    .contains("Hello")
                    .doesNotContain("VCALENDAR");
        }
    }

    @Test
    void nobodyKeepsACalendarThatReadersFindInDifferentWays() throws Exception {
        String mail = crlf("Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=xy\n\n" + PARTS);

        assertThat(narrowed(mail)).doesNotContain("VCALENDAR");
        assertThat(narrowed(mail.replaceFirst("Content-Type: text/plain\r\n", "")))
                .contains("VCALENDAR");
        String without = mail.replace("BEGIN:VCALENDAR", "x").replace("/calendar", "/plain");
        assertThat(narrowed(without)).isEqualTo(without);
    }

    /** The copy for one who is invited. */
    private static String narrowed(String mail) throws Exception {
        return text(Invitation.in(source(mail), List.of(EmailAddress.of("booker", "example.net")))
                .narrowed(false));
    }
}
