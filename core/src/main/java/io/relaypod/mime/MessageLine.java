package io.relaypod.mime;

import java.nio.charset.StandardCharsets;

/**
 * A line of a message, with its line break. Only the beginning of a long line is stored. Positions are counted from the
 * message's first byte.
 */
interface MessageLine {

    /** The position of its first byte. */
    long start();

    /** The position after its line break. */
    long end();

    /** The stored bytes are the first {@link #kept} ones. */
    byte[] bytes();

    int kept();

    default boolean isCut() {
        return end() - start() > kept();
    }

    default boolean isBlank() {
        return kept() > 0 && (bytes()[0] == '\n' || kept() == 2 && bytes()[0] == '\r' && bytes()[1] == '\n');
    }

    default boolean startsWith(char first) {
        return kept() > 0 && bytes()[0] == first;
    }

    default boolean startsWithDashes() {
        return kept() > 1 && bytes()[0] == '-' && bytes()[1] == '-';
    }

    /** The line with its line break, one char a byte. */
    default String text() {
        return new String(bytes(), 0, kept(), StandardCharsets.ISO_8859_1);
    }

    /** The first chars of the line. */
    default String text(int length) {
        return new String(bytes(), 0, Math.min(length, kept()), StandardCharsets.ISO_8859_1);
    }
}
