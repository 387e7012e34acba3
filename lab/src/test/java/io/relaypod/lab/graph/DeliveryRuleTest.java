package io.relaypod.lab.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeliveryRuleTest {

    private static final String CALENDAR = """
            BEGIN:VCALENDAR
            METHOD:REQUEST
            BEGIN:VEVENT
            ORGANIZER;CN=Host:mailto:host@contoso.com
            ATTENDEE;CN="Booker, the: first";SENT-BY="mailto:office@example.org":mailto:Booker@Example.com
            attendee;RSVP=TRUE;
             ROLE=REQ-PARTICIPANT:MAIL
             TO:second@example.com
            SUMMARY:ATTENDEE:mailto:nobody@example.com
            END:VEVENT
            END:VCALENDAR
            """.replace("\n", "\r\n");

    @Test
    void deliversToTheAddressesInToCcAndBcc() {
        assertThat(recipients("""
                To: A <a@example.com>, "b, c" <B@example.com>
                Cc: Team: d@example.com, e@example.com;
                Bcc: =?utf-8?q?F=C3=BC?= <f@example.com>,
                \tg@example.com
                To: second@example.com

                x"""))
                .containsExactly(
                        "a@example.com",
                        "b@example.com",
                        "second@example.com",
                        "d@example.com",
                        "e@example.com",
                        "f@example.com",
                        "g@example.com");
    }

    @Test
    void deliversOnceToAnAddressThatIsListedTwice() {
        assertThat(recipients("To: a@example.com, A@Example.com\nCc: a@example.com\n\nx"))
                .containsExactly("a@example.com");
    }

    @Test
    void findsTheAddressesInAFieldThatIsNoAddressList() {
        assertThat(recipients("To: a@example.com <, ((, <b@example.com\n\nx"))
                .containsExactlyInAnyOrder("a@example.com", "b@example.com");
    }

    @Test
    void aLocalPartMayBeQuoted() {
        assertThat(recipients("To: \"a b\"@example.com\n\nx")).containsExactly("\"a b\"@example.com");
    }

    @Test
    void theAttendeesOfACalendarReplaceTheHeadersAddresses() {
        assertThat(recipients(multipart("Content-Type: text/calendar; method=REQUEST", CALENDAR)))
                .containsExactly("booker@example.com", "second@example.com");
    }

    @Test
    void aCalendarWithoutAttendeesDoesNotReplaceTheHeadersAddresses() {
        String alone = CALENDAR.replaceAll("(?is)attendee.*?SUMMARY:\\S*", "SUMMARY:alone");

        assertThat(recipients(multipart("Content-Type: text/calendar", alone))).containsExactly("host@contoso.com");
    }

    @Test
    void theMessageItselfMayBeACalendar() {
        assertThat(recipients("To: host@contoso.com\nContent-Type: Text/Calendar\n\n" + CALENDAR))
                .containsExactly("booker@example.com", "second@example.com");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Type: application/ics",
                "Content-Type: text/x-vCalendar; charset=utf-8",
                "Content-Type: application/octet-stream; name=\"invite.ICS\"",
                "Content-Type: application/octet-stream\nContent-Disposition: attachment; filename*0=inv; filename*1=ite.ics",
                "Content-Type: text/plain",
                "X-Nothing: said",
            })
    void aPartIsACalendarByItsTypeItsNameOrItsContent(String header) {
        assertThat(recipients(multipart(header, CALENDAR))).containsExactly("booker@example.com", "second@example.com");
    }

    @Test
    void aCalendarIsDecoded() {
        String base64 = Base64.getMimeEncoder().encodeToString(CALENDAR.getBytes(StandardCharsets.UTF_8));
        String quoted = CALENDAR.replace("=", "=3D").replace("ATTENDEE;", "ATT=\r\nENDEE;");
        String utf16 = Base64.getMimeEncoder().encodeToString(CALENDAR.getBytes(StandardCharsets.UTF_16));

        for (String part : new String[] {
            "Content-Transfer-Encoding: base64\n\n" + base64,
            "Content-Transfer-Encoding: quoted-printable\n\n" + quoted,
            "Content-Transfer-Encoding: base64\n\n" + utf16,
            "Content-Transfer-Encoding: unheard-of\n\n" + CALENDAR,
        }) {
            assertThat(recipients(multipart("Content-Type: text/calendar\n" + part)))
                    .containsExactly("booker@example.com", "second@example.com");
        }
    }

    @Test
    void aCalendarIsFoundAtAnyDepth() {
        StringBuilder mail = new StringBuilder("To: host@contoso.com\n");
        int depth = 500;
        for (int i = 0; i < depth; i++) {
            mail.append("Content-Type: multipart/mixed; boundary=b")
                    .append(i)
                    .append("\n\n--b")
                    .append(i)
                    .append('\n');
        }
        mail.append("Content-Type: message/rfc822\n\nSubject: inner\nContent-Type: text/calendar\n\n")
                .append(CALENDAR);
        for (int i = depth - 1; i >= 0; i--) {
            mail.append("\n--b").append(i).append("--\n");
        }

        assertThat(recipients(mail.toString())).containsExactly("booker@example.com", "second@example.com");
    }

    @Test
    void aMalformedMultipartIsNoCalendar() {
        assertThat(recipients("To: host@contoso.com\nContent-Type: multipart/mixed\n\nno boundary\n"))
                .containsExactly("host@contoso.com");
        assertThat(recipients("To: host@contoso.com\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"))
                .containsExactly("host@contoso.com");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "To: undisclosed-recipients:;\n\nx",
                "To: Undisclosed recipients:;\n\nx",
                "To: undisclosed-recipients: ;\n\nx",
                "To: undisclosed-recipients:;\nBcc: a@example.com\n\nx",
                "To: somebody\nBcc: a@example.com\n\nx",
                "Subject: nobody\n\nx",
                "",
            })
    void aHeaderWithoutRecipientsIsNotAccepted(String mail) {
        assertThat(DeliveryRule.of(bytes(mail)).isAccepted()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Bcc: a@example.com\n\nx",
                "To:\nCc: a@example.com\n\nx",
                "To: Team: a@example.com;\n\nx",
                "To: A B <a@example.com>\n\nx",
            })
    void aHeaderWithARecipientIsAccepted(String mail) {
        assertThat(DeliveryRule.of(bytes(mail)).isAccepted()).isTrue();
    }

    @Test
    void theSubjectIsDecoded() {
        assertThat(DeliveryRule.of(bytes("Subject: =?utf-8?q?Termin=C3=A4nderung?=\n\nx"))
                        .subject())
                .isEqualTo("Terminänderung");
        assertThat(DeliveryRule.of(bytes("\nx")).subject()).isEmpty();
    }

    private static String multipart(String partHeader, String content) {
        return multipart(partHeader + "\n\n" + content);
    }

    private static String multipart(String part) {
        return "To: host@contoso.com\nContent-Type: multipart/alternative; boundary=\"=_b\"\n\n"
                + "--=_b\nContent-Type: text/plain\n\nhello\n--=_b\n" + part + "\n--=_b--\n";
    }

    private static List<String> recipients(String mail) {
        return DeliveryRule.recipients(bytes(mail));
    }

    private static byte[] bytes(String mail) {
        return mail.replaceAll("\r?\n", "\r\n").getBytes(StandardCharsets.UTF_8);
    }
}
