package io.relaypod.calendar;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.google.common.primitives.Bytes;

/**
 * Removes calendars from a plain text: those at its beginning, and uuencoded ones. The text around them stays. Memory:
 * one line of {@value #LONGEST} bytes. For one pass.
 */
final class PastedCalendars {

    private static final int LONGEST = 1024;
    private static final Pattern BEGIN_UUENCODED = Pattern.compile("begin [0-7]{3,4} (?<name>\\S.*)");
    private static final String BEGIN = "BEGIN:VCALENDAR";
    private static final String END = "END:VCALENDAR";

    private final InputStream in;
    private final boolean uuencodedToo;
    private final OutputStream rest;
    private final byte[] buffer = new byte[8 * 1024];
    private int position;
    private int filled;
    private final byte[] chunk = new byte[LONGEST];
    private int length;
    private boolean startsLine = true;
    private PastedTextState state = PastedTextState.LEADING;
    private boolean drops;
    private boolean found;
    private boolean textLeft;
    private byte[] heldLines = {};
    private boolean heldIsCalendar;

    private enum PastedTextState {
        LEADING,
        CALENDAR,
        TEXT,
        FIRST_UUENCODED,
        UUENCODED
    }

    /**
     * The content of a text.
     *
     * @param found whether there is a calendar
     * @param textLeft whether anything but blanks is left without it
     */
    record PastedText(boolean found, boolean textLeft) {}

    private PastedCalendars(InputStream in, boolean uuencodedToo, OutputStream rest) {
        this.in = in;
        this.uuencodedToo = uuencodedToo;
        this.rest = rest;
    }

    /**
     * Copies a text without its calendars.
     *
     * @param uuencodedToo whether uuencoded calendars are removed; if not, a text that begins without a calendar is not
     *     read to its end
     */
    static PastedText copyWithout(InputStream text, boolean uuencodedToo, OutputStream rest) throws IOException {
        return new PastedCalendars(text, uuencodedToo, rest).pass();
    }

    private PastedText pass() throws IOException {
        while (nextChunk()) {
            // Most lines are of a text, and do not begin like this.
            if (startsLine && (state != PastedTextState.TEXT || drops || chunk[0] == 'b')) {
                line(new String(chunk, 0, length, StandardCharsets.ISO_8859_1));
            }
            if (!drops) {
                write(chunk, length);
            }
            if (!found && !uuencodedToo && state == PastedTextState.TEXT) {
                break;
            }
            startsLine = endsLine();
        }
        write(heldLines, heldLines.length);
        return new PastedText(found, textLeft);
    }

    /** Reads a line, or the beginning of a long one. */
    private boolean nextChunk() throws IOException {
        length = 0;
        while (length < LONGEST && following() >= 0) {
            byte next = buffer[position++];
            chunk[length++] = next;
            if (next == '\n' || next == '\r' && following() != '\n') {
                break;
            }
        }
        return length > 0;
    }

    private int following() throws IOException {
        if (position == filled) {
            position = 0;
            filled = Math.max(0, in.read(buffer));
        }
        return position < filled ? buffer[position] & 0xFF : -1;
    }

    private boolean endsLine() throws IOException {
        byte last = chunk[length - 1];
        return last == '\n' || last == '\r' && following() != '\n';
    }

    private void write(byte[] bytes, int many) throws IOException {
        rest.write(bytes, 0, many);
        for (int i = 0; i < many && !textLeft; i++) {
            textLeft = bytes[i] < 0 || bytes[i] > ' ';
        }
    }

    private void line(String line) throws IOException {
        switch (state) {
            case CALENDAR -> {
                if (plain(line).equals(END)) {
                    state = PastedTextState.LEADING;
                }
            }
            case FIRST_UUENCODED -> firstUuencoded(line);
            case UUENCODED -> uuencoded(line);
            default -> text(line);
        }
    }

    /** Without what readers skip before a calendar: blanks, zeros, a byte order mark. */
    private static String plain(String line) {
        int start = 0;
        while (start < line.length()
                && (line.charAt(start) <= ' '
                        || line.charAt(start) >= 0xFE
                        || "\u00ef\u00bb\u00bf".indexOf(line.charAt(start)) >= 0)) {
            start++;
        }
        return line.substring(start).replace("\0", "").strip().toUpperCase(Locale.ROOT);
    }

    private void text(String line) {
        drops = false;
        if (state == PastedTextState.LEADING) {
            String plain = plain(line);
            if (plain.startsWith(BEGIN)) {
                state = PastedTextState.CALENDAR;
                found = true;
                drops = true;
                return;
            }
            if (plain.isEmpty()) {
                return;
            }
            state = PastedTextState.TEXT;
        }
        Matcher begin = BEGIN_UUENCODED.matcher(line.strip());
        if (uuencodedToo && line.startsWith("begin ") && begin.matches()) {
            heldLines = Arrays.copyOf(chunk, length);
            heldIsCalendar = CalendarParts.isCalendarFile(begin.group("name"));
            state = PastedTextState.FIRST_UUENCODED;
            drops = true;
        }
    }

    private void firstUuencoded(String line) throws IOException {
        if (line.isBlank() && heldLines.length + length <= LONGEST) {
            // Some readers look for the data behind it.
            heldLines = Bytes.concat(heldLines, Arrays.copyOf(chunk, length));
            return;
        }
        byte[] begin = heldLines;
        heldLines = new byte[0];
        if (isUuencoded(line) && (heldIsCalendar || plain(uudecoded(line)).startsWith(BEGIN))) {
            state = PastedTextState.UUENCODED;
            found = true;
        } else {
            write(begin, begin.length);
            state = PastedTextState.TEXT;
            text(line);
        }
    }

    private void uuencoded(String line) {
        if (line.strip().equals("end")) {
            state = behindUuencoded();
        } else if (!isUuencoded(line)) {
            state = behindUuencoded();
            text(line);
        }
    }

    // If nothing stands before it, the text that is left begins here, perhaps with a calendar.
    private PastedTextState behindUuencoded() {
        return textLeft ? PastedTextState.TEXT : PastedTextState.LEADING;
    }

    /** A length and as many characters as it says; some encoders leave out blanks at the end. */
    private static boolean isUuencoded(String line) {
        String data = line.replaceAll("[\\r\\n]+$", "");
        int bytes = data.isEmpty() ? 0 : data.charAt(0) - ' ' & 0x3F;
        return data.isEmpty()
                || data.chars().allMatch(c -> c >= ' ' && c <= '`')
                        && data.length() <= 2 + (bytes + 2) / 3 * 4
                        && data.length() > 1 + (bytes + 2) / 3 * 4 - 4 - (bytes == 0 ? 1 : 0);
    }

    private static String uudecoded(String line) {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i + 3 < line.length(); i += 4) {
            int bits = (line.charAt(i) - ' ' & 0x3F) << 18
                    | (line.charAt(i + 1) - ' ' & 0x3F) << 12
                    | (line.charAt(i + 2) - ' ' & 0x3F) << 6
                    | line.charAt(i + 3) - ' ' & 0x3F;
            text.append((char) (bits >> 16 & 0xFF))
                    .append((char) (bits >> 8 & 0xFF))
                    .append((char) (bits & 0xFF));
        }
        return text.toString();
    }
}
