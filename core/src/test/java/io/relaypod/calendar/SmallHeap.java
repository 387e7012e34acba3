package io.relaypod.calendar;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;

import com.google.common.io.CountingOutputStream;
import io.relaypod.address.EmailAddress;
import io.relaypod.headers.RecipientAlignment;
import io.relaypod.mime.Edits;
import io.relaypod.mime.HeaderSection;
import io.relaypod.mime.MessageSource;

/**
 * Strips, narrows and aligns a mail far larger than the heap it is run with, and says how many bytes were left of it
 * each time.
 */
final class SmallHeap {

    private static final int MEBIBYTES = 16;

    private SmallHeap() {}

    public static void main(String[] arguments) throws Exception {
        MessageSource mail = mail();
        System.out.println("stripped " + mebibytes(new CalendarStripper(true).strip(mail)));
        Invitation invitation = Invitation.in(mail, List.of(EmailAddress.of("org", "example.com")));
        System.out.println(
                "narrowed " + invitation.calendarRecipients().size() + " " + mebibytes(invitation.narrowed(false)));
        Invitation crowd = Invitation.in(
                crowd(), List.of(EmailAddress.of("a7", "example.com"), EmailAddress.of("b", "example.com")));
        System.out.println("of a crowd " + crowd.calendarRecipients() + " " + mebibytes(crowd.narrowed(false)));
        Edits edits = new RecipientAlignment(List.of("b@example.com"), true, List.of())
                .of(HeaderSection.read(mail, RecipientAlignment.FIELDS));
        CountingOutputStream out = new CountingOutputStream(OutputStream.nullOutputStream());
        edits.apply(mail, out);
        System.out.println("aligned " + (out.getCount() >> 20));
    }

    private static long mebibytes(StrippedMail changed) throws Exception {
        CountingOutputStream out = new CountingOutputStream(OutputStream.nullOutputStream());
        changed.writeTo(out);
        return out.getCount() >> 20;
    }

    private static MessageSource mail() {
        String begin = CalendarMails.CALENDAR.substring(0, CalendarMails.CALENDAR.indexOf("END:VEVENT"));
        byte[] head =
                ("To: a@example.com, b@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/calendar\r\n"
                                + "Content-Transfer-Encoding: base64\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII);
        byte[] between = "--b\r\nContent-Type: text/plain\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        return () -> new SequenceInputStream(Collections.enumeration(List.of(
                new ByteArrayInputStream(head),
                base64(begin, 1),
                base64("COMMENT:some words\n".repeat(50) + "ATTENDEE:mailto:c@example.com\n", MEBIBYTES << 20),
                base64("END:VEVENT\nEND:VCALENDAR\n", 1),
                new ByteArrayInputStream(between),
                repeated("some more text\r\n".getBytes(StandardCharsets.US_ASCII), MEBIBYTES << 20))));
    }

    /** Four calendars that each name 40,000 people. */
    private static MessageSource crowd() {
        byte[] head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        byte[] begin =
                ("--b\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n")
                        .getBytes(StandardCharsets.US_ASCII);
        byte[] end = "END:VEVENT\r\nEND:VCALENDAR\r\n".getBytes(StandardCharsets.US_ASCII);
        return () -> {
            List<InputStream> streams = new ArrayList<>(List.of(new ByteArrayInputStream(head)));
            for (int calendar = 0; calendar < 4; calendar++) {
                streams.addAll(List.of(
                        new ByteArrayInputStream(begin), new NumberedLines(40_000), new ByteArrayInputStream(end)));
            }
            return new SequenceInputStream(Collections.enumeration(streams));
        };
    }

    /** Lines that name another person each. */
    private static final class NumberedLines extends InputStream {

        private final int number;
        private int line = -1;
        private byte[] bytes = {};
        private int at;

        NumberedLines(int number) {
            this.number = number;
        }

        @Override
        public int read() {
            if (at == bytes.length) {
                if (++line >= number) {
                    return -1;
                }
                bytes = ("ATTENDEE;CN=A;EMAIL=a" + line + "@example.net:mailto:a" + line + "@example.com\r\n")
                        .getBytes(StandardCharsets.US_ASCII);
                at = 0;
            }
            return bytes[at++];
        }
    }

    /** Lines in base64, as often as needed for that many bytes; blanks at the end make it come out even. */
    private static InputStream base64(String lines, int least) {
        String text = CalendarMails.crlf(lines);
        String even = text + " \r\n".repeat(text.length() % 3 == 0 ? 0 : 1);
        while (even.getBytes(StandardCharsets.UTF_8).length % 3 != 0) {
            even = even.substring(0, even.length() - 2) + " \r\n";
        }
        return repeated(
                (Base64.getMimeEncoder().encodeToString(even.getBytes(StandardCharsets.UTF_8)) + "\r\n")
                        .getBytes(StandardCharsets.US_ASCII),
                least);
    }

    private static InputStream repeated(byte[] bytes, int least) {
        return new InputStream() {
            private int left = (least + bytes.length - 1) / bytes.length;
            private int at;

            @Override
            public int read() {
                if (left == 0) {
                    return -1;
                }
                int next = bytes[at++];
                if (at == bytes.length) {
                    at = 0;
                    left--;
                }
                return next;
            }
        };
    }
}
