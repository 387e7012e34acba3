package io.relaypod.calendar;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * Reads a calendar content line by content line (RFC 5545 section 3.1), in the memory of one line and in time linear in
 * its size.
 *
 * <pre>{@code
 * ContentLines lines = new ContentLines(calendar);
 * while (lines.next()) {
 *     if (!lines.name().equals("ATTENDEE")) {
 *         lines.copyTo(out);
 *     }
 * }
 * }</pre>
 *
 * <p>A physical line ends behind CRLF, LF or a CR alone. Empty lines belong to the line before them. For one thread.
 */
final class ContentLines {

    /** Bytes that are stored of a content line; the rest can only be copied. Only inline attachments are longer. */
    static final int LONGEST = 64 * 1024;

    private final InputStream in;
    private final byte[] buffer = new byte[8 * 1024];
    private int position;
    private int filled;
    private byte[] line = new byte[512];
    private int length;
    private boolean inside;
    private boolean first = true;
    private boolean zero;

    ContentLines(InputStream in) {
        this.in = in;
    }

    /** Moves to the next content line. What was not copied of the one before is skipped. */
    boolean next() throws IOException {
        first &= length == 0;
        skipRest();
        length = 0;
        inside = peek() >= 0;
        while (inside && length < LONGEST) {
            step();
        }
        return length > 0;
    }

    private void skipRest() throws IOException {
        while (inside) {
            length = 0;
            step();
        }
    }

    /** Adds one byte, and looks whether the content line ends behind it. */
    private void step() throws IOException {
        byte next = buffer[position++];
        zero |= next == 0;
        if (length == line.length) {
            line = Arrays.copyOf(line, 2 * length);
        }
        line[length++] = next;
        int following = peek();
        boolean lineEnds = next == '\n' || next == '\r' && following != '\n';
        if (following < 0
                || lineEnds && !(following == ' ' || following == '\t' || following == '\r' || following == '\n')) {
            inside = false;
        }
    }

    private int peek() throws IOException {
        if (position == filled) {
            position = 0;
            filled = Math.max(0, in.read(buffer));
        }
        return position < filled ? buffer[position] & 0xFF : -1;
    }

    /** Whether a zero byte was read so far: no reader agrees with another on what stands behind it. */
    boolean hasZero() {
        return zero;
    }

    /** Whether only the beginning of the line is stored. */
    boolean isCut() {
        return inside;
    }

    /** Whether the name ends within the stored bytes. */
    boolean isNamed() {
        for (int i = 0; i < length; i++) {
            if (line[i] == ':' || line[i] == ';') {
                return true;
            }
        }
        return false;
    }

    /** The name of the property, in upper case, without the group that vCalendar 1.0 may put before it. */
    String name() {
        int at = start();
        StringBuilder name = new StringBuilder();
        while (at < length && line[at] != ':' && line[at] != ';') {
            int behind = behindFold(at);
            if (behind == at) {
                name.append((char) (line[at] & 0xFF));
            }
            at = Math.max(at + 1, behind);
        }
        return name.substring(name.lastIndexOf(".") + 1).strip().toUpperCase(Locale.ROOT);
    }

    private int start() {
        // A byte order mark is no part of the first line.
        return first && length >= 3 && line[0] == (byte) 0xEF && line[1] == (byte) 0xBB && line[2] == (byte) 0xBF
                ? 3
                : 0;
    }

    /** @return the position after the fold that begins here; {@code at} if none does */
    private int behindFold(int at) {
        int end = at;
        while (end < length && (line[end] == '\r' || line[end] == '\n')) {
            end++;
        }
        return end > at && end < length && (line[end] == ' ' || line[end] == '\t') ? end + 1 : at;
    }

    /** The line without its folds, its line breaks and the blanks around it, one char a byte. */
    String text() {
        StringBuilder text = new StringBuilder(length);
        int at = start();
        while (at < length) {
            int behind = behindFold(at);
            if (behind == at) {
                text.append((char) (line[at] & 0xFF));
            }
            at = Math.max(at + 1, behind);
        }
        return text.toString().strip();
    }

    /** Writes the whole line as it is, however long it is. */
    void copyTo(OutputStream out) throws IOException {
        out.write(line, 0, length);
        while (inside) {
            length = 0;
            while (inside && length < LONGEST) {
                step();
            }
            out.write(line, 0, length);
        }
    }

    /**
     * Writes another text in the place of this line, folded like this line and with its line break.
     *
     * @param text one char a byte
     */
    void writeInstead(String text, OutputStream out) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        byte[] end = lineBreak();
        int width = longestPhysicalLine();
        ByteArrayOutputStream folded = new ByteArrayOutputStream();
        int inLine = 0;
        for (byte each : bytes) {
            boolean continuesCharacter = (each & 0xC0) == 0x80;
            if (inLine >= width && !continuesCharacter) {
                folded.writeBytes(end);
                folded.write(' ');
                inLine = 1;
            }
            folded.write(each);
            inLine++;
        }
        folded.writeTo(out);
        out.write(end);
    }

    private byte[] lineBreak() {
        int start = length;
        while (start > 0 && (line[start - 1] == '\r' || line[start - 1] == '\n')) {
            start--;
        }
        if (start == length) {
            return new byte[] {'\r', '\n'};
        }
        int end = start + (line[start] == '\r' && start + 1 < length && line[start + 1] == '\n' ? 2 : 1);
        return Arrays.copyOfRange(line, start, end);
    }

    /** At least the width that RFC 5545 wants, so that a line is never folded more often than it was. */
    private int longestPhysicalLine() {
        int longest = 75;
        int inLine = 0;
        for (int i = start(); i < length; i++) {
            inLine = line[i] == '\r' || line[i] == '\n' ? 0 : inLine + 1;
            longest = Math.max(longest, inLine);
        }
        return longest;
    }
}
