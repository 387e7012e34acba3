package io.relaypod.calendar;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

import io.relaypod.mime.MessageSource;

/** CalendarMails as the tests write them: lines end with LF in the source and with CRLF in the mail. */
final class CalendarMails {

    static final String CALENDAR = """
        BEGIN:VCALENDAR
        VERSION:2.0
        METHOD:REQUEST
        BEGIN:VEVENT
        UID:1
        SUMMARY:Caf\u00e9\\, first meeting
        LOCATION:Room 5
        DTSTART;TZID=Europe/Berlin:20260301T100000
        DTEND;TZID=Europe/Berlin:20260301T110000
        ORGANIZER;CN=Org:mailto:org@example.com
        ATTENDEE;CN=Org;PARTSTAT=ACCEPTED:mailto:org@example.com
        ATTENDEE;CN=Booker;RSVP=TRUE:MAILTO:book
         er@example.net
        END:VEVENT
        END:VCALENDAR
        """;

    private CalendarMails() {}

    static String crlf(String text) {
        return text.replace("\n", "\r\n");
    }

    static MessageSource source(String mail) {
        return source(mail.getBytes(StandardCharsets.ISO_8859_1));
    }

    static MessageSource source(byte[] mail) {
        return () -> new ByteArrayInputStream(mail);
    }

    static String base64(String text) {
        return new String(
                Base64.getMimeEncoder().encode(crlf(text).getBytes(StandardCharsets.UTF_8)), StandardCharsets.US_ASCII);
    }

    static String text(StrippedMail mail) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        mail.writeTo(out);
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    /** The mail without its calendars. */
    static String stripped(String mail) throws Exception {
        return text(new CalendarStripper(false).strip(source(mail)));
    }

    /** A mail of parts, the last of them what is given. */
    static String mixed(String... parts) {
        return crlf(
                        "From: a@example.com\nTo: b@example.com\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b1\"\n\npreamble\n")
                + multipart("b1", parts);
    }

    static String multipart(String boundary, String... parts) {
        StringBuilder text = new StringBuilder();
        for (String part : parts) {
            text.append("--")
                    .append(boundary)
                    .append("\r\n")
                    .append(crlf(part.replace("\r\n", "\n")))
                    .append("\r\n");
        }
        return text.append("--").append(boundary).append("--\r\n").toString();
    }
}
