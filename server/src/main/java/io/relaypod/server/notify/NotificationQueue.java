package io.relaypod.server.notify;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The notifications that wait to be sent, in order, at most {@value #MOST}. If one more comes, the oldest is dropped.
 * Decides when the next attempt is made. Thread-safe.
 */
final class NotificationQueue {

    static final int MOST = 100;

    private static final Duration FIRST_DELAY = Duration.ofSeconds(5);
    private static final Duration LONGEST_DELAY = Duration.ofMinutes(10);
    private static final int MOST_DOUBLINGS = 7;
    private static final Duration OLDEST = Duration.ofHours(24);
    // A message that the receiver refuses must not stop those behind it.
    private static final int TRIES_OF_REFUSED = 3;

    private final Clock clock;
    private final Deque<Notification> waiting;
    private int failures;
    private Instant nextAttempt = Instant.MIN;
    private Instant lastFailure = Instant.MIN;

    NotificationQueue(Collection<Notification> saved, Clock clock) {
        this.waiting = new ArrayDeque<>(saved);
        this.clock = clock;
    }

    /** Appends a message. Returns the message that was dropped for it. */
    synchronized Optional<Notification> add(Notification message) {
        waiting.add(message);
        return waiting.size() > MOST ? Optional.of(removeFirst()) : Optional.empty();
    }

    /** The next message, if it is time for an attempt. It stays in the queue until {@link #sent} or {@link #failed}. */
    synchronized Optional<Notification> next() {
        Instant now = clock.instant();
        boolean wasSetBack = now.isBefore(lastFailure);
        return now.isBefore(nextAttempt) && !wasSetBack ? Optional.empty() : Optional.ofNullable(waiting.peek());
    }

    synchronized void sent(Notification message) {
        if (message.equals(waiting.peek())) {
            removeFirst();
        }
    }

    /** Delays the next attempt. Returns whether the message was dropped. */
    synchronized boolean failed(Notification message, NotificationResult result) {
        Instant now = clock.instant();
        Duration delay = FIRST_DELAY.multipliedBy(1L << Math.min(failures, MOST_DOUBLINGS));
        Duration bounded = delay.compareTo(LONGEST_DELAY) > 0 ? LONGEST_DELAY : delay;
        failures++;
        lastFailure = now;
        nextAttempt = now.plus(result.retryAfter()
                .filter(asked -> asked.compareTo(bounded) > 0)
                .orElse(bounded));
        boolean isDropped = result.isAboutMessage() && failures >= TRIES_OF_REFUSED
                || now.isAfter(message.created().plus(OLDEST));
        if (isDropped && message.equals(waiting.peek())) {
            removeFirst();
        }
        return isDropped;
    }

    private Notification removeFirst() {
        failures = 0;
        nextAttempt = Instant.MIN;
        return waiting.remove();
    }

    synchronized Instant nextAttempt() {
        return nextAttempt;
    }

    synchronized List<Notification> all() {
        return List.copyOf(waiting);
    }
}
