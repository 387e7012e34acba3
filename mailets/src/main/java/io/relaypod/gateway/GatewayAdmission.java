package io.relaypod.gateway;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Bounds the mails in flight to the gateway. The bytes of large mails are bounded, because the gateway holds each in
 * memory several times; small mails are not counted. A mail that may crash the gateway is sent alone. Thread-safe.
 *
 * <pre>{@code
 * try (GatewayAdmission.Pass pass = admission.enter(bytes, false, patience).orElseThrow()) { ... }
 * }</pre>
 */
final class GatewayAdmission {

    /** Size in bytes up to which a mail is not counted. */
    static final int SMALL = 128 << 10;

    // A suspect and the others wait for each other no longer, so that a gateway that hangs does not stop all mail.
    private static final Duration WAIT_TO_BE_ALONE = Duration.ofSeconds(30);
    private static final Duration ALONE_FOR = Duration.ofSeconds(30);

    private final long limit;
    private final Deque<Object> waitingLarge = new ArrayDeque<>();
    private long largeBytes;
    private int inFlight;
    private int waitingToBeAlone;
    private Optional<Pass> alone = Optional.empty();
    private long aloneUntil;

    /** @param limit bytes of large mails in flight; a larger mail is admitted while no other large one is in flight */
    GatewayAdmission(long limit) {
        this.limit = limit;
    }

    /** Admission of one mail, until it is closed. Closing twice is harmless. */
    final class Pass implements AutoCloseable {

        private final long bytes;
        private boolean isAlone;
        private boolean closed;

        private Pass(long bytes, boolean isAlone) {
            this.bytes = bytes;
            this.isAlone = isAlone;
        }

        /** Whether no other mail was in flight at any time since the admission. */
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

    /** Admits the mail if that is possible now. */
    synchronized Optional<Pass> tryEnter(long bytes) {
        return hasRoom(bytes) && (!isLarge(bytes) || waitingLarge.isEmpty()) && !isHeldUp()
                ? Optional.of(entered(bytes))
                : Optional.empty();
    }

    /**
     * Admits the mail, and waits for that if need be.
     *
     * @param asksToBeAlone whether to wait until no other mail is in flight, for at most 30 s
     * @return empty if {@code patience} is over
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
