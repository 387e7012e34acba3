package io.relaypod.server.smtp;

import java.util.Arrays;
import java.util.Optional;

import io.relaypod.memory.FairShare;
import io.relaypod.memory.Reservation;

/**
 * The beginning of a line of a mail, whose end has not come yet. A long one takes twice its bytes of the budget, as it
 * is copied when it ends. For one thread at a time.
 */
final class LineBuffer {

    // Included in what the connection has reserved: more than a piece, so that a line as RFC 5321 has it is never
    // refused.
    private static final int INCLUDED = 2 * SmtpLineDecoder.MAX_PIECE;

    private static final byte[] NOTHING = {};

    private final FairShare memory;
    private final Object client;
    private byte[] bytes = NOTHING;
    private int size;
    private Optional<Reservation> reservation = Optional.empty();

    LineBuffer(FairShare memory, Object client) {
        this.memory = memory;
        this.client = client;
    }

    /** Appends a part of a piece. @return whether there was room; if not, the line is as it was */
    boolean append(byte[] piece, int begin, int end) {
        int needed = size + end - begin;
        if (needed > bytes.length) {
            int capacity = Math.max(needed, Math.max(INCLUDED, bytes.length + bytes.length / 2));
            if (capacity > INCLUDED && !reserve(2L * capacity)) {
                return false;
            }
            bytes = Arrays.copyOf(bytes, capacity);
        }
        System.arraycopy(piece, begin, bytes, size, end - begin);
        size = needed;
        return true;
    }

    private boolean reserve(long wanted) {
        if (reservation.isPresent()) {
            return reservation.get().tryResize(wanted);
        }
        reservation = memory.tryReserve(client, wanted);
        return reservation.isPresent();
    }

    int size() {
        return size;
    }

    /** The line with what ends it; the next one begins. */
    byte[] take(byte... ending) {
        byte[] line = Arrays.copyOf(bytes, size + ending.length);
        System.arraycopy(ending, 0, line, size, ending.length);
        clear();
        return line;
    }

    void clear() {
        size = 0;
        if (bytes.length > INCLUDED) {
            bytes = NOTHING;
        }
        reservation.ifPresent(Reservation::close);
        reservation = Optional.empty();
    }
}
