package io.relaypod.server.trace;

import java.nio.charset.StandardCharsets;

import com.fasterxml.jackson.core.io.JsonStringEncoder;

/**
 * A text that is looked for in lines of JSON, whatever the case of its letters; it may find more than there is and
 * never less.
 */
final class Needle {

    // Sets apart upper and lower case in ASCII.
    private static final int CASE = 0x20;

    private final byte[] bytes;

    private Needle(byte[] bytes) {
        this.bytes = bytes;
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] |= CASE;
        }
    }

    /** A value, as JSON writes it. What has no fixed form in other cases is found everywhere. */
    static Needle value(String text) {
        return new Needle(
                text.chars().allMatch(c -> c < 128)
                        ? JsonStringEncoder.getInstance().quoteAsUTF8(text)
                        : new byte[0]);
    }

    /** A piece of JSON. */
    static Needle json(String text) {
        return new Needle(text.getBytes(StandardCharsets.US_ASCII));
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
