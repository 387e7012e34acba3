package io.relaypod.server.smtp;

import java.util.ArrayList;
import java.util.List;

/**
 * Makes lines that end in CRLF of a mail's bytes: an LF without CR ends a line, a CR without LF too, and CRs before an
 * LF belong to it, as where a program has made CRLF of the LF in CRLF.
 *
 * <p>No line looks like the end of a mail: one that is a single dot gets a second one (RFC 5321 section 4.5.2), as all
 * lines behind a true end of line have it from the client. Two dots behind a bare newline are read as one: a client
 * that ends its lines so stuffs them so. For one mail and one thread.
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
     * @param maxLine the longest line, in bytes; of a mail that has a longer one nothing more is kept
     * @param begun keeps the beginning of a line
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

    /** Whether a line was too long for what is left of the memory; nothing more is kept of the mail. */
    boolean hasNoMemory() {
        return hasNoMemory;
    }

    boolean isTooLong() {
        return isTooLong;
    }
}
