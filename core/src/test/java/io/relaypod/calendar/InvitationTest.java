package io.relaypod.calendar;

import static io.relaypod.calendar.CalendarMails.CALENDAR;
import static io.relaypod.calendar.CalendarMails.base64;
import static io.relaypod.calendar.CalendarMails.crlf;
import static io.relaypod.calendar.CalendarMails.mixed;
import static io.relaypod.calendar.CalendarMails.multipart;
import static io.relaypod.calendar.CalendarMails.source;
import static io.relaypod.calendar.CalendarMails.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;

import io.relaypod.address.EmailAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InvitationTest {

    private static final String BOTH = "Content-Type: text/calendar; method=REQUEST\n\n" + CALENDAR;
    private static final String BOOKER_LINES = "ATTENDEE;CN=Booker;RSVP=TRUE:MAILTO:book\n er@example.net\n";

    @Test
    void whoIsNoAttendeeGetsNoCalendar() throws Exception {
        assertThat(Invitation.in(
                                source(mixed(BOTH)),
                                addresses("ORG@example.com", "booker@example.net", "third@example.net"))
                        .calendarRecipients())
                .containsExactlyInAnyOrder(address("org@example.com"), address("booker@example.net"));
    }

    @Test
    void anInvitationIsNarrowedToTheRecipientsOfACopy() throws Exception {
        assertThat(narrowed(mixed(BOTH), "org@example.com")).isEqualTo(mixed(BOTH.replace(BOOKER_LINES, "")));
    }

    @Test
    void anInvitationOfExactlyItsRecipientsIsNotTouched() throws Exception {
        assertThat(narrowing(mixed(BOTH), "booker@example.net", "org@example.com")
                        .isChanged())
                .isFalse();
    }

    @Test
    void aNarrowedCalendarStaysInItsEncoding() throws Exception {
        String head = "Content-Type: application/ics; name=invite.ics\nContent-Transfer-Encoding: base64\n\n";

        assertThat(narrowed(mixed(head + base64(CALENDAR)), "org@example.com"))
                .isEqualTo(mixed(head + base64(CALENDAR.replace(BOOKER_LINES, "")) + "\n")
                        .replace("\r\n\r\n--b1--", "\r\n--b1--"));
    }

    @Test
    void aQuotedPrintableCalendarIsNarrowedToo() throws Exception {
        String head = "Content-Type: text/calendar\nContent-Transfer-Encoding: quoted-printable\n\n";

        String copy = narrowed(
                mixed(head + CALENDAR.replace("Caf\u00e9", "Caf=C3=A9").replace("=ACCEPTED", "=3DACC=\nEPTED")),
                "booker@example.net");

        assertThat(copy).contains("Caf=C3=A9", "er@example", "--b1--").doesNotContain("PARTSTAT");
        assertThat(narrowing(copy, "booker@example.net").isChanged()).isFalse();
    }

    @Test
    void aCalendarThatNamesNobodyIsNotTouched() throws Exception {
        String ticket = mixed(
                "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nORGANIZER:mailto:o@example.com\nEND:VEVENT\nEND:VCALENDAR\n");

        assertThat(keeps(ticket, "any@example.com")).isTrue();
        assertThat(narrowing(ticket, "any@example.com").isChanged()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ATTENDEE:mailto:x@example.com",
                "attendee:MailTo:X@Example.COM",
                "ATTENDEE;CN=\"A: B; C\":mailto:x@example.com",
                "ATTEN\n DEE;CN=A\n B:mail\n to:x@example.com",
                "ATTENDEE:x@example.com",
                "ATTENDEE:mailto:x%40example.com",
                "A.Attendee:mailto:x@example.com",
                "ATTENDEE;EMAIL=x@example.com:urn:uuid:1",
                "ATTENDEE:MAILTO:<x@example.com>",
                "ATTENDEE:\"X, the one\" <x@example.com>",
                "BEGIN:VALARM\nEND:VALARM\nATTENDEE:mailto:x@example.com",
                "END:VALARM\nATTENDEE:mailto:x@example.com"
            })
    void anAttendeeIsFoundInEverySpelling(String line) throws Exception {
        String calendar = "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\n" + line
                + "\nEND:VEVENT\nEND:VCALENDAR\n";
        String more = calendar.replace("END:VEVENT", "ATTENDEE:mailto:y@example.com\nEND:VEVENT");

        assertThat(Invitation.in(source(mixed(calendar)), addresses("x@example.com", "y@example.com"))
                        .calendarRecipients())
                .containsExactly(address("x@example.com"));
        assertThat(narrowed(mixed(more), "y@example.com"))
                .isEqualTo(mixed(more.replace(line.replaceFirst("(?s).*END:VALARM\\n", "") + "\n", "")));
    }

    @Test
    void aNameIsReadHoweverOftenItIsFolded() throws Exception {
        String folded = "ATTEN" + "\n ".repeat(200) + "DEE:mailto:x@example.com\n";

        assertThat(narrowed(
                        mixed(BOTH.replace("END:VEVENT", folded + "END:VEVENT")),
                        "org@example.com",
                        "booker@example.net"))
                .isEqualTo(mixed(BOTH));
    }

    @Test
    void aPercentThatEncodesNothingIsPartOfTheAddress() throws Exception {
        String calendar =
                "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nATTENDEE:mailto:x%zz@example.com\nEND:VCALENDAR\n";

        assertThat(keeps(mixed(calendar), "x%zz@example.com")).isTrue();
    }

    @Test
    void whatAnAlarmInAnAlarmNamesIsNotInvitedEither() throws Exception {
        String alarms = "BEGIN:VALARM\nBEGIN:VALARM\nEND:VALARM\nATTENDEE:mailto:alarm@example.com\nEND:VALARM\n";

        assertThat(keeps(mixed(BOTH.replace("END:VEVENT", alarms + "END:VEVENT")), "alarm@example.com"))
                .isFalse();
    }

    @Test
    void anAlarmThatMailsOthersGoesWholeAndWhomItNamesIsNotInvited() throws Exception {
        String alarm = "BEGIN:VALARM\nACTION:EMAIL\nATTENDEE:mailto:alarm@example.com\nEND:VALARM\n";
        String with = mixed(BOTH.replace("END:VEVENT", alarm + "END:VEVENT"));

        assertThat(keeps(with, "alarm@example.com")).isFalse();
        assertThat(narrowed(with, "org@example.com", "booker@example.net")).isEqualTo(mixed(BOTH));
    }

    @Test
    void anAlarmOfTheRecipientsAndOneThatMailsNobodyStay() throws Exception {
        String own = "BEGIN:VALARM\nACTION:EMAIL\nATTENDEE:mailto:org@example.com\nSUMMARY:soon\nEND:VALARM\n";
        String bell = "BEGIN:VALARM\nATTENDEE:mailto:host@example.com\nACTION:DISPLAY\nEND:VALARM\n";
        String open = "BEGIN:VALARM\nACTION:EMAIL\nATTENDEE:mailto:host@example.com\n";

        assertThat(narrowed(
                        mixed(BOTH.replace("END:VEVENT", own + bell + open + "END:VEVENT")),
                        "org@example.com",
                        "booker@example.net"))
                .isEqualTo(mixed(BOTH.replace(
                        "END:VEVENT", own + bell.replace("ATTENDEE:mailto:host@example.com\n", "") + "END:VEVENT")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "ATTENDEE;CN=X;EMAIL=alias@example.com;RSVP=TRUE:mailto:x@example.com | ATTENDEE;CN=X;RSVP=TRUE:mailto:x@example.com",
                "ATTENDEE;CN=X;EMAIL=x@example.com;RSVP=TRUE:mailto:robot+17@example.net | ATTENDEE;CN=X;RSVP=TRUE:mailto:x@example.com",
                "ATTENDEE;CN=X;EMAIL=\"mailto:x@example.com\":/77/principal/ | ATTENDEE;CN=X:mailto:x@example.com",
                "ATTENDEE:CN=\"X\";RSVP=TRUE:mailto:x@example.com | ATTENDEE;CN=\"X\";RSVP=TRUE:mailto:x@example.com",
                "ATTENDEE:RSVP=TRUE:CN=X:x@example.com | ATTENDEE;RSVP=TRUE;CN=X:mailto:x@example.com",
                "ATTENDEE;DIR=https://example.net/x;CN=X:mailto:x@example.com | ATTENDEE;CN=X:mailto:x@example.com",
                "ATTENDEE;SENT-BY=mailto:sec@example.net;CN=X:mailto:x@example.com | ATTENDEE;CN=X:mailto:x@example.com",
                "ATTENDEE;CN=X;STATUS=\"3.7\";INVALID USER\":mailto:x@example.com | ATTENDEE;CN=X;STATUS=\"3.7\":mailto:x@example.com",
                "ATTENDEE;CN=X:mailto:mailto:x@example.com | ATTENDEE;CN=X:mailto:x@example.com",
                "ATTENDEE;CN=X:mailto:x@example.com?cc=y@example.net | ATTENDEE;CN=X:mailto:x@example.com",
                "ATTENDEE;CN=\"X\";\"INVALID\":\";RSVP=TRUE:mailto:x@example.com | ATTENDEE;CN=\"X\";RSVP=TRUE:mailto:x@example.com"
            })
    void anAttendeeIsInvitedByAnyAddressAndKeepsTheOneOfTheRecipient(String line, String kept) throws Exception {
        String calendar = "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\n" + line
                + "\nEND:VEVENT\nEND:VCALENDAR\n";

        assertThat(narrowed(mixed(calendar), "x@example.com")).isEqualTo(mixed(calendar.replace(line, kept)));
        assertThat(narrowing(narrowed(mixed(calendar), "x@example.com"), "x@example.com")
                        .isChanged())
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ATTENDEE;CN=\"X \\\"Al\\\" Doe: x\";X-RESPONSE-COMMENT=\"see: https://example.net/x\":mailto:x@example.com",
                "ATTENDEE;SENT-BY=\"mailto:sec@example.net\";MEMBER=\"mailto:list@example.net\":mailto:x@example.com",
                "ATTENDEE;EMAIL=X@example.com:mailto:x@example.com",
                "ATTENDEE;CN=J\u00c3\n \u00b6rg:mail\n to:x%40example.com",
                "ATTENDEE;ROLE=OWNER:X <x@example.com>",
                "attendee;cn=X:MAILTO:X@EXAMPLE.COM",
                "ATTENDEE;CN=X:\"mailto:x@example.com\""
            })
    void aLineThatEveryReaderReadsAlikeKeepsItsBytes(String line) throws Exception {
        String calendar = "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\n" + line
                + "\nATTENDEE:mailto:y@example.com\nEND:VEVENT\nEND:VCALENDAR\n";

        assertThat(narrowed(mixed(calendar), "x@example.com"))
                .isEqualTo(mixed(calendar.replace("ATTENDEE:mailto:y@example.com\n", "")));
    }

    @Test
    void whoIsInvitedByTwoAddressesThatAreBothRecipientsHasALineForEach() throws Exception {
        String line = "ATTENDEE;CN=X;EMAIL=alias@example.com:mailto:x@example.com\n";
        String calendar =
                "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\n" + line + "END:VEVENT\nEND:VCALENDAR\n";

        assertThat(narrowed(mixed(calendar), "x@example.com", "alias@example.com"))
                .isEqualTo(mixed(calendar.replace(
                        line, "ATTENDEE;CN=X:mailto:x@example.com\nATTENDEE;CN=X:mailto:alias@example.com\n")));
    }

    @Test
    void aLineThatIsWrittenAnewIsFoldedNoWiderThanItWas() throws Exception {
        String name = "N".repeat(300);
        String line = "ATTENDEE;EMAIL=alias@example.com;CN=" + name.replaceAll("(.{60})", "$1\n ")
                + ":mailto:x@example.com\n";
        String calendar =
                "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\n" + line + "END:VEVENT\nEND:VCALENDAR\n";

        String copy = narrowed(mixed(calendar), "x@example.com");

        assertThat(copy.replace("\r\n ", "")).contains("\r\nATTENDEE;CN=" + name + ":mailto:x@example.com\r\n");
        assertThat(copy.lines().mapToInt(String::length).max().orElse(0)).isLessThanOrEqualTo(97);
        assertThat(copy.length()).isLessThan(mixed(calendar).length());
    }

    @Test
    void anEventInWhichNoRecipientTakesPartGoesFromARequestAndNotFromAPublication() throws Exception {
        String series = "BEGIN:VEVENT\nUID:1\nRRULE:FREQ=WEEKLY\nATTENDEE:mailto:a@example.com\nEND:VEVENT\n";
        String instance =
                "BEGIN:VEVENT\nUID:1\nRECURRENCE-ID:20261217T090000Z\nATTENDEE:mailto:a@example.com\nATTENDEE:mailto:b@example.com\nEND:VEVENT\n";
        String nobodys = "BEGIN:VEVENT\nUID:2\nEND:VEVENT\n";
        String calendar = "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\n" + series + instance + nobodys
                + "METHOD:REQUEST\nEND:VCALENDAR\n";

        assertThat(narrowing(mixed(calendar), "a@example.com", "b@example.com").isChanged())
                .isFalse();
        assertThat(narrowed(mixed(calendar), "b@example.com"))
                .isEqualTo(mixed(calendar.replace(series, "").replace("ATTENDEE:mailto:a@example.com\n", "")));
        assertThat(narrowed(mixed(calendar.replace("REQUEST", "PUBLISH")), "b@example.com"))
                .isEqualTo(
                        mixed(calendar.replace("REQUEST", "PUBLISH").replace("ATTENDEE:mailto:a@example.com\n", "")));
    }

    @Test
    void aCalendarThatInvitesNobodyOfACopyGoesAndATicketBesideItStays() throws Exception {
        String ticket =
                "Content-Type: text/calendar; name=ticket.ics\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Seat 4\nEND:VEVENT\nEND:VCALENDAR\n";
        String other = BOTH.replace("org@", "other@").replace("book\n er@", "other2@");

        assertThat(Invitation.in(source(mixed(ticket, BOTH)), addresses("third@example.com", "org@example.com"))
                        .calendarRecipients())
                .containsExactly(address("org@example.com"));
        assertThat(narrowed(mixed(ticket, BOTH), "third@example.com")).isEqualTo(mixed(ticket));
        assertThat(narrowed(mixed(ticket, BOTH, other), "org@example.com", "booker@example.net"))
                .isEqualTo(mixed(ticket, BOTH));
        assertThat(narrowed(mixed(ticket, BOTH), "third@example.com", "org@example.com"))
                .as("a copy that one shares who is not invited")
                .isEqualTo(mixed(ticket));
    }

    @Test
    void aCopyThatIsLeftWithoutAnyTextSaysTheEventInWords() throws Exception {
        assertThat(narrowed(crlf(BOTH), "third@example.com"))
                .contains("Where: Room 5")
                .doesNotContain("VCALENDAR");
        assertThat(text(Invitation.in(source(mixed("\nHello\n", BOTH)), addresses("third@example.com"))
                        .narrowed(true)))
                .contains("Hello", "Where: Room 5")
                .doesNotContain("VCALENDAR");
    }

    @Test
    void whatNeedsNoChangeIsNotJudgedByWhatAChangeWouldCost() throws Exception {
        String large = CALENDAR.replace(
                "END:VEVENT", ("ATTACH;VALUE=BINARY:" + "QUFB".repeat(20_000) + "\n").repeat(5) + "END:VEVENT");
        String oneLine = "Content-Type: text/calendar\nContent-Transfer-Encoding: base64\n\n"
                + base64(large).replace("\r\n", "") + "\n";
        String tabs = "Content-Type: text/calendar\nContent-Transfer-Encoding: quoted-printable\n\n"
                + CALENDAR.replace("Caf\u00e9", "Cafe")
                        .replace("=ACCEPTED", "=3DACCEPTED")
                        .replace("END:VEVENT", "X-A:" + "\ta".repeat(9_000) + "\nEND:VEVENT");

        assertThat(narrowing(mixed(oneLine, tabs), "org@example.com", "booker@example.net")
                        .isChanged())
                .isFalse();
        assertThat(Invitation.in(source(mixed(oneLine, tabs)), addresses("org@example.com", "booker@example.net"))
                        .calendarRecipients())
                .hasSize(2);

        String copy = narrowed(mixed(oneLine), "org@example.com");
        assertThat(copy).hasSizeLessThan(mixed(oneLine).length() + StrippedMail.MAX_GROWTH);
        assertThat(copy.lines().skip(10).mapToInt(String::length).max().orElse(0))
                .isLessThanOrEqualTo(998);
        assertThat(narrowing(copy, "org@example.com").isChanged()).isFalse();
        assertThat(keeps(mixed(tabs), "org@example.com")).isFalse();
    }

    @Test
    void anAttendeeWithoutAnAddressGoes() throws Exception {
        String with = mixed(BOTH.replace("END:VEVENT", "ATTENDEE;CN=Beamer:urn:uuid:1\nEND:VEVENT"));

        assertThat(narrowed(with, "org@example.com", "booker@example.net")).isEqualTo(mixed(BOTH));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\0", "ATTENDEE;CN=", "ATTENDEE"})
    void aCalendarThatHidesNamesIsForNobody(String hidden) throws Exception {
        String line =
                hidden.startsWith("ATTENDEE") ? hidden + "x".repeat(70_000) + ":mailto:x@example.com" : "X-A:" + hidden;

        assertThat(keeps(mixed(BOTH.replace("END:VEVENT", line + "\nEND:VEVENT")), "org@example.com"))
                .isFalse();
    }

    @Test
    void aCalendarThatWouldGrowFarInItsEncodingIsForNobody() throws Exception {
        String head = "Content-Type: text/calendar\nContent-Transfer-Encoding: quoted-printable\n\n";
        String calendar = CALENDAR.replace("Caf\u00e9", "Cafe").replace("=ACCEPTED", "=3DACCEPTED");
        // Each tab is one byte as it came, and three when it is encoded anew.
        String few = mixed(head + calendar.replace("END:VEVENT", "X-A:" + "\ta".repeat(4_000) + "\nEND:VEVENT"));
        String many = mixed(head + calendar.replace("END:VEVENT", "X-A:" + "\ta".repeat(5_000) + "\nEND:VEVENT"));

        assertThat(keeps(few, "org@example.com")).isTrue();
        assertThat(narrowed(few, "org@example.com").length())
                .isBetween(few.length() + 8_000, few.length() + StrippedMail.MAX_GROWTH);
        assertThat(keeps(many, "org@example.com")).isFalse();
    }

    @Test
    void whatLooksLikeACalendarWhereNoPartIsGoes() throws Exception {
        String inner = "Content-Type: multipart/mixed; boundary=b2\n\n" + multipart("b2", BOTH) + "BEGIN:VCALENDAR\n";

        assertThat(narrowed(mixed(inner), "org@example.com", "booker@example.net"))
                .isEqualTo(mixed(inner).replace("--b2--\r\nBEGIN:VCALENDAR\r\n\r\n", "--b2--\r\n"));
        assertThat(narrowing(
                                mixed(inner.replace("--\r\nBEGIN:VCALENDAR", "--\r\nBEGIN:VCARD")),
                                "org@example.com",
                                "booker@example.net")
                        .isChanged())
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Type: text/calendar\n\nno calendar at all\n",
                "Content-Type: application/calendar+json\n\n[\"vcalendar\"]\n",
                "Content-Type: application/ms-tnef\n\nIPM.Schedule.Meeting.Request\n",
                "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nATTENDEE;ENCODING=QUOTED-PRINTABLE:=\nx@example.com\nEND:VCALENDAR\n",
                "Content-Type: text/calendar; charset=utf-16\n\nB\0E\0G\0I\0N\0:\0V\0C\0A\0L\0E\0N\0D\0A\0R\0\n",
                "Content-Type: text/calendar\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 x.ics\n/0D5'24XZ5D-!3$5.1$%2\n`\nend\n"
            })
    void aCalendarThatCannotBeReadIsForNobodyAndTheOthersStay(String calendar) throws Exception {
        assertThat(narrowed(mixed(calendar, BOTH), "org@example.com", "booker@example.net"))
                .isEqualTo(mixed(BOTH));
        assertThat(keeps(mixed(calendar), "org@example.com")).isFalse();
    }

    @Test
    void aLongCalendarLineIsPassedOn() throws Exception {
        String with =
                mixed(BOTH.replace("END:VEVENT", "ATTACH;VALUE=BINARY:" + "QUFB".repeat(50_000) + "\nEND:VEVENT"));

        assertThat(narrowed(with, "org@example.com")).isEqualTo(with.replace(crlf(BOOKER_LINES), ""));
    }

    @Test
    void theSignatureAroundANarrowedInvitationGoes() throws Exception {
        String signed = crlf("Content-Type: multipart/signed; boundary=b2\nSubject: s\n\n")
                + multipart("b2", BOTH, "\nsignature\n");

        assertThat(narrowed(signed, "org@example.com"))
                .isEqualTo(crlf("Subject: s\n" + BOTH.replace(BOOKER_LINES, "") + "\n"));
    }

    @Test
    void aCalendarWhereTheSignatureShouldBeIsForNobody() throws Exception {
        String signed = crlf("Content-Type: multipart/signed; boundary=b2\n\n") + multipart("b2", "\nsigned\n", BOTH);

        assertThat(keeps(signed, "org@example.com")).isFalse();
        assertThat(narrowed(mixed(signed, BOTH), "org@example.com", "booker@example.net"))
                .as("inside another multipart")
                .isEqualTo(mixed("\nsigned\n", BOTH));
        assertThat(narrowing(
                                mixed(
                                        signed.replace("VCALENDAR", "VCARD").replace("text/calendar", "text/plain"),
                                        BOTH),
                                "org@example.com",
                                "booker@example.net")
                        .isChanged())
                .as("beside a signed part without a calendar")
                .isFalse();
    }

    @Test
    void onlySignaturesAroundWhatIsNarrowedGo() throws Exception {
        String other = crlf("Content-Type: multipart/signed; boundary=b3\n\n")
                + multipart("b3", "\nsigned\n", "\nsignature of it\n");
        String signed = crlf("Content-Type: multipart/signed; boundary=b2\n\n")
                + multipart(
                        "b2",
                        "Content-Type: multipart/mixed; boundary=b4\n\n" + multipart("b4", BOTH),
                        "\nsignature\n");

        StrippedMail copy =
                narrowing(mixed(other, signed, signed.replace("b2", "b5").replace("b4", "b6")), "org@example.com");

        assertThat(copy.signatures()).isEqualTo(2);
        assertThat(text(copy)).contains("signature of it").doesNotContain("--b2", "--b5");
    }

    private static String narrowed(String mail, String... recipients) throws Exception {
        return text(narrowing(mail, recipients));
    }

    private static StrippedMail narrowing(String mail, String... recipients) throws Exception {
        return Invitation.in(source(mail), addresses(recipients)).narrowed(false);
    }

    /** Whether the recipient's copy has a calendar. */
    private static boolean keeps(String mail, String recipient) throws Exception {
        boolean keeper = Invitation.in(source(mail), addresses(recipient, "nobody@example.com"))
                .calendarRecipients()
                .contains(address(recipient));
        String copy = narrowed(mail, recipient);
        assertThat(CalendarMails.stripped(copy).equals(copy))
                .as("without any calendar")
                .isEqualTo(!copy.contains("VCALENDAR") && !copy.contains(base64(CALENDAR)));
        return keeper && !CalendarMails.stripped(copy).equals(copy);
    }

    private static List<EmailAddress> addresses(String... addresses) {
        return Arrays.stream(addresses).map(InvitationTest::address).toList();
    }

    private static EmailAddress address(String address) {
        return EmailAddress.parse(address).orElseThrow();
    }
}
