package io.relaypod.server.smtp;

import java.util.Optional;

import io.relaypod.memory.FairShare;
import io.relaypod.memory.Reservation;

/**
 * Reserves the memory of one transaction's recipients, accepted and refused. The connection's own reservation covers
 * the first few: an ordinary transaction is not refused because of large ones. For the session's thread.
 */
final class EnvelopeMemory {

    // In bytes. An accepted recipient is an address object with local part and domain, twice; a refused one is a
    // string.
    private static final int OF_RECIPIENT = 256;
    private static final int OF_REFUSED = 64;
    private static final int INCLUDED = 2 << 10;
    private static final int STEP = 4 << 10;

    private final FairShare memory;
    private long needed;
    private Optional<Reservation> reservation = Optional.empty();

    EnvelopeMemory(FairShare memory) {
        this.memory = memory;
    }

    /** Reserves memory for one more recipient; returns whether the budget allows it. */
    boolean tryAdd(Object client, String recipient) {
        return tryGrow(client, OF_RECIPIENT + 2L * recipient.length());
    }

    boolean tryAddRefused(Object client, String recipient) {
        return tryGrow(client, OF_REFUSED + recipient.length());
    }

    private boolean tryGrow(Object client, long bytes) {
        long beyond = needed + bytes - INCLUDED;
        if (beyond > 0) {
            long steps = (beyond + STEP - 1) / STEP * STEP;
            if (reservation.isEmpty()) {
                reservation = memory.tryReserve(client, steps);
                if (reservation.isEmpty()) {
                    return false;
                }
            } else if (steps > reservation.get().bytes() && !reservation.get().tryResize(steps)) {
                return false;
            }
        }
        needed += bytes;
        return true;
    }

    /** Returns the reservation to the caller, who closes it. The next transaction begins without one. */
    Optional<Reservation> handOver() {
        Optional<Reservation> handedOver = reservation;
        reservation = Optional.empty();
        needed = 0;
        return handedOver;
    }

    void clear() {
        handOver().ifPresent(Reservation::close);
    }
}
