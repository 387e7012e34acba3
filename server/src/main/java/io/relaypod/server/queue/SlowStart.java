package io.relaypod.server.queue;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many waiting mails are made ready at a time: few while the next hop takes none, twice as many each time while it
 * takes most of them. So one that comes back is not run over, one that is away costs little however many wait for it,
 * and what is ready stays short, for a fresh mail to pass it. Thread-safe.
 */
final class SlowStart {

    /** A next hop that takes nothing is asked so often at each look. */
    static final int LEAST = 2;
    /**
     * Ten looks a second: more than is taken. Still few enough to be in the broker's memory, where priorities count.
     */
    static final int MOST = 200;

    private final AtomicLong done = new AtomicLong();
    private final AtomicLong deferred = new AtomicLong();
    private int window = LEAST;

    /** A mail has left the queue, or has come back to it to wait. */
    void done() {
        done.incrementAndGet();
    }

    /** A mail has come to wait for its next try. */
    void deferred() {
        deferred.incrementAndGet();
    }

    /** Learns from what became of those that were made ready; to be called at each look. */
    synchronized void look() {
        long back = deferred.getAndSet(0);
        long gone = done.getAndSet(0) - back;
        if (gone > back) {
            window = Math.min(MOST, 2 * window);
        } else if (back > 0) {
            window = Math.max(LEAST, window / 2);
        }
    }

    /**
     * How many more may be made ready.
     *
     * @param ready how many are; when fresh mail keeps them many, others still get their share of a next hop that takes
     *     them
     */
    synchronized long room(long ready) {
        return Math.max(window > LEAST ? LEAST : 0, window - ready);
    }

    /** How many may be ready now. */
    synchronized int current() {
        return window;
    }
}
