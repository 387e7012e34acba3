package io.relaypod.gateway;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Decides which mails may be handed to the gateway at the same time. Large mails are few at a time, as the gateway
 * holds each in memory several times over; small ones pass them. A mail that may end the gateway is handed over alone.
 * Thread-safe.
 *
 * <pre>{@code
 * try (GatewayAdmission.Pass pass = admission.enter(bytes, false, patience).orElseThrow()) { ... }
 * }</pre>
 */
final class GatewayAdmission {

    /** In bytes; a mail up to this size does not count. */
    static final int SMALL = 128 << 10;

    // How long a suspect waits for the others' end, and they for it: a gateway that hangs must not stop all mail.
    private static final Duration WAIT_TO_BE_ALONE = Duration.ofSeconds(30);
    private static final Duration ALONE_FOR = Duration.ofSeconds(30);

    private final long limit;
    private final Deque<Object> waitingLarge = new ArrayDeque<>();
    private long largeBytes;
    private int inFlight;
    private int waitingToBeAlone;
    private Optional<Pass> alone = Optional.empty();
    private long aloneUntil;

    /** @param limit bytes of large mails in flight, at most; one that is larger goes when no other large one does */
    GatewayAdmission(long limit) {
        this.limit = limit;
    }

    /** A mail in flight, until it is closed; closing twice is harmless. */
    final class Pass implements AutoCloseable {

        private final long bytes;
        private boolean isAlone;
        private boolean closed;

        private Pass(long bytes, boolean isAlone) {
            this.bytes = bytes;
            this.isAlone = isAlone;
        }

        /** Whether no other mail was in flight at any time since this one entered. */
        boolean isAlone() {
            synchronized (GatewayAdmission.this) {
                return isAlone;
            }
        }

        @Override
        public void close() {
            leave(this);
        }
    }

    /** @return empty if there is no room now */
    synchronized Optional<Pass> tryEnter(long bytes) {
        return hasRoom(bytes) && (!isLarge(bytes) || waitingLarge.isEmpty()) && !isHeldUp()
                ? Optional.of(entered(bytes))
                : Optional.empty();
    }

    /**
     * Waits for room.
     *
     * @param asksToBeAlone whether to wait until no other mail is in flight; after 30 s it enters all the same
     * @return empty if the patience is over
     */
    synchronized Optional<Pass> enter(long bytes, boolean asksToBeAlone, Duration patience)
            throws InterruptedException {
        if (asksToBeAlone) {
            return Optional.of(enterAlone(bytes));
        }
        Object me = new Object();
        boolean isLarge = isLarge(bytes);
        if (isLarge) {
            waitingLarge.addLast(me);
        }
        try {
            long deadline = System.nanoTime() + patience.toNanos();
            while (isHeldUp() || !hasRoom(bytes) || (isLarge && waitingLarge.peekFirst() != me)) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return Optional.empty();
                }
                TimeUnit.NANOSECONDS.timedWait(this, Math.min(left, TimeUnit.SECONDS.toNanos(1)));
            }
            return Optional.of(entered(bytes));
        } finally {
            waitingLarge.remove(me);
            notifyAll();
        }
    }

    private Pass enterAlone(long bytes) throws InterruptedException {
        waitingToBeAlone++;
        try {
            long deadline = System.nanoTime() + WAIT_TO_BE_ALONE.toNanos();
            while (inFlight > 0 && System.nanoTime() - deadline < 0) {
                TimeUnit.NANOSECONDS.timedWait(this, TimeUnit.SECONDS.toNanos(1));
            }
        } finally {
            waitingToBeAlone--;
        }
        Pass pass = entered(bytes);
        alone = Optional.of(pass);
        aloneUntil = System.nanoTime() + ALONE_FOR.toNanos();
        return pass;
    }

    private boolean isHeldUp() {
        return waitingToBeAlone > 0 || (alone.isPresent() && System.nanoTime() - aloneUntil < 0);
    }

    private static boolean isLarge(long bytes) {
        return bytes > SMALL;
    }

    private boolean hasRoom(long bytes) {
        return !isLarge(bytes) || largeBytes == 0 || largeBytes + bytes <= limit;
    }

    private Pass entered(long bytes) {
        alone.ifPresent(other -> other.isAlone = false);
        Pass pass = new Pass(bytes, inFlight == 0);
        inFlight++;
        largeBytes += isLarge(bytes) ? bytes : 0;
        return pass;
    }

    private synchronized void leave(Pass pass) {
        if (pass.closed) {
            return;
        }
        pass.closed = true;
        inFlight--;
        largeBytes -= isLarge(pass.bytes) ? pass.bytes : 0;
        alone = alone.filter(other -> other != pass);
        notifyAll();
    }

    /** Bytes of large mails in flight. */
    synchronized long largeBytes() {
        return largeBytes;
    }
}
