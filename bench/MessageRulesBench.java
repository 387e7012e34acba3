import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

import io.relaypod.calendar.CalendarStripper;
import io.relaypod.calendar.Invitation;
import io.relaypod.mime.HeaderSection;
import io.relaypod.mime.MessageSource;
import io.relaypod.recipients.EmailAddress;
import io.relaypod.recipients.RecipientAlignment;

/**
 * How many megabytes a second the calendar and header rules take on one core, for mails of 4 KiB, 100 KiB and 3 MiB. Run behind a build:
 *
 * <pre>java -cp 'mailets/target/classes:server/target/lib/*' bench/MessageRulesBench.java</pre>
 */
public final class MessageRulesBench {

    private static final String CALENDAR = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Talk\r\nATTENDEE:mailto:a@example.com\r\n"
        + "ATTENDEE:mailto:b@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    private static final long WARM_UP = 2_000_000_000L;
    private static final long MEASURE = 3_000_000_000L;

    private interface Work {
        void run(MessageSource mail) throws Exception;
    }

    public static void main(String[] args) throws Exception {
        List<EmailAddress> a = List.of(EmailAddress.parse("a@example.com").orElseThrow());
        System.out.printf("%-42s %10s %10s %10s%n", "MB/s on one core", "4 KiB", "100 KiB", "3 MiB");
        row("strip: calendar taken out, mail written", mail -> new CalendarStripper(false).strip(mail).writeTo(OutputStream.nullOutputStream()));
        row("auto: read, narrowed to one, mail written", mail -> Invitation.in(mail).narrowedTo(a).writeTo(OutputStream.nullOutputStream()));
        row("align: headers that agree", mail -> new RecipientAlignment(List.of("a@example.com", "b@example.com"), true, List.of())
            .of(HeaderSection.read(mail, RecipientAlignment.FIELDS)));
        row("align: one address too many, mail written", mail -> new RecipientAlignment(List.of("a@example.com"), true, List.of())
            .of(HeaderSection.read(mail, RecipientAlignment.FIELDS)).apply(mail, OutputStream.nullOutputStream()));
    }

    private static void row(String name, Work work) throws Exception {
        System.out.printf(Locale.ROOT, "%-42s %10.0f %10.0f %10.0f%n", name, rate(work, 4 << 10), rate(work, 100 << 10), rate(work, 3 << 20));
    }

    private static double rate(Work work, int size) throws Exception {
        byte[] mail = mail(size);
        MessageSource source = () -> new ByteArrayInputStream(mail);
        repeat(work, source, WARM_UP);
        long start = System.nanoTime();
        long times = repeat(work, source, MEASURE);
        return times * (double) mail.length / 1e6 / ((System.nanoTime() - start) / 1e9);
    }

    private static long repeat(Work work, MessageSource mail, long nanos) throws Exception {
        long times = 0;
        for (long end = System.nanoTime() + nanos; System.nanoTime() < end; times++) {
            work.run(mail);
        }
        return times;
    }

    /** A mail of text and HTML, an attachment of base64, and a calendar; two thirds of a large one are calendar. */
    private static byte[] mail(int size) {
        String calendar = CALENDAR.replace("END:VEVENT", "DESCRIPTION:" + "words ".repeat(size / 20) + "\r\nEND:VEVENT");
        String encoded = Base64.getMimeEncoder().encodeToString(calendar.getBytes(StandardCharsets.US_ASCII));
        String head = "Received: from x by y\r\nFrom: s@example.com\r\nTo: A <a@example.com>, b@example.com\r\nSubject: s\r\n"
            + "Content-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\nContent-Type: text/plain\r\n\r\n";
        String tail = "\r\n--bb\r\nContent-Type: text/calendar\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encoded + "\r\n--bb--\r\n";
        String text = "Some line of text as people write it, seventy or so.\r\n";
        int left = Math.max(0, size - head.length() - tail.length());
        return (head + text.repeat(left / text.length() + 1) + tail).getBytes(StandardCharsets.US_ASCII);
    }
}
