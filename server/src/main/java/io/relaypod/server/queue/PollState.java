package io.relaypod.server.queue;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;

/** When a waiting queue is polled next, and what the last poll found. Thread-safe, except {@link #timeAtHead}. */
final class PollState {

    private final AtomicReference<Instant> nextPoll;
    private volatile boolean isEmpty;
    private long lateHead;
    private long lateSince;

    PollState(Instant nextPoll) {
        this.nextPoll = new AtomicReference<>(nextPoll);
    }

    boolean isDue(Instant now) {
        return !nextPoll.get().isAfter(now);
    }

    /** Brings the next poll forward to that time. Does nothing if it is earlier already. */
    void pollBy(Instant time) {
        nextPoll.accumulateAndGet(time, (known, other) -> known.isBefore(other) ? known : other);
    }

    /**
     * Sets the time of the next poll. Called before the queue is read, so that a mail that is stored meanwhile brings
     * it forward.
     */
    void polledNextAt(Instant time) {
        nextPoll.set(time);
    }

    boolean isEmpty() {
        return isEmpty;
    }

    void setEmpty(boolean empty) {
        isEmpty = empty;
    }

    /** The time since a head that is due too late was first seen. For one thread at a time. */
    Duration timeAtHead(long messageId) {
        if (lateHead != messageId) {
            lateHead = messageId;
            lateSince = System.nanoTime();
        }
        return Duration.ofNanos(System.nanoTime() - lateSince);
    }
}
