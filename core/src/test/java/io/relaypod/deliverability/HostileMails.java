package io.relaypod.deliverability;

import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.mail.internet.InternetHeaders;

import io.relaypod.address.AddressSet;
import io.relaypod.address.EmailAddress;
import io.relaypod.calendar.CalendarStripper;
import io.relaypod.calendar.Invitation;
import io.relaypod.calendar.StrippedMail;
import io.relaypod.headers.RecipientAlignment;
import io.relaypod.headers.SenderAlignment;
import io.relaypod.mime.Edits;
import io.relaypod.mime.HeaderSection;
import io.relaypod.mime.MessageSource;
import io.relaypod.mime.UnreadableMailException;

/**
 * Messages that were made to use much memory or time, and all that the relay does to a message. As a program, handles
 * the worst that is taken of each kind in the heap given.
 */
final class HostileMails {

    static final int RANDOM_MAILS = 20;

    private static final String FROM = "From: a@x.com\r\n";
    private static final String MIXED = FROM + "Content-Type: multipart/mixed; boundary=b0\r\n\r\n";

    private HostileMails() {}

    /**
     * @param most the largest number whose mail is taken
     * @param mail of a size that grows with the number
     */
    record Shape(String name, int most, IntFunction<String> mail) {

        @Override
        public String toString() {
            return name;
        }
    }

    static List<Shape> shapes() {
        List<Shape> shapes = new ArrayList<>();
        shapes.add(new Shape("fields", 4_999, n -> FROM + "a:b\r\n".repeat(n) + "\r\nx\r\n"));
        shapes.add(new Shape("folds", 9_997, n -> FROM + "X: a\r\n" + " b\r\n".repeat(n) + "\r\nx\r\n"));
        shapes.add(new Shape("long field", 52_000, n -> FROM + "X: " + "x".repeat(10 * n) + "\r\n\r\nx\r\n"));
        shapes.add(
                new Shape("addresses", 4_999, n -> FROM + "To: a@x.com" + ",\r\n b@y.com".repeat(n) + "\r\n\r\nx\r\n"));
        shapes.add(
                new Shape("addresses without @", 4_999, n -> FROM + "To: a@x.com" + ",a".repeat(n) + "\r\n\r\nx\r\n"));
        shapes.add(new Shape(
                "addresses between quotes in comments",
                4_998,
                n -> FROM + "To: (\")a@x.com" + ",a@x".repeat(n) + ",(\")\r\n\r\nx\r\n"));
        shapes.add(new Shape("commas", 52_000, n -> FROM + "To: a@x.com" + ",".repeat(10 * n) + "\r\n\r\nx\r\n"));
        shapes.add(new Shape("groups", 2_500, n -> FROM + "To: " + "a:b@x.com;".repeat(n) + "\r\n\r\nx\r\n"));
        shapes.add(new Shape("From fields", 1, n -> "From: a@x.com\r\n".repeat(n) + "\r\nx\r\n"));
        shapes.add(new Shape(
                "nested comments",
                65_000,
                n -> FROM + "To: " + "(".repeat(n) + ")".repeat(n) + " a@x.com\r\nContent-Type: " + "(".repeat(n)
                        + "text/plain\r\n\r\nx\r\n"));
        shapes.add(new Shape(
                "encoded words in To",
                4_999,
                n -> FROM + "To: " + "=?no-such?q?a,b?= ".repeat(n) + "<a@x.com>\r\n\r\nx\r\n"));
        shapes.add(new Shape(
                "beginnings of encoded words",
                170_000,
                n -> FROM + "To: " + "=?a".repeat(n) + " <a@x.com>, b@x.com\r\n\r\nx\r\n"));
        shapes.add(new Shape("quotes", 130_000, n -> FROM + "To: " + "\"a\" ".repeat(n) + "<a@x.com>\r\n\r\nx\r\n"));
        shapes.add(new Shape(
                "unknown charsets",
                4_441,
                n -> MIXED + "--b0\r\nContent-Type: a/b; name=\""
                        + IntStream.range(0, n)
                                .mapToObj(i -> "=?x-" + i + "?q?a?= ")
                                .collect(Collectors.joining()) + "\"\r\n\r\nx\r\n"));
        shapes.add(new Shape(
                "parameters",
                5_552,
                n -> MIXED + "--b0\r\nContent-Type: a/b"
                        + IntStream.range(0, n)
                                .mapToObj(i -> ";name*" + i + "=a")
                                .collect(Collectors.joining()) + "\r\n\r\nx\r\n"));
        shapes.add(new Shape(
                "parameters without semicolons",
                9_359,
                n -> MIXED + "--b0\r\nContent-Type: a/b" + " name=a".repeat(n) + "\r\n\r\nx\r\n"));
        shapes.add(new Shape(
                "open quotes",
                5_956,
                n -> MIXED + "--b0\r\nContent-Type: a/b" + "; name=\"a\\\"".repeat(n) + "\r\n\r\nx\r\n"));
        shapes.add(new Shape("parts", 999, n -> MIXED + "--b0\r\n\r\nx\r\n".repeat(n)));
        shapes.add(new Shape(
                "parts with fields",
                999,
                n -> MIXED + "--b0\r\na:b\r\na:b\r\na:b\r\nContent-Type: text/plain; name=x\r\n\r\nx\r\n".repeat(n)));
        shapes.add(new Shape(
                "attached messages",
                999,
                n -> MIXED
                        + "--b0\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: text/calendar\r\n\r\nx\r\n"
                                .repeat(n)));
        shapes.add(new Shape(
                "dashes under 99 boundaries",
                30_000,
                n -> IntStream.range(0, 99)
                                .mapToObj(i -> (i == 0 ? FROM : "--b" + (i - 1) + "\r\n")
                                        + "Content-Type: multipart/mixed; boundary=b" + i + "\r\n\r\n")
                                .collect(Collectors.joining())
                        + "--b\r\n".repeat(10 * n)));
        shapes.add(new Shape(
                "delimiters of the outermost",
                30_000,
                n -> (IntStream.range(0, 90)
                                .mapToObj(i -> (i == 0 ? FROM : "--b" + (i - 1) + "\r\n")
                                        + "Content-Type: multipart/mixed; boundary=b" + i + "\r\n\r\n")
                                .collect(Collectors.joining())
                        + "--b0--\r\n".repeat(10 * n))));
        shapes.add(new Shape(
                "multiparts without a boundary",
                1_999,
                n -> MIXED + "--b0\r\nContent-Type: multipart/x\r\n\r\n-- x\r\n".repeat(n / 2)));
        shapes.add(new Shape(
                "calendars",
                999,
                n -> MIXED
                        + "--b0\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nATTENDEE:mailto:a@x.com\r\nEND:VCALENDAR\r\n"
                                .repeat(n)));
        shapes.add(new Shape(
                "attendees", 120_000, n -> MIXED + "--b0\r\n" + calendar("ATTENDEE:mailto:a@x.com\r\n".repeat(n))));
        shapes.addAll(calendarShapes());
        return shapes;
    }

