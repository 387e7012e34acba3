package io.relaypod.calendar;

import static io.relaypod.calendar.Mails.CALENDAR;
import static io.relaypod.calendar.Mails.base64;
import static io.relaypod.calendar.Mails.crlf;
import static io.relaypod.calendar.Mails.mixed;
import static io.relaypod.calendar.Mails.multipart;
import static io.relaypod.calendar.Mails.source;
import static io.relaypod.calendar.Mails.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.relaypod.recipients.EmailAddress;

class InvitationTest {

    private static final String BOTH = "Content-Type: text/calendar; method=REQUEST\n\n" + CALENDAR;
    private static final String BOOKER_LINES = "ATTENDEE;CN=Booker;RSVP=TRUE:MAILTO:book\n er@example.net\n";

    @Test
    void whoIsNoAttendeeGetsNoCalendar() throws Exception {
        Invitation invitation = Invitation.in(source(mixed(BOTH)));

        assertThat(invitation.mayGoTo(address("ORG@example.com"))).isTrue();
        assertThat(invitation.mayGoTo(address("booker@example.net"))).isTrue();
        assertThat(invitation.mayGoTo(address("third@example.net"))).isFalse();
    }

    @Test
    void anInvitationIsNarrowedToTheRecipientsOfACopy() throws Exception {
        assertThat(narrowed(mixed(BOTH), "org@example.com")).isEqualTo(mixed(BOTH.replace(BOOKER_LINES, "")));
    }

    @Test
    void anInvitationOfExactlyItsRecipientsIsNotTouched() throws Exception {
        assertThat(Invitation.in(source(mixed(BOTH))).narrowedTo(addresses("booker@example.net", "org@example.com")).isChanged()).isFalse();
    }

    @Test
    void aNarrowedCalendarStaysInItsEncoding() throws Exception {
        String head = "Content-Type: application/ics; name=invite.ics\nContent-Transfer-Encoding: base64\n\n";

        assertThat(narrowed(mixed(head + base64(CALENDAR)), "org@example.com"))
            .isEqualTo(mixed(head + base64(CALENDAR.replace(BOOKER_LINES, "")) + "\n").replace("\r\n\r\n--b1--", "\r\n--b1--"));
    }

    @Test
    void aQuotedPrintableCalendarIsNarrowedToo() throws Exception {
        String head = "Content-Type: text/calendar\nContent-Transfer-Encoding: quoted-printable\n\n";

        String copy = narrowed(mixed(head + CALENDAR.replace("Caf\u00e9", "Caf=C3=A9").replace("=ACCEPTED", "=3DACC=\nEPTED")), "booker@example.net");

        assertThat(copy).contains("Caf=C3=A9", "er@example", "--b1--").doesNotContain("PARTSTAT");
        assertThat(Invitation.in(source(copy)).narrowedTo(addresses("booker@example.net")).isChanged()).isFalse();
    }

