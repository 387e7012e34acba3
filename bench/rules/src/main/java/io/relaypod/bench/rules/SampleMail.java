package io.relaypod.bench.rules;

import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

import io.relaypod.mime.MessageSource;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * A message to two people, with text and a calendar that lists both. In a large one, two thirds are the calendar in
 * base64.
 */
@State(Scope.Thread)
public class SampleMail {

    private static final String HEAD =
            "Received: from x by y\r\nFrom: s@example.com\r\nTo: Ann <ann@example.com>, bob@example.com\r\nSubject: s\r\n"
                    + "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\nContent-Type: text/plain\r\n\r\n";
    private static final String CALENDAR =
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Talk\r\n"
                    + "DTSTART:20270104T090000Z\r\nORGANIZER:mailto:s@example.com\r\nATTENDEE:mailto:ann@example.com\r\nATTENDEE;RSVP=TRUE:mailto:bob@example.com\r\n"
                    + "DESCRIPTION:%sEND:VEVENT\r\nEND:VCALENDAR\r\n";
    private static final String FOLDED = "words that a person writes and a program folds after seventy-five\r\n ";
    private static final String TEXT = "Some line of text as people write it, seventy or so.\r\n";

    // A usual message, a message with a picture, and the largest that Graph accepts.
    @Param({"4096", "102400", "3145728"})
    private int size;

    private byte[] mail = new byte[0];

    /** Counts the bytes of messages, which JMH divides by the time. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    public static class Volume {

        /** Size of the messages as received; JMH reads the field. */
        public double megabytes;

        void add(SampleMail sample) {
            megabytes += sample.mail.length / 1e6;
        }
    }

    /** Composes the message. */
    @Setup(Level.Trial)
    public void compose() {
        int folds = Math.max(1, (int) (size * 2L / 3 * 3 / 4 - CALENDAR.length()) / FOLDED.length());
        String calendar = CALENDAR.formatted(FOLDED.repeat(folds) + "\r\n");
        String tail =
                "\r\n--bb\r\nContent-Type: text/calendar; method=REQUEST\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                        + Base64.getMimeEncoder().encodeToString(calendar.getBytes(StandardCharsets.US_ASCII))
                        + "\r\n--bb--\r\n";
        int lines = Math.max(1, (size - HEAD.length() - tail.length()) / TEXT.length());
        mail = (HEAD + TEXT.repeat(lines) + tail).getBytes(StandardCharsets.US_ASCII);
    }

    MessageSource source() {
        return () -> new ByteArrayInputStream(mail);
    }

    /** Copies every written byte, as a file would, and discards it. */
    static final class Sink extends OutputStream {

        private final byte[] last = new byte[8 * 1024];
        private long written;

        @Override
        public void write(int next) {
            last[(int) (written++ % last.length)] = (byte) next;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            for (int done = 0; done < length; done += last.length) {
                System.arraycopy(bytes, offset + done, last, 0, Math.min(last.length, length - done));
            }
            written += length;
        }

        long written() {
            return written;
        }
    }
}