    /** As large as SIZE allows, since no limit of their own holds for calendars. */
    private static List<Shape> calendarShapes() {
        return List.of(
                new Shape(
                        "other attendees with two addresses",
                        40_000,
                        n -> MIXED + "--b0\r\n"
                                + calendar("ATTENDEE:mailto:a@x.com\r\n"
                                        + numbered(
                                                n,
                                                i -> "ATTENDEE;EMAIL=e" + i + "@x.com:mailto:b" + i + "@x.com\r\n"))),
                new Shape(
                        "addresses of an attendee",
                        4_000,
                        n -> MIXED + "--b0\r\n"
                                + calendar("ATTENDEE" + numbered(n, i -> ";EMAIL=a" + i + "@x.com\r\n ")
                                        + ":mailto:a@x.com\r\n")),
                new Shape(
                        "quotes of an attendee",
                        30_000,
                        n -> MIXED + "--b0\r\n" + calendar("ATTENDEE;CN=" + "\"\"".repeat(n) + ":mailto:a@x.com\r\n")),
                new Shape(
                        "blanks of an attendee",
                        60_000,
                        n -> MIXED + "--b0\r\n" + calendar("ATTENDEE;" + " ".repeat(n) + "EMAIL:mailto:a@x.com\r\n")),
                new Shape(
                        "parameters of many properties",
                        100_000,
                        n -> MIXED + "--b0\r\n"
                                + calendar(numbered(
                                        n / 5_000 + 1,
                                        i -> "SUMMARY" + numbered(Math.min(n, 5_000), k -> ";P" + k + "=v")
                                                + ":s\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n"))),
                new Shape(
                        "events",
                        80_000,
                        n -> MIXED + "--b0\r\n"
                                + calendar("END:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:s\r\n".repeat(n / 2))),
                new Shape(
                        "alarms",
                        60_000,
                        n -> MIXED + "--b0\r\n"
                                + calendar("BEGIN:VALARM\r\nATTENDEE:mailto:b@x.com\r\nEND:VALARM\r\n".repeat(n))),
                new Shape(
                        "time zones",
                        30_000,
                        n -> MIXED + "--b0\r\n"
                                + calendar(
                                        "END:VEVENT\r\n"
                                                + numbered(
                                                        n,
                                                        i -> "BEGIN:VTIMEZONE\r\nTZID:z" + i
                                                                + "\r\nBEGIN:STANDARD\r\nDTSTART:x\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"))),
                new Shape(
                        "a long time zone",
                        60_000,
                        n -> MIXED + "--b0\r\n"
                                + calendar(("DTSTART;TZID=" + "A".repeat(n) + ":20260101T000000\r\n").repeat(2))),
                new Shape(
                        "a rule of many parts",
                        12_000,
                        n -> MIXED + "--b0\r\n"
                                + calendar("RRULE:FREQ=DAILY" + numbered(n, i -> ";" + i + "=") + "\r\n")),
                new Shape(
                        "folds of a line",
                        900_000,
                        n -> MIXED + "--b0\r\n" + calendar("SUMMARY:" + "\r\n ".repeat(n) + "s\r\n")),
                new Shape(
                        "words of many calendars",
                        900,
                        n -> MIXED
                                + ("--b0\r\n"
                                                + calendar(numbered(
                                                        6,
                                                        i -> "SUMMARY:" + "s".repeat(400)
                                                                + "\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n")))
                                        .repeat(n)),
                new Shape(
                        "pasted calendars",
                        80_000,
                        n -> FROM + "\r\n" + "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n".repeat(n)),
                new Shape(
                        "a pasted calendar that stays open",
                        200_000,
                        n -> FROM + "\r\nBEGIN:VCALENDAR\r\n" + "BEGIN:VCALENDAR".repeat(n)),
                new Shape(
                        "texts with pasted calendars",
                        990,
                        n -> MIXED
                                + "--b0\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\ntext\r\n"
                                        .repeat(n)),
                new Shape(
                        "uuencoded calendars",
                        40_000,
                        n -> FROM + "\r\n" + "begin 644 a.ics\r\n#0EE'\r\n`\r\nend\r\nx\r\n".repeat(n)),
                new Shape(
                        "beginnings of uuencoded files", 150_000, n -> FROM + "\r\n" + "begin 644 a\r\n\r\n".repeat(n)),
                new Shape(
                        "encoded messages",
                        999,
                        n -> MIXED
                                + ("--b0\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                                                + "RnJvbTogYUB4LmNvbQ0KDQp4DQo=\r\n")
                                        .repeat(n)));
    }

    private static String calendar(String lines) {
        return "Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n" + lines
                + "END:VEVENT\r\nEND:VCALENDAR\r\n";
    }

    private static String numbered(int number, IntFunction<String> text) {
        return IntStream.range(0, number).mapToObj(text).collect(Collectors.joining());
    }

    /** What the review says at the end of data. */
    static Optional<MailRefusal> review(String mail) {
        DeliverabilityCheck review = new DeliverabilityCheck(new GraphRules(AddressSet.parse(""), 0, true));
        byte[] bytes = mail.getBytes(StandardCharsets.ISO_8859_1);
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n' || i == bytes.length - 1) {
                review.line(Arrays.copyOfRange(bytes, start, i + 1));
                start = i + 1;
            }
        }
        return review.verdict("a@x.com", List.of("a@x.com"));
    }

    /** A message of about a mebibyte, put together at random. */
    private static String random(Random random) {
        List<String> pieces = Stream.concat(
                        DamagedMimePropertiesTest.HEADER.stream(), DamagedMimePropertiesTest.BODY.stream())
                .toList();
        StringBuilder mail = new StringBuilder(FROM + "Content-Type: multipart/mixed; boundary=b1\r\n\r\n");
        while (mail.length() < 1024 * 1024) {
            String piece = pieces.get(random.nextInt(pieces.size()));
            mail.append(piece.repeat(1 + random.nextInt(random.nextInt(100) == 0 ? 1_000 : 5)));
        }
        return mail.toString();
    }

    /** What James and the mailets do to a mail. */
    static void handle(String mail) throws Exception {
        MessageSource source = source(mail);
        new InternetHeaders(source.open()).getHeader("bcc");
        StrippedMail stripped = new CalendarStripper(true).strip(source);
        stripped.writeTo(OutputStream.nullOutputStream());
        Invitation invitation = Invitation.in(source, List.of(EmailAddress.of("a", "x.com")));
        invitation.calendarRecipients();
        invitation.narrowed(true).writeTo(OutputStream.nullOutputStream());
        Edits recipients = new RecipientAlignment(List.of("a@x.com"), true, List.of())
                .of(HeaderSection.read(source, RecipientAlignment.FIELDS));
        recipients.apply(source, OutputStream.nullOutputStream());
        SenderAlignment.of(HeaderSection.read(source, SenderAlignment.FIELDS))
                .apply(source, OutputStream.nullOutputStream());
    }

    /** The same, whatever can be read of it. */
    static void handleIfReadable(String mail) throws Exception {
        try {
            handle(mail);
        } catch (UnreadableMailException refusedAtData) {
            HeaderSection.read(source(mail), RecipientAlignment.FIELDS);
        }
    }

    static MessageSource source(String mail) {
        byte[] bytes = mail.getBytes(StandardCharsets.ISO_8859_1);
        return () -> new ByteArrayInputStream(bytes);
    }

    public static void main(String[] arguments) throws Exception {
        for (Shape shape : shapes()) {
            String mail = shape.mail().apply(shape.most());
            print(shape.name(), () -> handle(mail));
        }
        Random random = new Random(1);
        for (int i = 0; i < RANDOM_MAILS; i++) {
            String mail = random(random);
            print("random " + i, () -> handleIfReadable(mail));
        }
    }

    /** What is done to a message. */
    private interface Handling {
        void run() throws Exception;
    }

    private static void print(String name, Handling handling) throws Exception {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadCpuTime();
        handling.run();
        System.out.println(name + "=" + TimeUnit.NANOSECONDS.toMillis(threads.getCurrentThreadCpuTime() - before));
    }
}
