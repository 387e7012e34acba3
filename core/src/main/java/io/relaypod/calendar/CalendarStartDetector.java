package io.relaypod.calendar;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Watches whether what is read of a content begins like a calendar. For one thread. */
final class CalendarStartDetector extends FilterInputStream {

    private static final String BEGIN = "BEGIN:VCALENDAR";

    private int matched;
    private boolean differs;

    CalendarStartDetector(InputStream content) {
        super(content);
    }

    /** Whether it does, after blanks or a byte order mark; UTF-16 and UTF-32 count too. */
    boolean isCalendar() {
        return matched == BEGIN.length();
    }

    /** Whether nothing more has to be read to know it. */
    boolean isKnown() {
        return differs || isCalendar();
    }

    @Override
    public int read() throws IOException {
        int next = in.read();
        if (!isKnown() && next >= 0) {
            watch(next);
        }
        return next;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int read = in.read(bytes, offset, length);
        for (int i = offset; i < offset + read && !isKnown(); i++) {
            watch(bytes[i] & 0xFF);
        }
        return read;
    }

    private void watch(int next) {
        boolean skipped = next == 0
                || matched == 0 && (next <= ' ' || next >= 0xFE || next == 0xEF || next == 0xBB || next == 0xBF);
        if (!skipped) {
            differs = Character.toUpperCase((char) next) != BEGIN.charAt(matched);
            matched += differs ? 0 : 1;
        }
    }
}
