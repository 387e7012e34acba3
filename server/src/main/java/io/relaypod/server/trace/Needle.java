package io.relaypod.server.trace;

import com.fasterxml.jackson.core.io.JsonStringEncoder;

/**
 * A text to find in lines of JSON, ignoring case, without parsing them. May match a line that does not contain the
 * text; never misses one that does. Immutable.
 */
final class Needle {

    // The bit that distinguishes upper from lower case in ASCII.
    private static final int CASE = 0x20;

    private final byte[] bytes;

    private Needle(byte[] bytes) {
        this.bytes = bytes;
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] |= CASE;
        }
    }

    /**
     * Matches a JSON value. A text that is not ASCII matches every line, because its cases differ in more than a bit.
     */
    static Needle value(String text) {
        return new Needle(
                text.chars().allMatch(c -> c < 128)
                        ? JsonStringEncoder.getInstance().quoteAsUTF8(text)
                        : new byte[0]);
    }

    boolean isIn(byte[] file, int start, int end) {
        int last = end - bytes.length;
        for (int at = start; at <= last; at++) {
            int matched = 0;
            while (matched < bytes.length && (file[at + matched] | CASE) == bytes[matched]) {
                matched++;
            }
            if (matched == bytes.length) {
                return true;
            }
        }
        return false;
    }
}
