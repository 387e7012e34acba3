package io.relaypod.server.smtp;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes lines that end in CRLF of a mail's bytes: an LF without CR ends a line, a CR without LF too, and CRs before an LF belong to it, as
 * where a program has made CRLF of the LF in CRLF. A line that has not ended with the bytes at hand is handed out in pieces.
 *
 * <p>No line looks like the end of a mail: one that is a single dot gets a second one (RFC 5321 section 4.5.2), as all lines behind a true end
 * of line have it from the client. Two dots behind a bare newline are read as one: a client that ends its lines so stuffs them so. For
 * one mail and one thread.
 */
final class NormalizedLines {

    private static final byte[] STUFFED_DOT = {'.', '.', '\r', '\n'};
    // What says whether a line is a single dot, or begins with two.
    private static final int KEPT_BEGINNING = 2;

    private final int maxLine;
    private final ByteArrayOutputStream segment = new ByteArrayOutputStream();
    private int lineLength;
    private boolean isHandedOutInPart;
    private int carriageReturns;
    private boolean isTooLong;

    /**
     * @param maxLine the longest line, in bytes; of a mail that has a longer one nothing more is handed out
     */
    NormalizedLines(int maxLine) {
        this.maxLine = maxLine;
    }

    /** @return what can be handed out, CRLF and stuffed dots included: lines, behind them perhaps a piece of the line that goes on */
    List<byte[]> read(byte[] bytes) {
        List<byte[]> lines = new ArrayList<>(1);
        for (int at = 0; at < bytes.length && !isTooLong; at++) {
            if (bytes[at] == '\r') {
                carriageReturns++;
            } else if (bytes[at] == '\n') {
                carriageReturns = 0;
                lines.add(line());
            } else {
                for (; carriageReturns > 0; carriageReturns--) {
                    lines.add(line());
                }
                segment.write(bytes[at]);
                isTooLong = ++lineLength > maxLine;
            }
        }
        if (isTooLong) {
            segment.reset();
            return List.of();
        }
        if (isHandedOutInPart ? segment.size() > 0 : segment.size() > KEPT_BEGINNING) {
            lines.add(handOut());
            isHandedOutInPart = true;
        }
        return lines;
    }

    private byte[] line() {
        segment.write('\r');
        segment.write('\n');
        byte[] line = handOut();
        boolean isWhole = !isHandedOutInPart;
        isHandedOutInPart = false;
        lineLength = 0;
        return isWhole && MessageSizeLimit.isEndOfData(line) ? STUFFED_DOT.clone() : line;
    }

    private byte[] handOut() {
        byte[] piece = segment.toByteArray();
        segment.reset();
        return isHandedOutInPart ? stuffed(piece) : piece;
    }

    /** A piece of a line that was begun before, so that its own first dot stays when the first dot of a line is taken away. */
    static byte[] stuffed(byte[] piece) {
        if (piece[0] != '.') {
            return piece;
        }
        byte[] stuffed = new byte[piece.length + 1];
        stuffed[0] = '.';
        System.arraycopy(piece, 0, stuffed, 1, piece.length);
        return stuffed;
    }

    boolean isTooLong() {
        return isTooLong;
    }
}
