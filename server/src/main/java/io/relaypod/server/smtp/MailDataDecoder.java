package io.relaypod.server.smtp;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

import io.relaypod.deliverability.MailRefusal;
import io.relaypod.server.settings.BareNewline;

/**
 * Decodes the mail data of one message (RFC 5321 section 4.1.1.4): makes whole lines of the pieces that
 * {@link SmtpLineDecoder} cuts, and finds the end of the data, which is CRLF, dot, CRLF and nothing else.
 *
 * <p>A CR or an LF on its own (RFC 5321 section 2.3.8) is refused or becomes CRLF. If it stayed, Jakarta Mail would end
 * a line at the CR, and Mailpit at the LF: the gateway would see another message, or two. For one thread at a time.
 */
final class MailDataDecoder {

    static final int MAX_LINE = 1 << 20;

    private static final String CURE = "End lines with CRLF, or set BARE_NEWLINE=normalize at the relay";
    private static final MailRefusal BARE_CR =
            new MailRefusal(554, "5.6.0 The mail has a CR without LF (RFC 5321 2.3.8). " + CURE);
    private static final MailRefusal BARE_LF =
            new MailRefusal(554, "5.6.0 The mail has an LF without CR (RFC 5321 2.3.8). " + CURE);
    private static final MailRefusal LONG_LINE =
            new MailRefusal(554, "5.6.0 The mail has a line of more than " + MAX_LINE + " bytes");
    private static final MailRefusal NO_MEMORY =
            new MailRefusal(452, "4.3.1 Insufficient system resources for a line of this length, try again later");

    private final LineBuffer begun;
    private final Optional<LineNormalizer> normalizer;
    private Optional<MailRefusal> refusal = Optional.empty();
    private boolean atLineStart = true;
    private boolean isEnded;
    private long lineLength;

    MailDataDecoder(BareNewline bareNewline, LineBuffer begun) {
        this.begun = begun;
        this.normalizer = bareNewline == BareNewline.NORMALIZE
                ? Optional.of(new LineNormalizer(MAX_LINE, begun))
                : Optional.empty();
    }

    /** Whether the line, which begins behind a CRLF, is the end of the mail data. */
    static boolean isEndOfData(byte[] line) {
        return line.length == 3 && line[0] == '.' && line[1] == '\r' && line[2] == '\n';
    }

    /** The line without the dot that the client has put before its first one (RFC 5321 section 4.5.2). */
    static byte[] unstuffed(byte[] line) {
        boolean isStuffed = line.length > 1 && line[0] == '.' && line[1] == '.';
        return isStuffed ? Arrays.copyOfRange(line, 1, line.length) : line;
    }

    /**
     * Decodes a piece, and none behind the end of the data.
     *
     * @return the lines that end in this piece, CRLF and stuffed dots included; none once the message is to be refused
     */
    List<byte[]> decode(byte[] piece) {
        if (atLineStart && isEndOfData(piece)) {
            isEnded = true;
            return List.of();
        }
        int last = piece.length - 1;
        boolean hasLineEnd = piece[last] == '\n';
        atLineStart = hasLineEnd && last > 0 && piece[last - 1] == '\r';
        if (normalizer.isPresent()) {
            return normalized(normalizer.get(), piece);
        }
        return whole(piece, hasLineEnd).map(List::of).orElse(List.of());
    }

    /** Whether the end of the data has been decoded. */
    boolean isEnded() {
        return isEnded;
    }

    /** Why the message is refused at its end. */
    Optional<MailRefusal> refusal() {
        return refusal;
    }

    /** Bytes of a line that has no end yet. */
    int begunBytes() {
        return begun.size();
    }

    /** Releases the memory of a line that has no end. */
    void clear() {
        begun.clear();
    }

    private List<byte[]> normalized(LineNormalizer lines, byte[] piece) {
        List<byte[]> decoded = lines.read(piece);
        if (lines.isTooLong()) {
            refusal = Optional.of(LONG_LINE);
        } else if (lines.hasNoMemory()) {
            refusal = Optional.of(NO_MEMORY);
        }
        return decoded;
    }

    private Optional<byte[]> whole(byte[] piece, boolean hasLineEnd) {
        if (refusal.isEmpty()) {
            refusal = refusal(piece, hasLineEnd);
        }
        lineLength += piece.length;
        if (lineLength > MAX_LINE && refusal.filter(NO_MEMORY::equals).isPresent()) {
            // With 452 the client would try again in vain.
            refusal = Optional.of(LONG_LINE);
        }
        if (hasLineEnd) {
            lineLength = 0;
        }
        if (refusal.isEmpty() && hasLineEnd && begun.size() == 0) {
            return Optional.of(piece);
        }
        if (refusal.isEmpty() && !begun.append(piece, 0, piece.length)) {
            refusal = Optional.of(NO_MEMORY);
        }
        if (refusal.isPresent()) {
            begun.clear();
            return Optional.empty();
        }
        return hasLineEnd ? Optional.of(begun.take()) : Optional.empty();
    }

    private Optional<MailRefusal> refusal(byte[] piece, boolean hasLineEnd) {
        int end = piece.length - (atLineStart ? 2 : 0);
        for (int i = 0; i < end; i++) {
            if (piece[i] == '\r') {
                return Optional.of(BARE_CR);
            }
        }
        if (hasLineEnd && !atLineStart) {
            return Optional.of(BARE_LF);
        }
        return lineLength + piece.length > MAX_LINE ? Optional.of(LONG_LINE) : Optional.empty();
    }
}
