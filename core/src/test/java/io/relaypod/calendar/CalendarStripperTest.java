package io.relaypod.calendar;

import static io.relaypod.calendar.CalendarMails.CALENDAR;
import static io.relaypod.calendar.CalendarMails.base64;
import static io.relaypod.calendar.CalendarMails.crlf;
import static io.relaypod.calendar.CalendarMails.mixed;
import static io.relaypod.calendar.CalendarMails.multipart;
import static io.relaypod.calendar.CalendarMails.source;
import static io.relaypod.calendar.CalendarMails.stripped;
import static io.relaypod.calendar.CalendarMails.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import javax.mail.internet.MimeUtility;

import io.relaypod.address.EmailAddress;
import io.relaypod.mime.UnreadableMailException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CalendarStripperTest {

    private static final String TEXT = "Content-Type: text/plain\n\nHello  \n.odd\nbytes \u00e9\n";
    private static final String IMAGE =
            "Content-Type: image/png; name=a.png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Type: text/calendar; method=REQUEST",
                "content-TYPE : TEXT/Calendar",
                "Content-Type: text/\n calendar",
                "Content-Type: (a comment) text/(and one)calendar",
                "Content-Type: text/calendar method=REQUEST",
                "Content-Type: application/ics",
                "Content-Type: text/x-vcalendar",
                "Content-Type: application/x-vcalendar",
                "Content-Type: text/vcalendar",
                "Content-Type: application/x-ical",
                "Content-Type: text/x-ifb",
                "Content-Type: application/calendar+json",
                "Content-Type: application/vnd.ical+xml",
                "Content-Type: application/octet-stream; name=invite.ics",
                "Content-Type: application/octet-stream; name=\"invite.ICS\"",
                "Content-Disposition: attachment; filename=\"invite.ical\"",
                "Content-Disposition: attachment; filename=a.icalendar",
                "Content-Disposition: attachment; filename=free.ifb",
                "Content-Disposition: attachment; filename=old.vcs",
                "Content-Disposition: attachment; filename=\"invite.ics. \"",
                "Content-Disposition: attachment; filename*=utf-8''invit%C3%A9.i%63s",
                "Content-Disposition: attachment; filename*0=\"invi\"; filename*1=\"te.ics\"",
                "Content-Disposition: attachment; filename*1*=ics; filename*0*=utf-8'en'invite%2E",
                "Content-Type: application/octet-stream; name=\"=?utf-8?Q?invite=2Eics?=\"",
                "Content-Type: application/octet-stream; name==?utf-8?B?aW52aXRlLmljcw==?=",
                "Content-Type: application/octet-stream; name*=us-ascii''x.ics"
            })
    void whatCallsItselfACalendarGoes(String header) throws Exception {
        assertThat(stripped(mixed(TEXT, header + "\n\nnot even a calendar\n", IMAGE)))
                .isEqualTo(mixed(TEXT, IMAGE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n\n  \t\n", "\u00ef\u00bb\u00bf"})
    void whatBeginsAsACalendarGoesWhateverItsType(String before) throws Exception {
        assertThat(stripped(mixed(TEXT, "Content-Type: text/plain\n\n" + before + CALENDAR)))
                .isEqualTo(mixed(TEXT));
        assertThat(stripped(mixed(
                        TEXT,
                        "Content-Type: application/octet-stream\nContent-Transfer-Encoding: BASE64\n\n"
                                + base64(before.replace("\u00ef\u00bb\u00bf", "\ufeff") + CALENDAR) + "\n")))
                .isEqualTo(mixed(TEXT));
        assertThat(stripped(mixed(
                        TEXT, "Content-Transfer-Encoding: quoted-printable\n\n" + before + "BEGIN:V=\nCALENDA=52\n")))
                .isEqualTo(mixed(TEXT));
    }

    @Test
    void aCalendarInUtf16Goes() throws Exception {
        String utf16 =
                new String(("\ufeff" + CALENDAR).getBytes(StandardCharsets.UTF_16LE), StandardCharsets.ISO_8859_1);

        assertThat(stripped(mixed(TEXT, "Content-Type: text/plain\n\n" + utf16.replace("\n", ""))))
                .isEqualTo(mixed(TEXT));
    }

    @Test
    void aTextThatQuotesACalendarStays() throws Exception {
        String mail = mixed(
                "Content-Type: text/plain\n\nSee: BEGIN:VCALENDAR\n",
                "Content-Type: text/plain; name=ics\n\nBEGIN:VCARD\n");

        assertThat(new CalendarStripper(true).strip(source(mail)).isChanged()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"7bit", "base64", "quoted-printable"})
    void theTextBehindAPastedCalendarStays(String encoding) throws Exception {
        String calendar = CALENDAR.replace("Caf\u00e9", "Cafe");
        String head = "Content-Type: text/plain\nContent-Transfer-Encoding: " + encoding + "\n\n";
        String text = "\nThis file does not import:\nBEGIN:VCALENDAR\n";

        assertThat(decoded(encoding, stripped(crlf(head) + encoded(encoding, calendar + "\n" + calendar + text))))
                .isEqualTo(crlf("\n" + text));
        assertThat(decoded(
                        encoding, stripped(crlf("MIME-Version: 1.0\n" + head) + encoded(encoding, calendar + "\n \n"))))
                .contains("Room 5");
        assertThat(narrowedFor("third@example.com", crlf(head) + encoded(encoding, calendar + text)))
                .doesNotContain("Room 5")
                .contains(crlf(text));
        assertThat(narrowedFor("org@example.com", crlf(head) + encoded(encoding, calendar + text)))
                .contains("Room 5", crlf(text))
                .doesNotContain("Booker");
    }

    private static String narrowedFor(String recipient, String mail) throws Exception {
        String encoding = mail.replaceFirst("(?s).*Encoding: (\\S+).*", "$1");
        return decoded(
                encoding,
                text(Invitation.in(
                                source(mail),
                                List.of(EmailAddress.parse(recipient).orElseThrow()))
                        .narrowed(false)));
    }

    private static String encoded(String encoding, String text) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream encoder = MimeUtility.encode(out, encoding)) {
            encoder.write(crlf(text).getBytes(StandardCharsets.ISO_8859_1));
        }
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    private static String decoded(String encoding, String mail) throws Exception {
        String body = mail.split("\r\n\r\n", 2)[1];
        String inForce = mail.contains("charset=utf-8") ? "quoted-printable" : encoding;
        return new String(
                MimeUtility.decode(new ByteArrayInputStream(body.getBytes(StandardCharsets.ISO_8859_1)), inForce)
                        .readAllBytes(),
                StandardCharsets.ISO_8859_1);
    }

    @Test
    void aUuencodedCalendarInATextGoesForTheListedAndTheTextStays() throws Exception {
        String content = encoded("uuencode", CALENDAR.replace("Caf\u00e9", "Cafe"));
        String named = content.replaceFirst("begin .*", "begin 644 invite.ics");
        String unnamed = content.replaceFirst("begin .*", "begin 0644 a b");
        String other =
                encoded("uuencode", "no calendar at all, but a file\n").replaceFirst("begin .*", "begin 644 note.txt");
        String text = crlf(
                "Content-Type: text/plain\n\nbegin 644 how it starts\nDear,\n%s\nend\nbegin 666 x.ics\nis no data\n");

        assertThat(stripped(String.format(text, named + "between\r\n" + unnamed)))
                .isEqualTo(String.format(text, "between\r\n"));
        assertThat(stripped(String.format(text, other))).isEqualTo(String.format(text, other));
        assertThat(stripped(crlf("Content-Type: text/plain\n\n") + named)).contains("This mail was about an event");
        assertThat(stripped(String.format(text, named.replaceFirst("(?s)\r\n[^\r\n]{0,3}\r\nend.*", "\r\n"))))
                .as("without its end")
                .contains("Dear", "is no data")
                .doesNotContain("invite.ics");
        assertThat(Invitation.in(source(String.format(text, named)), List.of())
                        .narrowed(false)
                        .isChanged())
                .as("nobody routes by it")
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "begin 644 a.ics\n\n/0D5'24XZ5D-!3$5.1$%2\nend\nBEGIN:VCALENDAR\nEND:VCALENDAR\n",
                "begin 644 a.ics\n/0D5'24XZ5D-!3$5.1$%2\nBEGIN:VCALENDAR\n",
                "BEGIN:VCALENDAR\nEND:VCALENDAR\nbegin 644 a.ics\n",
                "begin 644 a.ics\n\nBEGIN:VCALENDAR\n"
            })
    void whatIsLeftOfATextBeginsWithNoCalendarEither(String text) throws Exception {
        String left = stripped(crlf("Content-Type: text/plain\n\n" + text));

        assertThat(new CalendarStripper(true).strip(source(left)).calendars())
                .as(left)
                .isZero();
    }

    @Test
    void aMeetingInOutlooksContainerGoesAndAnotherStays() throws Exception {
        String meeting = "Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n"
                + base64("x\u009f>\"IPM.Microsoft Schedule.MtgReq\0") + "\n";
        String note =
                meeting.replace(base64("x\u009f>\"IPM.Microsoft Schedule.MtgReq\0"), base64("x\u009f>\"IPM.Note\0"));
        String byName =
                "Content-Disposition: attachment; filename=WINMAIL.DAT\n\nI\0P\0M\0.\0S\0c\0h\0e\0d\0u\0l\0e\0.\0M\0e\0e\0t\0i\0n\0g\0\n";

        assertThat(stripped(mixed(TEXT, meeting, note, byName))).isEqualTo(mixed(TEXT, note));
    }

    @Test
    void aMeetingIsFoundWhereverInOutlooksContainerItsNameIs() throws Exception {
        for (int at = 0; at < 5_000; at += 97) {
            String tnef = "Content-Type: application/ms-tnef\n\n" + "x".repeat(at) + "IPM.Appointment"
                    + "y".repeat(5_000 - at) + "\n";
            assertThat(stripped(mixed(TEXT, tnef))).as("at " + at).isEqualTo(mixed(TEXT));
            assertThat(stripped(mixed(TEXT, tnef.replace("IPM.App", "IPM.Not"))))
                    .isEqualTo(mixed(TEXT, tnef.replace("IPM.App", "IPM.Not")));
        }
    }

    @Test
    void whatEndsBeforeItIsACalendarStays() throws Exception {
        String mail = mixed(TEXT, "\nBEGIN:VCAL", "Content-Type: text/plain; name*=no-charset''x.i\n\nx\n");

        assertThat(stripped(mail)).isEqualTo(mail);
        assertThat(stripped(mixed(TEXT, "\nBEGIN:VCAL", TEXT).replace("VCAL\r\n", "VCAL")))
                .isEqualTo(mixed(TEXT, "\nBEGIN:VCAL", TEXT).replace("VCAL\r\n", "VCAL"));
        assertThat(stripped(mixed(TEXT, "Content-Type: text/plain; name*=no-charset''x.%69cs\n\nx\n")))
                .isEqualTo(mixed(TEXT));
    }

    @Test
    void partsAtAnyDepthGoAndWhatIsLeftKeepsItsBytes() throws Exception {
        String before = mixed(
                "Content-Type: multipart/alternative; boundary=b2\n\n"
                        + multipart(
                                "b2",
                                TEXT,
                                "Content-Type: text/html\n\n<p>\n",
                                "Content-Type: text/calendar\n\n" + CALENDAR),
                "Content-Type: multipart/related; boundary=b3\n\n"
                        + multipart("b3", "Content-Type: text/calendar\n\n" + CALENDAR),
                "Content-Type: message/rfc822\n\nSubject: inner\nContent-Type: multipart/mixed; boundary=b4\n\n"
                        + multipart("b4", TEXT, "Content-Type: text/calendar\n\n" + CALENDAR),
                IMAGE);
        String after = mixed(
                "Content-Type: multipart/alternative; boundary=b2\n\n"
                        + multipart("b2", TEXT, "Content-Type: text/html\n\n<p>\n"),
                "Content-Type: message/rfc822\n\nSubject: inner\nContent-Type: multipart/mixed; boundary=b4\n\n"
                        + multipart("b4", TEXT),
                IMAGE);

        assertThat(stripped(before)).isEqualTo(after);
    }

    @Test
    void aMailThatWasNothingButACalendarSaysTheEventInWords() throws Exception {
        String mail = crlf(
                "Received: x\nFrom: a@example.com\nContent-class: urn:content-classes:calendarmessage\nMIME-Version: 1.0\n"
                        + "Content-Type: text/calendar; charset=utf-8\nContent-Transfer-Encoding: base64\nSubject: s\n\n"
                        + base64(CALENDAR) + "\n");

        assertThat(stripped(mail)).isEqualTo(crlf("""
            Received: x
            From: a@example.com
            MIME-Version: 1.0
            Subject: s
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            Event: Caf=C3=A9, first meeting
            When: Sunday, 1 March 2026, 10:00 to 11:00 (Europe/Berlin, UTC+01:00)
            Where: Room 5
            Organiser: Org <org@example.com>
            """));
    }

    @Test
    void theHeaderThatCallsTheMailAMeetingGoes() throws Exception {
        String head =
                "From: a@example.com\nContent-class: urn:content-classes:calendarmessage\nContent-Class: urn:content-classes:message\n"
                        + "Content-Type: multipart/mixed; boundary=b1\n\n";

        assertThat(stripped(crlf(head) + multipart("b1", TEXT)))
                .isEqualTo(crlf(head.replace("Content-class: urn:content-classes:calendarmessage\n", ""))
                        + multipart("b1", TEXT));
    }

    @Test
    void aMultipartOfNothingButCalendarsSaysEachEventOnce() throws Exception {
        String mail = mixed(
                "Content-Type: text/calendar\nContent-Transfer-Encoding: base64\n\n" + base64(CALENDAR) + "\n",
                "Content-Type: multipart/mixed; boundary=b2\n\n"
                        + multipart(
                                "b2",
                                "Content-Type: text/calendar\nContent-Transfer-Encoding: base64\n\n" + base64(CALENDAR)
                                        + "\n"),
                "Content-Type: application/ics\nContent-Transfer-Encoding: base64\n\n" + base64(CALENDAR) + "\n");

        assertThat(stripped(mail))
                .containsOnlyOnce("Event: Caf")
                .doesNotContain("--b1", "multipart")
                .endsWith("<org@example.com>\r\n");
        assertThat(text(new CalendarStripper(true).strip(source(mail)))).isEqualTo(stripped(mail));
    }

    @Test
    void theWordsAreThoseOfTheEvents() throws Exception {
        String calendar = CALENDAR.replace(
                        "BEGIN:VEVENT",
                        "BEGIN:VTIMEZONE\nBEGIN:STANDARD\nDTSTART:19700101T000000\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\n"
                                + "BEGIN:VALARM\nSUMMARY:Wake up\nEND:VALARM")
                .replace("END:VCALENDAR", "BEGIN:VEVENT\nSUMMARY:Second\nDESCRIPTION:x\nEND:VEVENT\nEND:VCALENDAR");

        assertThat(stripped(crlf("Content-Type: text/calendar\n\n" + calendar)))
                .contains("first meeting", "1 March 2026, 10:00", "\r\n\r\nEvent: Second\r\n")
                .doesNotContain("Wake up", "1970");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DTSTART;VALUE=DATE:20260301 | DTEND;VALUE=DATE:20260303 | Sunday, 1 March 2026 to Monday, 2 March 2026",
                "DTSTART:20260301 | DTEND:20260302 | Sunday, 1 March 2026",
                "DTSTART:20260301T100000Z | DTEND:20260301T110000Z | Sunday, 1 March 2026, 10:00 to 11:00 UTC",
                "DTSTART:20260301T1000 | X:1 | 20260301T1000",
                "DTSTART:20261301 | X:1 | 20261301"
            })
    void theTimeIsToldAsItIsWritten(String start, String end, String words) throws Exception {
        String mail = crlf("Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\n" + start + "\n" + end
                + "\nEND:VEVENT\nEND:VCALENDAR\n");

        assertThat(stripped(mail).replace("=\r\n", "")).endsWith("\r\n\r\nWhen: " + words + "\r\n");
    }

    @Test
    void aCalendarThatCannotBeReadLeavesANeutralSentence() throws Exception {
        assertThat(stripped(crlf("From: a@example.com\nContent-Type: text/calendar\n\n\u0001garbage\n")))
                .contains("MIME-Version: 1.0\r\n")
                .endsWith(
                        "\r\n\r\nThis mail was about an event in a calendar. Its calendar part was taken out=\r\n on the way.\r\n");
    }

    @Test
    void aMailWithAHeaderAndNoBodyIsStillReplaced() throws Exception {
        assertThat(stripped(crlf("From: a@example.com\nContent-Type: text/calendar\n")))
                .startsWith("From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: text/plain")
                .contains("\r\n\r\nThis mail was");
    }

    @Test
    void theSummaryStandsBehindWhatIsLeftWhenAsked() throws Exception {
        String mail = crlf("From: a@example.com\nContent-Type: multipart/alternative; boundary=b2\nSubject: s\n\n")
                + multipart("b2", TEXT, "Content-Type: text/calendar\n\n" + CALENDAR);

        String summed = text(new CalendarStripper(true).strip(source(mail)));

        String boundary = summed.replaceAll("(?s).*multipart/mixed; boundary=\"([^\"]*)\".*", "$1");
        assertThat(summed)
                .startsWith(crlf(
                                "From: a@example.com\nSubject: s\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\""
                                        + boundary + "\"\n\n--" + boundary
                                        + "\nContent-Type: multipart/alternative; boundary=b2\n\n")
                        + multipart("b2", TEXT));
        assertThat(summed).contains("Where: Room 5\r\n").endsWith("\r\n--" + boundary + "--\r\n");
        assertThat(new CalendarStripper(true).strip(source(summed)).isChanged()).isFalse();
    }

    @Test
    void aSignatureThatCannotHoldGoesAndWhatWasSignedStays() throws Exception {
        String alternative = "Content-Type: multipart/alternative; boundary=b3\n\n";
        String calendar = "Content-Type: text/calendar\n\n" + CALENDAR;
        String signature = "Content-Type: application/pkcs7-signature; name=smime.p7s\n\nAAAA\n";
        String root =
                "From: a@example.com\nContent-Type: multipart/signed; micalg=sha-256; boundary=b2\nSubject: s\n\n";
        String signed =
                crlf(root) + multipart("b2", "X-Odd: 1\n" + alternative + multipart("b3", TEXT, calendar), signature);

        StrippedMail changed = new CalendarStripper(false).strip(source(signed));

        assertThat(changed.signatures()).isOne();
        assertThat(text(changed))
                .isEqualTo(crlf("From: a@example.com\nSubject: s\n" + alternative) + multipart("b3", TEXT) + "\r\n");
        assertThat(stripped(mixed(
                        IMAGE,
                        crlf("Content-Type: multipart/signed; boundary=b2\n\n")
                                + multipart("b2", alternative + multipart("b3", TEXT, calendar), signature))))
                .isEqualTo(mixed(IMAGE, alternative + multipart("b3", TEXT)));
    }

    @Test
    void whatWasSignedAndNothingButACalendarSaysTheEventInWordsOnce() throws Exception {
        String signed = crlf("From: a@example.com\nContent-Type: multipart/signed; boundary=b2\n\n")
                + multipart("b2", "Content-Type: text/calendar\n\n" + CALENDAR, "\nsignature\n");

        assertThat(stripped(signed)).containsOnlyOnce("Where: Room 5").doesNotContain("signature", "--b2");
        assertThat(text(new CalendarStripper(true).strip(source(signed))))
                .containsOnlyOnce("Where: Room 5")
                .doesNotContain("signature", "--b2");
    }

    @Test
    void aMultipartThatHadNoPartsStays() throws Exception {
        String empty = "Content-Type: multipart/mixed; boundary=b2\n\n--b2--\n";

        assertThat(stripped(mixed(empty))).isEqualTo(mixed(empty));
        assertThat(stripped(mixed(empty, "Content-Type: text/calendar\n\nx\n"))).isEqualTo(mixed(empty));
    }

    @Test
    void eachAttachedMessageSaysItsOwnEvent() throws Exception {
        String message = "Content-Type: message/rfc822\n\nSubject: inner\nContent-Type: text/calendar\n\n";
        String mail = mixed(
                message + CALENDAR,
                message + CALENDAR.replace("Room 5", "Room 6"),
                message + CALENDAR.replace("Room 5", "Room 7"));

        String[] messages = stripped(mail).split("Subject: inner");

        assertThat(messages).hasSize(4);
        for (int i = 1; i < 4; i++) {
            assertThat(messages[i]).contains("Where: Room " + (i + 4)).doesNotContain("Room " + (i % 3 + 5));
        }
        assertThat(text(new CalendarStripper(true).strip(source(mail))))
                .as("with nothing left to summarise")
                .isEqualTo(stripped(mail));
    }

    @Test
    void theSummaryOfACalendarMessageIsNone() throws Exception {
        String mail = crlf(
                        "Content-class: urn:content-classes:calendarmessage\nContent-Type: multipart/mixed; boundary=b1\n\n")
                + multipart("b1", TEXT, "Content-Type: text/calendar\n\n" + CALENDAR);

        assertThat(text(new CalendarStripper(true).strip(source(mail))))
                .contains("Where: Room 5")
                .doesNotContain("calendarmessage");
    }

    @Test
    void aSignedMailWithoutACalendarIsNotTouched() throws Exception {
        assertThat(new CalendarStripper(true)
                        .strip(source(
                                crlf("Content-Type: multipart/signed; boundary=b2\n\n") + multipart("b2", TEXT, IMAGE)))
                        .isChanged())
                .isFalse();
    }

    @Test
    void theSummaryIsAddedToAMailThatWasSigned() throws Exception {
        String signed = crlf("From: a@example.com\nContent-Type: multipart/signed; boundary=b2\n\n")
                + multipart(
                        "b2",
                        "Content-Type: multipart/mixed; boundary=b3\n\n"
                                + multipart("b3", TEXT, "Content-Type: text/calendar\n\n" + CALENDAR),
                        "\nsignature\n");

        String summed = text(new CalendarStripper(true).strip(source(signed)));

        assertThat(summed).contains("Where: Room 5").doesNotContain("signature", "--b2", "BEGIN:VCALENDAR");
        assertThat(summed.replaceAll("relaypod-[0-9a-f-]{36}", "rr"))
                .startsWith(crlf(
                                "From: a@example.com\nMIME-Version: 1.0\n"
                                        + "Content-Type: multipart/mixed; boundary=\"rr\"\n\n--rr\nContent-Type: multipart/mixed; boundary=b3\n\n")
                        + multipart("b3", TEXT)
                        + crlf("\n\n--rr\nContent-Type: text/plain; charset=utf-8\n"));
    }

    @Test
    void theSummaryOfWhatIsSignedInsideStandsBehindTheWhole() throws Exception {
        String signed = crlf("Content-Type: multipart/signed; boundary=b2\n\n")
                + multipart("b2", TEXT.replace("Hello", "Signed"), "\nsignature\n");
        String unwrapped = crlf("Content-Type: multipart/signed; boundary=b3\n\n")
                + multipart(
                        "b3",
                        "Content-Type: multipart/mixed; boundary=b4\n\n"
                                + multipart("b4", IMAGE, "Content-Type: text/calendar\n\n" + CALENDAR),
                        "\nsignature\n");

        StrippedMail changed = new CalendarStripper(true).strip(source(mixed(signed, unwrapped)));

        assertThat(changed.signatures()).isOne();
        assertThat(text(changed).replaceAll("relaypod-[0-9a-f-]{36}", "rr"))
                .contains(crlf(
                                "Content-Type: multipart/mixed; boundary=\"rr\"\n\n--rr\nContent-Type: multipart/mixed; boundary=\"b1\"\n\npreamble\n")
                        + multipart(
                                "b1", signed, "Content-Type: multipart/mixed; boundary=b4\n\n" + multipart("b4", IMAGE))
                        + crlf("\n--rr\n"));
    }

    @Test
    void whatIsEncryptedIsLeftAndCounted() throws Exception {
        String pgp = "Content-Type: multipart/encrypted; boundary=b2\n\n"
                + multipart(
                        "b2",
                        "Content-Type: application/pgp-encrypted\n\nVersion: 1\n",
                        "Content-Type: application/octet-stream; name=encrypted.asc\n\n-----BEGIN PGP MESSAGE-----\n");
        String smime =
                "Content-Type: application/pkcs7-mime; name=smime.p7m\nContent-Transfer-Encoding: base64\n\nMIAGCSqGSIb3\n";

        StrippedMail changed = new CalendarStripper(false).strip(source(mixed(pgp, smime)));

        assertThat(changed.isChanged()).isFalse();
        assertThat(changed.opaque()).isEqualTo(2);
    }

    @Test
    void whatOnlyCallsItselfEncryptedIsLookedInto() throws Exception {
        String notEncrypted = "Content-Type: multipart/encrypted; boundary=b2\n\n";
        String image = IMAGE.replace("image/png", "application/octet-stream");

        assertThat(stripped(mixed(
                        TEXT,
                        "Content-Type: application/pkcs7-mime; name=invite.ics\n\nx\n",
                        "Content-Type: application/pkcs7-mime\n\n" + CALENDAR,
                        notEncrypted + multipart("b2", image, "Content-Type: text/calendar\n\nx\n"),
                        notEncrypted + multipart("b2", image, "\n" + CALENDAR))))
                .isEqualTo(mixed(TEXT, notEncrypted + multipart("b2", image), notEncrypted + multipart("b2", image)));
    }

    @Test
    void anEncodedMessageWithACalendarGoesAndOneWithoutStays() throws Exception {
        String head = "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n";
        String with = head + base64("Subject: x\nContent-Type: text/calendar\n\nx\n") + "\n";
        String without = head + base64("Subject: x\n\nx\n") + "\n";
        String encodedParts = "Content-Type: multipart/mixed; boundary=bb\nContent-Transfer-Encoding: base64\n\n"
                + base64("--bb\nContent-Type: text/calendar\n\nx\n--bb--\n") + "\n";

        assertThat(stripped(mixed(with, without, encodedParts))).isEqualTo(mixed(without));
    }

    @Test
    void encodedMessagesInEncodedMessagesAreReadThreeDeepAndNotWithoutEnd() throws Exception {
        String head = "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n";
        String three = head + base64(head + base64(head + base64("Content-Type: text/calendar\n\nx\n")));

        assertThat(stripped(mixed(TEXT, three))).isEqualTo(mixed(TEXT));
        assertThat(stripped(mixed(TEXT, head + base64(three)))).isEqualTo(mixed(TEXT));
        assertThat(stripped(mixed(TEXT, head + base64(three.replace("calendar", "plain")))))
                .isEqualTo(mixed(TEXT));
        String[] eleven = (head + base64("\nx\n") + "\u0000").repeat(11).split("\u0000");
        assertThat(stripped(mixed(eleven))).isEqualTo(mixed(Arrays.copyOf(eleven, 10)));
    }

    @Test
    void everyCalendarIsCounted() throws Exception {
        String calendar = "Content-Type: text/calendar\n\nx\n";

        StrippedMail changed = new CalendarStripper(false)
                .strip(source(mixed(TEXT, calendar, calendar).replace("preamble", "BEGIN:VCALENDAR")
                        + "BEGIN:VCALENDAR\r\n"));

        assertThat(changed.calendars()).isEqualTo(4);
    }

    @Test
    void aCalendarBetweenThePartsGoes() throws Exception {
        assertThat(stripped(mixed(TEXT).replace("preamble", "BEGIN:VCALENDAR") + "BEGIN:VCALENDAR\r\n"))
                .isEqualTo(mixed(TEXT).replace("preamble\r\n", ""));
    }

    @Test
    void boundariesThatNeverEndAreReadToTheEnd() throws Exception {
        String open = mixed(TEXT, "Content-Type: text/calendar\n\n" + CALENDAR).replace("--b1--\r\n", "");

        assertThat(stripped(open)).isEqualTo(mixed(TEXT).replace("--b1--\r\n", ""));
    }

    @Test
    void anInnerBoundaryThatIsTheOuterOneHidesNothing() throws Exception {
        String mail = mixed("Content-Type: multipart/mixed; boundary=b1\n\n"
                + multipart("b1", TEXT, "Content-Type: text/calendar\n\nx\n"));

        assertThat(stripped(mail)).doesNotContain("text/calendar");
    }

    @Test
    void anInnerPartEndsWithTheOuterOne() throws Exception {
        String mail = mixed(
                "Content-Type: multipart/alternative; boundary=b2\n\n--b2\n" + TEXT,
                "Content-Type: text/calendar\n\n" + CALENDAR);

        assertThat(stripped(mail))
                .isEqualTo(mixed("Content-Type: multipart/alternative; boundary=b2\n\n--b2\n" + TEXT));
    }

    @Test
    void aHeaderLineWithoutAColonHidesNothing() throws Exception {
        assertThat(stripped(mixed(TEXT, "no header\nContent-Type: text/calendar\n\nx\n")))
                .isEqualTo(mixed(TEXT));
    }

    @Test
    void whatOnlyLooksOddIsRead() throws Exception {
        String twoTypes = "Content-Type: text/html\nContent-Type: text/plain\n\nx\n";
        String manyFields = "X-Long: " + "x".repeat(100_000) + "\n" + "X: y\n".repeat(10_000) + "\nx\n";
        String longDashes = "\n--" + "b1".repeat(50_000) + "\n";

        assertThat(stripped(mixed(twoTypes, manyFields, longDashes, "Content-Type: text/calendar\n\nx\n")))
                .isEqualTo(mixed(twoTypes, manyFields, longDashes));
    }

    @Test
    void whatNobodyCanReadIsToldApart() {
        assertThatThrownBy(() -> stripped(crlf("Content-Type: message/rfc822\n\n".repeat(1_000))))
                .isInstanceOf(UnreadableMailException.class)
                .hasMessageStartingWith("parts nested more than");
        assertThatThrownBy(
                        () -> stripped(crlf("Content-Type: multipart/mixed; boundary=x\n\n" + "--x\n".repeat(100_000))))
                .isInstanceOf(UnreadableMailException.class)
                .hasMessageStartingWith("more than");
        assertThatThrownBy(() ->
                        stripped(("Content-Type: text/plain; x=" + "x".repeat(60_000) + "\r\n").repeat(40) + "\r\nx"))
                .isInstanceOf(UnreadableMailException.class)
                .hasMessageStartingWith("Content-* fields of more than");
        assertThatThrownBy(() -> stripped("X: y\r\n".repeat(30_000) + "\r\nx"))
                .isInstanceOf(UnreadableMailException.class)
                .hasMessageStartingWith("more than 20000 header fields");
        assertThatThrownBy(() -> stripped("Content-Type: text/plain; x=" + "x".repeat(100_000) + "\r\n\r\nx"))
                .isInstanceOf(UnreadableMailException.class)
                .hasMessageContaining("content-type");
    }
}
