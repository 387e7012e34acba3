package io.relaypod.server.smtp;

import java.util.Optional;

import io.relaypod.memory.FairShare;
import io.relaypod.memory.Reservation;

/**
 * What the recipients of one transaction, accepted and refused, take of the budget. The first few are included in what
 * the connection has reserved, so that an ordinary transaction is not refused because of others' large ones. For the
 * session's thread.
 */
final class EnvelopeMemory {

    // In bytes. A mailbox is an object with its local part and its domain, twice, and the list's slot; a refused one is
    // a string.
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

    /** Whether there is room for one more recipient; then it may be kept. */
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

    /**
     * What has been reserved, for whoever keeps the recipients from now on; the next transaction begins with nothing.
     */
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
