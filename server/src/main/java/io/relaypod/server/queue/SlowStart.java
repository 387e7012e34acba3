package io.relaypod.server.queue;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Limits how many waiting mails are promoted at a time. The limit is small while the next hop accepts none, and doubles
 * while it accepts most of them. So a next hop that returns is not overloaded, and one that is unavailable costs
 * little. The ready queue stays short, so that new mail overtakes the backlog. Thread-safe.
 */
final class SlowStart {

    /** The limit while the next hop accepts nothing. */
    static final int LEAST = 2;
    /**
     * With ten polls a second this is more than a next hop accepts. These mails still fit into the broker's memory,
     * where priorities work.
     */
    static final int MOST = 200;

    private final AtomicLong done = new AtomicLong();
    private final AtomicLong deferred = new AtomicLong();
    private int window = LEAST;

    /** A mail has left the queue, or has returned to it to wait. */
    void done() {
        done.incrementAndGet();
    }

    /** A mail waits for its next attempt. */
    void deferred() {
        deferred.incrementAndGet();
    }

    /** Adjusts the limit to the results of the promoted mails. Called at each poll. */
    synchronized void adjust() {
        long back = deferred.getAndSet(0);
        long gone = done.getAndSet(0) - back;
        if (gone > back) {
            window = Math.min(MOST, 2 * window);
        } else if (back > 0) {
            window = Math.max(LEAST, window / 2);
        }
    }

    /**
     * How many further mails may be promoted.
     *
     * @param ready mails in the ready queue; if new mail fills it, waiting mails still get a share
     */
    synchronized long room(long ready) {
        return Math.max(window > LEAST ? LEAST : 0, window - ready);
    }

    /** The limit now. */
    synchronized int current() {
        return window;
    }
}
