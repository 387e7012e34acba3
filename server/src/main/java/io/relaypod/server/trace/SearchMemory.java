package io.relaypod.server.trace;

import java.util.stream.Stream;

import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.memory.Reservation;

/**
 * Reserves the memory of a search and of its answer while it grows. The caller closes it after writing the answer. For
 * one thread.
 */
public final class SearchMemory implements AutoCloseable {

    // An entry takes memory as an object, as a step of its mail, and as text of the answer.
    private static final int TIMES = 3;
    private static final int OF_AN_ENTRY = 400;
    private static final int OF_A_TEXT = 64;
    private static final long STEP = 64 << 10;

    private final Reservation reservation;
    private long taken;

    /** Thrown if the results of a search need more memory than is free. */
    public static final class TraceTooLargeException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        TraceTooLargeException() {
            super(
                    "more is found than there is memory for now; look for less, or in a shorter time",
                    null,
                    false,
                    false);
        }
    }

    /** @throws TraceTooLargeException if no memory is free */
    public SearchMemory(MemoryBudget budget) {
        this.reservation = budget.tryReserve(MemoryUse.WEBADMIN, STEP).orElseThrow(TraceTooLargeException::new);
    }

    /** @throws TraceTooLargeException if there is no memory for the entry */
    void take(TraceEntry entry) {
        taken += size(entry);
        if (taken > reservation.bytes() && !reservation.tryResize((taken / STEP + 1) * STEP)) {
            throw new TraceTooLargeException();
        }
    }

    /** Makes room for another entry. */
    void release(TraceEntry entry) {
        taken -= size(entry);
    }

    private static long size(TraceEntry entry) {
        return TIMES
                * (OF_AN_ENTRY
                        + Stream.of(entry.recipients(), entry.details().values())
                                .flatMap(texts -> texts.stream())
                                .mapToLong(text -> OF_A_TEXT + text.length())
                                .sum()
                        + entry.messageId().length()
                        + entry.sender().length());
    }

    /** Releases all memory, for another search. */
    void reset() {
        taken = 0;
        reservation.tryResize(STEP);
    }

    @Override
    public void close() {
        reservation.close();
    }
}
