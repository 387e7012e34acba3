package io.relaypod.calendar;

import static io.relaypod.calendar.CalendarMails.crlf;
import static io.relaypod.calendar.CalendarMails.stripped;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.mail.internet.MimeUtility;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The words say what the calendar says: no less of what matters, and nothing that it does not. */
class EventSummaryTest {

    private static final String BERLIN = """
        BEGIN:VTIMEZONE
        TZID:W. Europe Standard Time
        BEGIN:STANDARD
        DTSTART:16010101T030000
        TZOFFSETFROM:+0200
        TZOFFSETTO:+0100
        RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
        END:STANDARD
        BEGIN:DAYLIGHT
        DTSTART:16010101T020000
        TZOFFSETFROM:+0100
        TZOFFSETTO:+0200
        RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
        END:DAYLIGHT
        END:VTIMEZONE
        """;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ISO-8859-1 | ISO-8859-1 | Gespr\u00e4ch \u00fcber \u00d6l",
                "windows-1252 | windows-1252 | 5 \u20ac \u2013 \u201eja\u201c",
                "utf-8 | UTF-8 | \u4f1a\u8b70 \u00e9",
                "no-such-charset | UTF-8 | Caf\u00e9",
                "'' | UTF-8 | Caf\u00e9",
                "utf-8 | windows-1252 | Caf\u00e9, declared wrongly",
                "'' | ISO-8859-1 | Caf\u00e9, not declared",
                "UTF-16 | UTF-16 | Caf\u00e9 \u4f1a",
                "koi8-r | koi8-r | \u0412\u0441\u0442\u0440\u0435\u0447\u0430"
            })
    void theTextIsReadInTheCharsetOfThePart(String declared, String charset, String summary) throws Exception {
        byte[] calendar = crlf("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:" + summary + "\nEND:VEVENT\nEND:VCALENDAR\n")
                .getBytes(Charset.forName(charset));
        String base64 = Base64.getMimeEncoder().encodeToString(calendar);

        assertThat(words("Content-Type: text/calendar" + (declared.isEmpty() ? "" : "; charset=\"" + declared + "\"")
                        + "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64 + "\r\n"))
                .isEqualTo("Event: " + summary + "\r\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"METHOD:CANCEL | X:1", "METHOD:REQUEST | STATUS:CANCELLED", "X:1 | STATUS:cancelled"})
    void aCancellationReadsAsOne(String method, String status) throws Exception {
        assertThat(wordsOf(method, "SUMMARY:Talk\n" + status + "\nCOMMENT:Sorry\\, I am ill"))
                .isEqualTo("Cancelled event: Talk\r\nComment: Sorry, I am ill\r\n");
        assertThat(wordsOf(method, status)).isEqualTo("Cancelled event\r\n");
    }

    @Test
    void theCancellationOfOneOccurrenceSaysWhich() throws Exception {
        assertThat(wordsOf("METHOD:CANCEL", "SUMMARY:Talk\nRECURRENCE-ID:20261217T090000Z"))
                .isEqualTo(
                        "Cancelled event: Talk\r\nOnly this one of a series: Thursday, 17 December 2026, 09:00 UTC\r\n");
        assertThat(wordsOf("METHOD:CANCEL", "SUMMARY:Talk\nRECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20261217"))
                .endsWith("This and all later ones of a series: Thursday, 17 December 2026\r\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ATTENDEE;CN=Ann;PARTSTAT=ACCEPTED:mailto:ann@example.com | Answer of Ann <ann@example.com>: accepted",
                "ATTENDEE;PARTSTAT=declined:MAILTO:ann@example.com | Answer of ann@example.com: declined",
                "ATTENDEE;CN=\"ann@example.com\";PARTSTAT=TENTATIVE:mailto:ann@example.com | Answer of ann@example.com: accepted tentatively",
                "ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO=\"mailto:bob@example.com\":mailto:ann@example.com | Answer of ann@example.com: delegated to bob@example.com",
                "ATTENDEE:mailto:ann@example.com | Answer of ann@example.com: not decided yet",
                "X:1 | Answer of an attendee: unknown"
            })
    void anAnswerSaysWhoAnsweredWhat(String attendee, String words) throws Exception {
        assertThat(wordsOf("METHOD:REPLY", "SUMMARY:Talk\n" + attendee + "\nCOMMENT:Will be\\nlate"))
                .isEqualTo(words + "\r\nEvent: Talk\r\nComment: Will be late\r\n");
    }

    @Test
    void aProposalIsNoInvitationAndGooglesCommentIsFound() throws Exception {
        assertThat(wordsOf(
                        "METHOD:COUNTER",
                        "SUMMARY:Talk\nATTENDEE;CN=Ann;X-RESPONSE-COMMENT=\"later: please\":mailto:ann@example.com"))
                .isEqualTo(
                        "Other time or details proposed by Ann <ann@example.com>\r\nEvent: Talk\r\nComment: later: please\r\n");
    }

    @Test
    void anInvitationSaysNothingOfWhoElseIsInvited() throws Exception {
        assertThat(wordsOf("METHOD:REQUEST", "SUMMARY:Talk\nATTENDEE;CN=Ann:mailto:ann@example.com"))
                .isEqualTo("Event: Talk\r\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DTSTART:20261210T090000Z | DURATION:PT1H30M | Thursday, 10 December 2026, 09:00 to 10:30 UTC",
                "DTSTART:20261210T233000Z | DURATION:PT1H | Thursday, 10 December 2026, 23:30 to Friday, 11 December 2026, 00:30 UTC",
                "DTSTART;VALUE=DATE:20261210 | DURATION:P2D | Thursday, 10 December 2026 to Friday, 11 December 2026",
                "DTSTART;VALUE=DATE:20261210 | DURATION:P1D | Thursday, 10 December 2026",
                "DTSTART:20261210T090000Z | DURATION:P1W | Thursday, 10 December 2026, 09:00 to Thursday, 17 December 2026, 09:00 UTC",
                "DTSTART:20261210T090000Z | DURATION:-PT1H | Thursday, 10 December 2026, 09:00 UTC",
                "DTSTART:20261210T090000Z | DTEND:20261210T090000Z | Thursday, 10 December 2026, 09:00 UTC",
                "DTSTART:20261210T090000 | DTEND:20261210T100000 | Thursday, 10 December 2026, 09:00 to 10:00",
                "DTSTART;TZID=Europe/Berlin:20261210T090000 | DTEND;TZID=Europe/Berlin:20261210T100000 | Thursday, 10 December 2026, 09:00 to 10:00 (Europe/Berlin, UTC+01:00)",
                "DTSTART;TZID=Europe/London:20260710T090000 | DURATION:PT1H | Friday, 10 July 2026, 09:00 to 10:00 (Europe/London, UTC+01:00)",
                "DTSTART;TZID=Europe/Berlin:20260329T010000 | DURATION:PT2H | Sunday, 29 March 2026, 01:00 (Europe/Berlin, UTC+01:00) to Sunday, 29 March 2026, 04:00 (Europe/Berlin, UTC+02:00)",
                "DTSTART;TZID=/example.com/1/Asia/Kolkata:20261210T090000 | X:1 | Thursday, 10 December 2026, 09:00 (/example.com/1/Asia/Kolkata, UTC+05:30)",
                "DTSTART;TZID=\"W. Europe Standard Time\":20261210T090000 | DURATION:PT1H | Thursday, 10 December 2026, 09:00 to 10:00 (W. Europe Standard Time, UTC+01:00)",
                "DTSTART;TZID=W. Europe Standard Time:20260610T090000 | X:1 | Wednesday, 10 June 2026, 09:00 (W. Europe Standard Time, UTC+02:00)",
                "DTSTART;TZID=(UTC+01:00) Somewhere:20260610T090000 | X:1 | Wednesday, 10 June 2026, 09:00 ((UTC+01:00) Somewhere)",
                "DTSTART:20261210T090000Z | DURATION:P1DT99999999999H | Thursday, 10 December 2026, 09:00 UTC",
                "DTSTART:99999999T999999Z | DURATION:PT1H | 99999999T999999Z"
            })
    void timesHaveAnEndAndTheZoneOfTheEventWithItsOffset(String start, String end, String words) throws Exception {
        String before = wordsOf(BERLIN, start + "\n" + end);
        String behind = words(crlf("Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\n" + start + "\n" + end
                + "\nEND:VEVENT\n" + BERLIN + "END:VCALENDAR\n"));

        assertThat(before).isEqualTo("When: " + words + "\r\n");
        assertThat(behind).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "FREQ=WEEKLY;COUNT=10 | every week, 10 times",
                "FREQ=DAILY;UNTIL=20270301T090000Z | every day, until 1 March 2027",
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;WKST=MO | every 2 weeks on Monday, Wednesday",
                "FREQ=MONTHLY;BYDAY=2TU | every month (BYDAY=2TU)",
                "FREQ=YEARLY;UNTIL=soon | every year (UNTIL=SOON)",
                "by the moon | by a rule of its own (by the moon)"
            })
    void aSeriesRepeats(String rule, String words) throws Exception {
        assertThat(wordsOf("X:1", "SUMMARY:Talk\nRRULE:" + rule))
                .isEqualTo("Event: Talk\r\nRepeats: " + words + "\r\n");
        assertThat(wordsOf("X:1", "SUMMARY:Talk\nRDATE:20261210T090000Z"))
                .isEqualTo("Event: Talk\r\nRepeats: on other days\r\n");
    }

    @Test
    void severalEventsAreSaidAndThoseBeyondTwentyCounted() throws Exception {
        String events = IntStream.rangeClosed(1, 30)
                .mapToObj(i -> "BEGIN:VEVENT\nSUMMARY:Lesson " + i + "\nEND:VEVENT\n")
                .collect(Collectors.joining());

        assertThat(words(crlf("Content-Type: text/calendar\n\nBEGIN:VCALENDAR\n" + events + "END:VCALENDAR\n")))
                .startsWith("Event: Lesson 1\r\n\r\nEvent: Lesson 2\r\n")
                .contains("Lesson 20\r\n\r\nAnd 10 more.\r\n")
                .doesNotContain("Lesson 21");
    }

    @Test
    void aTaskIsATaskAndATentativeEventIsSaidToBeOne() throws Exception {
        assertThat(
                        words(
                                crlf(
                                        "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:Pay\nDUE;VALUE=DATE:20261210\nEND:VTODO\nEND:VCALENDAR\n")))
                .isEqualTo("Task: Pay\r\nDue: Thursday, 10 December 2026\r\n");
        assertThat(wordsOf("X:1", "SUMMARY:Talk\nSTATUS:TENTATIVE")).isEqualTo("Event: Talk\r\nStatus: tentative\r\n");
    }

    @Test
    void whatStandsBehindALargeAttachmentIsReadAndLongTextIsCut() throws Exception {
        assertThat(wordsOf("X:1", "ATTACH;VALUE=BINARY:" + "QUFB".repeat(200_000) + "\nSUMMARY:Talk"))
                .isEqualTo("Event: Talk\r\n");
        assertThat(wordsOf("X:1", "SUMMARY:" + "\u00e4\u00b8\u00ad".repeat(5_000)))
                .isEqualTo("Event: " + "\u4e2d".repeat(200) + "...\r\n");
    }

    private static String wordsOf(String ofCalendar, String ofEvent) throws Exception {
        return words(crlf("Content-Type: text/calendar\n\nBEGIN:VCALENDAR\n" + ofCalendar.strip() + "\nBEGIN:VEVENT\n"
                + ofEvent + "\nEND:VEVENT\nEND:VCALENDAR\n"));
    }

    /** What a mail that is nothing but a calendar says without it. */
    private static String words(String mail) throws Exception {
        String body = stripped(mail).split("\r\n\r\n", 2)[1];
        return new String(
                MimeUtility.decode(
                                new ByteArrayInputStream(body.getBytes(StandardCharsets.ISO_8859_1)),
                                "quoted-printable")
                        .readAllBytes(),
                StandardCharsets.UTF_8);
    }
}