    @Test
    void aCalendarThatNamesNobodyIsNotTouched() throws Exception {
        String ticket = mixed("Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nORGANIZER:mailto:o@example.com\nEND:VEVENT\nEND:VCALENDAR\n");

        assertThat(Invitation.in(source(ticket)).mayGoTo(address("any@example.com"))).isTrue();
        assertThat(Invitation.in(source(ticket)).narrowedTo(addresses("any@example.com")).isChanged()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {
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
        "END:VALARM\nATTENDEE:mailto:x@example.com"})
    void anAttendeeIsFoundInEverySpelling(String line) throws Exception {
        String calendar = "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\n" + line + "\nEND:VEVENT\nEND:VCALENDAR\n";
        Invitation invitation = Invitation.in(source(mixed(calendar)));

        assertThat(invitation.mayGoTo(address("x@example.com"))).isTrue();
        assertThat(invitation.mayGoTo(address("y@example.com"))).isFalse();
        assertThat(narrowed(mixed(calendar), "y@example.com"))
            .isEqualTo(mixed(calendar.replace(line.replaceFirst("(?s).*END:VALARM\\n", "") + "\n", "")));
    }

    @Test
    void aNameIsReadHoweverOftenItIsFolded() throws Exception {
        String folded = "ATTEN" + "\n ".repeat(200) + "DEE:mailto:x@example.com\n";

        assertThat(narrowed(mixed(BOTH.replace("END:VEVENT", folded + "END:VEVENT")), "org@example.com", "booker@example.net")).isEqualTo(mixed(BOTH));
    }

    @Test
    void aPercentThatEncodesNothingIsPartOfTheAddress() throws Exception {
        String calendar = "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nATTENDEE:mailto:x%zz@example.com\nEND:VCALENDAR\n";

        assertThat(Invitation.in(source(mixed(calendar))).mayGoTo(address("x%zz@example.com"))).isTrue();
    }

    @Test
    void whatAnAlarmInAnAlarmNamesIsNotInvitedEither() throws Exception {
        String alarms = "BEGIN:VALARM\nBEGIN:VALARM\nEND:VALARM\nATTENDEE:mailto:alarm@example.com\nEND:VALARM\n";

        assertThat(Invitation.in(source(mixed(BOTH.replace("END:VEVENT", alarms + "END:VEVENT")))).mayGoTo(address("alarm@example.com"))).isFalse();
    }

    @Test
    void whomAnAlarmNamesIsNotInvitedAndGoesLikeTheOthers() throws Exception {
        String alarm = "BEGIN:VALARM\nACTION:EMAIL\nATTENDEE:mailto:alarm@example.com\nEND:VALARM\n";
        String with = mixed(BOTH.replace("END:VEVENT", alarm + "END:VEVENT"));

        assertThat(Invitation.in(source(with)).mayGoTo(address("alarm@example.com"))).isFalse();
        assertThat(narrowed(with, "org@example.com", "booker@example.net"))
            .isEqualTo(with.replace("ATTENDEE:mailto:alarm@example.com\r\n", ""));
    }

    @Test
    void anAttendeeWithoutAnAddressGoes() throws Exception {
        String with = mixed(BOTH.replace("END:VEVENT", "ATTENDEE;CN=Beamer:urn:uuid:1\nEND:VEVENT"));

        assertThat(narrowed(with, "org@example.com", "booker@example.net")).isEqualTo(mixed(BOTH));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\0", "ATTENDEE;CN=", "ATTENDEE"})
    void aCalendarThatHidesNamesIsForNobody(String hidden) throws Exception {
        String line = hidden.startsWith("ATTENDEE") ? hidden + "x".repeat(70_000) + ":mailto:x@example.com" : "X-A:" + hidden;

        assertThat(Invitation.in(source(mixed(BOTH.replace("END:VEVENT", line + "\nEND:VEVENT")))).mayGoTo(address("org@example.com"))).isFalse();
    }

    @Test
    void aCalendarThatWouldGrowFarInItsEncodingIsForNobody() throws Exception {
        String head = "Content-Type: text/calendar\nContent-Transfer-Encoding: quoted-printable\n\n";
        String calendar = CALENDAR.replace("Caf\u00e9", "Cafe").replace("=ACCEPTED", "=3DACCEPTED");
        // Each tab is one byte as it came, and three when it is encoded anew.
        String few = mixed(head + calendar.replace("END:VEVENT", "X-A:" + "\ta".repeat(4_000) + "\nEND:VEVENT"));
        String many = mixed(head + calendar.replace("END:VEVENT", "X-A:" + "\ta".repeat(5_000) + "\nEND:VEVENT"));

        assertThat(Invitation.in(source(few)).mayGoTo(address("org@example.com"))).isTrue();
        assertThat(narrowed(few, "org@example.com").length()).isBetween(few.length() + 8_000, few.length() + ChangedMail.MOST_GROWTH);
        assertThat(Invitation.in(source(many)).mayGoTo(address("org@example.com"))).isFalse();
    }

    @Test
    void whatLooksLikeACalendarWhereNoPartIsMakesTheMailForNobody() throws Exception {
        String inner = "Content-Type: multipart/mixed; boundary=b2\n\n" + multipart("b2", BOTH) + "BEGIN:VCALENDAR\n";

        assertThat(Invitation.in(source(mixed(inner))).mayGoTo(address("org@example.com"))).isFalse();
        assertThat(Invitation.in(source(mixed(inner.replace("--\r\nBEGIN:VCALENDAR", "--\r\nBEGIN:VCARD")))).mayGoTo(address("org@example.com"))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "Content-Type: text/calendar\n\nno calendar at all\n",
        "Content-Type: application/calendar+json\n\n[\"vcalendar\"]\n",
        "Content-Type: application/ms-tnef\n\nIPM.Schedule.Meeting.Request\n",
        "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nATTENDEE;ENCODING=QUOTED-PRINTABLE:=\nx@example.com\nEND:VCALENDAR\n",
        "Content-Type: text/calendar; charset=utf-16\n\nB\0E\0G\0I\0N\0:\0V\0C\0A\0L\0E\0N\0D\0A\0R\0\n",
        "Content-Type: text/calendar\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 x.ics\n/0D5'24XZ5D-!3$5.1$%2\n`\nend\n"})
    void aCalendarThatCannotBeReadIsForNobody(String calendar) throws Exception {
        assertThat(Invitation.in(source(mixed(calendar, BOTH))).mayGoTo(address("org@example.com"))).isFalse();
    }

    @Test
    void aLongCalendarLineIsPassedOn() throws Exception {
        String with = mixed(BOTH.replace("END:VEVENT", "ATTACH;VALUE=BINARY:" + "QUFB".repeat(50_000) + "\nEND:VEVENT"));

        assertThat(narrowed(with, "org@example.com")).isEqualTo(with.replace(crlf(BOOKER_LINES), ""));
    }

    @Test
    void theSignatureAroundANarrowedInvitationGoes() throws Exception {
        String signed = crlf("Content-Type: multipart/signed; boundary=b2\nSubject: s\n\n") + multipart("b2", BOTH, "\nsignature\n");

        assertThat(narrowed(signed, "org@example.com")).isEqualTo(crlf("Subject: s\n" + BOTH.replace(BOOKER_LINES, "") + "\n"));
    }

    @Test
    void aCalendarWhereTheSignatureShouldBeIsForNobody() throws Exception {
        String signed = crlf("Content-Type: multipart/signed; boundary=b2\n\n") + multipart("b2", "\nsigned\n", BOTH);

        assertThat(Invitation.in(source(signed)).mayGoTo(address("org@example.com"))).isFalse();
        assertThat(Invitation.in(source(mixed(signed, BOTH))).mayGoTo(address("org@example.com"))).as("inside another multipart").isFalse();
        assertThat(Invitation.in(source(mixed(signed.replace("VCALENDAR", "VCARD").replace("text/calendar", "text/plain"), BOTH)))
            .mayGoTo(address("org@example.com"))).as("beside a signed part without a calendar").isTrue();
    }

    @Test
    void onlySignaturesAroundWhatIsNarrowedGo() throws Exception {
        String other = crlf("Content-Type: multipart/signed; boundary=b3\n\n") + multipart("b3", "\nsigned\n", "\nsignature of it\n");
        String signed = crlf("Content-Type: multipart/signed; boundary=b2\n\n")
            + multipart("b2", "Content-Type: multipart/mixed; boundary=b4\n\n" + multipart("b4", BOTH), "\nsignature\n");

        ChangedMail copy = Invitation.in(source(mixed(other, signed, signed.replace("b2", "b5").replace("b4", "b6"))))
            .narrowedTo(addresses("org@example.com"));

        assertThat(copy.signatures()).isEqualTo(2);
        assertThat(text(copy)).contains("signature of it").doesNotContain("--b2", "--b5");
    }

    private static String narrowed(String mail, String... recipients) throws Exception {
        return text(Invitation.in(source(mail)).narrowedTo(addresses(recipients)));
    }

    private static List<EmailAddress> addresses(String... addresses) {
        return Arrays.stream(addresses).map(InvitationTest::address).toList();
    }

    private static EmailAddress address(String address) {
        return EmailAddress.parse(address).orElseThrow();
    }
}
