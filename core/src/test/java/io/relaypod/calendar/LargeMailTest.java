package io.relaypod.calendar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Collections;
import java.util.List;

import com.google.common.io.CountingOutputStream;
import io.relaypod.mime.MessageSource;
import io.relaypod.mime.UnreadableMailException;
import org.junit.jupiter.api.Test;

/** Size costs time, in proportion, and no memory. */
class LargeMailTest {

    private static final int MIB = 1024 * 1024;

    @Test
    void twoMebibytesOfCalendarPassInTheMemoryThatAFewKilobytesTake() throws Exception {
        MessageSource small = mail(8 * 1024, 4 * 1024);
        MessageSource large = mail(2 * MIB, MIB);
        strip(small);

        long forSmall = allocatedBy(() -> strip(small));
        long forLarge = allocatedBy(() -> strip(large));

        // The words of the calendar are looked for in its first 256 KiB, so that much text may come and go.
        assertThat(forLarge - forSmall)
                .as("bytes allocated for the large mail beyond the small one")
                .isLessThan(4L * MIB);
    }

    @Test
    void aMailTwiceTheHeapIsStrippedNarrowedAndAligned() throws Exception {
        Process relay = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx16m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SmallHeap.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            // Half is a calendar of 1000 bytes of comments for each attendee of 32, who goes when it is narrowed.
            assertThat(relay.inputReader().lines())
                    .containsExactly("stripped 16", "narrowed 1 31", "of a crowd [a7@example.com] 0", "aligned 32");
        } finally {
            relay.destroyForcibly();
        }
    }

    @Test
    void aHundredThousandPartsAndAThousandLevelsAreRefusedInASecond() {
        String parts = "Content-Type: multipart/mixed; boundary=x\r\n\r\n" + "--x\r\n\r\n\r\n".repeat(100_000);
        StringBuilder levels = new StringBuilder();
        for (int i = 0; i < 1_000; i++) {
            levels.append("Content-Type: multipart/mixed; boundary=x")
                    .append(i)
                    .append("\r\n\r\n--x")
                    .append(i)
                    .append("\r\n");
        }

        assertTimeout(Duration.ofSeconds(2), () -> {
            assertThatThrownBy(() -> strip(CalendarMails.source(parts))).isInstanceOf(UnreadableMailException.class);
            assertThatThrownBy(() -> strip(CalendarMails.source(levels.toString())))
                    .isInstanceOf(UnreadableMailException.class);
        });
    }

    @Test
    void componentsNestedWithoutEndAreNoTrouble() throws Exception {
        String calendar = "Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n" + "BEGIN:X\r\n".repeat(200_000);

        assertThat(CalendarMails.stripped(calendar)).contains("This mail was about an event");
    }

    private static long strip(MessageSource mail) throws Exception {
        CountingOutputStream out = new CountingOutputStream(OutputStream.nullOutputStream());
        StrippedMail changed = new CalendarStripper(false).strip(mail);
        assertThat(changed.calendars()).isOne();
        changed.writeTo(out);
        return out.getCount();
    }

    private interface Rewrite {
        void run() throws Exception;
    }

    private static long allocatedBy(Rewrite step) throws Exception {
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        step.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    /** A mail that is made as it is read, so that it takes no memory itself. */
    private static MessageSource mail(int calendar, int text) {
        byte[] head =
                ("From: a@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/calendar\r\n"
                                + "Content-Transfer-Encoding: base64\r\n\r\n"
                                + Base64.getMimeEncoder()
                                        .encodeToString(CalendarMails.CALENDAR.getBytes(StandardCharsets.UTF_8))
                                + "\r\n")
                        .getBytes(StandardCharsets.US_ASCII);
        byte[] between = "--b\r\nContent-Type: text/plain\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        byte[] end = "\r\n--b--\r\n".getBytes(StandardCharsets.US_ASCII);
        return () -> new SequenceInputStream(Collections.enumeration(List.of(
                new ByteArrayInputStream(head),
                lines("QUJDREVGR0g=\r\n", calendar),
                new ByteArrayInputStream(between),
                lines("some more text\r\n", text),
                new ByteArrayInputStream(end))));
    }

    private static InputStream lines(String line, int size) {
        return new InputStream() {
            private int at;

            @Override
            public int read() {
                return at < size ? line.charAt(at++ % line.length()) : -1;
            }
        };
    }
}
