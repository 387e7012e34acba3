package io.relaypod.server.smtp;

import java.util.Arrays;
import java.util.Optional;

import io.netty.buffer.ByteBuf;

/**
 * What a client has sent and nobody has read yet, cut behind each LF, and a longer line into pieces of at most
 * {@value #MAX_PIECE} bytes, never between CR and LF. So a piece without LF is part of a long line:
 * {@link RelayCommands} refuses it, {@link EndOfDataFilter} puts it together again. For one thread at a time.
 */
final class SmtpLineDecoder {

    // RFC 5321 4.5.3.1.4 asks for 512 bytes of command and some for each extension; Postfix takes 2048.
    static final int MAX_PIECE = 2048;

    private static final byte[] NOTHING = {};

    private byte[] bytes = NOTHING;
    private int begin;

    /** Appends what has been received; does not release it. */
    void add(ByteBuf received) {
        int unread = makeRoom(received.readableBytes());
        received.readBytes(bytes, unread, bytes.length - unread);
    }

    /** Appends what the other one has, and empties it. */
    void addAll(SmtpLineDecoder other) {
        if (other.size() > 0) {
            int unread = makeRoom(other.size());
            System.arraycopy(other.bytes, other.begin, bytes, unread, other.size());
            other.clear();
        }
    }

    private int makeRoom(int more) {
        int unread = size();
        byte[] all = new byte[unread + more];
        System.arraycopy(bytes, begin, all, 0, unread);
        bytes = all;
        begin = 0;
        return unread;
    }

    /** Bytes that {@link #next} has not returned yet. */
    int size() {
        return bytes.length - begin;
    }

    /** Whether there is a whole line, or piece of a long one. */
    boolean hasNext() {
        if (pieceLength() > 0) {
            return true;
        }
        compact();
        return false;
    }

    /** The next line, or piece of a long one; empty when there is no whole one yet. */
    Optional<byte[]> next() {
        int length = pieceLength();
        if (length == 0) {
            return Optional.empty();
        }
        byte[] piece = Arrays.copyOfRange(bytes, begin, begin + length);
        begin += length;
        return Optional.of(piece);
    }

    void clear() {
        bytes = NOTHING;
        begin = 0;
    }

    // The array of a whole read is not kept for the beginning of a line.
    private void compact() {
        if (begin == bytes.length) {
            clear();
        } else if (begin > 0) {
            bytes = Arrays.copyOfRange(bytes, begin, bytes.length);
            begin = 0;
        }
    }

    private int pieceLength() {
        int end = Math.min(bytes.length, begin + MAX_PIECE);
        for (int i = begin; i < end; i++) {
            if (bytes[i] == '\n') {
                return i + 1 - begin;
            }
        }
        if (end - begin < MAX_PIECE) {
            return 0;
        }
        return bytes[end - 1] == '\r' ? MAX_PIECE - 1 : MAX_PIECE;
    }
}
