package io.relaypod.server.smtp;

import java.util.ArrayList;
import java.util.List;

/**
 * Ends all lines of a message with CRLF. An LF without CR ends a line, and so does a CR without LF. All CRs before an
 * LF belong to that LF: some programs replace the LF of a CRLF by CRLF.
 *
 * <p>A line that consists of one dot gets a second one (RFC 5321 section 4.5.2), so that no line looks like the end of
 * the message. A client that ends lines with a bare newline also stuffs dots there: two dots are read as one. For one
 * message and one thread.
 */
final class LineNormalizer {

    private static final byte[] CRLF = {'\r', '\n'};
    private static final byte[] STUFFED_DOT = {'.', '.', '\r', '\n'};

    private final int maxLine;
    private final LineBuffer begun;
    private int carriageReturns;
    private boolean isTooLong;
    private boolean hasNoMemory;

    /**
     * @param maxLine the longest line, in bytes; after a longer one nothing more is kept
     * @param begun collects the line that has no end yet
     */
    LineNormalizer(int maxLine, LineBuffer begun) {
        this.maxLine = maxLine;
        this.begun = begun;
    }

    /** @return the lines that end within these bytes, CRLF and stuffed dots included */
    List<byte[]> read(byte[] piece) {
        List<byte[]> lines = new ArrayList<>(1);
        int start = 0;
        for (int at = 0; at < piece.length && !isTooLong && !hasNoMemory; at++) {
            if (piece[at] == '\n') {
                keep(piece, start, at);
                carriageReturns = 0;
                lines.add(line());
                start = at + 1;
            } else if (piece[at] == '\r') {
                keep(piece, start, at);
                carriageReturns++;
                start = at + 1;
            } else {
                for (; carriageReturns > 0; carriageReturns--) {
                    lines.add(line());
                }
            }
        }
        keep(piece, start, piece.length);
        return isTooLong || hasNoMemory ? List.of() : lines;
    }

    private void keep(byte[] piece, int start, int end) {
        isTooLong = isTooLong || begun.size() + end - start > maxLine;
        hasNoMemory = hasNoMemory || !isTooLong && end > start && !begun.append(piece, start, end);
        if (isTooLong || hasNoMemory) {
            begun.clear();
        }
    }

    private byte[] line() {
        byte[] line = begun.take(CRLF);
        return MailDataDecoder.isEndOfData(line) ? STUFFED_DOT.clone() : line;
    }

    /** Whether the budget refused the memory for a line; nothing more of the message is kept. */
    boolean hasNoMemory() {
        return hasNoMemory;
    }

    boolean isTooLong() {
        return isTooLong;
    }
}
