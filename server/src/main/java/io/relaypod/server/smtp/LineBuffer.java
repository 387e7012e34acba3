package io.relaypod.server.smtp;

import java.util.Arrays;
import java.util.Optional;

import io.relaypod.memory.FairShare;
import io.relaypod.memory.Reservation;

/**
 * Collects the pieces of a line until its end arrives. Beyond {@value #INCLUDED} bytes it reserves twice the line's
 * size, since the line is copied at its end. For one thread at a time.
 */
final class LineBuffer {

    // Covered by the connection's own reservation. A line within the limit of RFC 5321 is never refused.
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

    /** Appends a part of a piece, if the budget allows it. @return whether it was appended */
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

    /** Returns the line with this ending, and begins the next one. */
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
