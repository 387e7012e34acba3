package io.relaypod.server.queue;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import io.relaypod.server.queue.broker.BrokerConnections;
import io.relaypod.server.queue.broker.BrokerLink;
import io.relaypod.server.queue.broker.BrokerQueue;
import io.relaypod.server.queue.stored.StoredMail;
import io.relaypod.throttle.SteadyClock;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Redelivery of mails that could not be read or removed. The broker redelivers when the session is closed, and then all
 * mails in flight. The session is therefore closed after a pause, when no mail is in flight, and no mail is received
 * meanwhile. A mail that could not be read at {@value #MAX_ATTEMPTS} attempts is moved to the queue of unreadable
 * mails. For the receiving thread, except {@link #request}.
 */
final class Redelivery {

    private static final Logger LOGGER = LoggerFactory.getLogger(Redelivery.class);

    private static final int MAX_ATTEMPTS = 5;
    // If a mail is in flight for longer, others are received again.
    private static final Duration WAIT_FOR_IN_FLIGHT = Duration.ofMinutes(1);

    private final Clock clock = new SteadyClock();
    private final BrokerLink link;
    private final BrokerQueue queue;
    private final Duration pause;
    private final Map<Long, UnreadableMail> unreadable = new LinkedHashMap<>();
    private Optional<Instant> due = Optional.empty();
    private boolean hasRetriedUnreadable;
    private volatile boolean isRequested;

    /** @param pause the time from a failure to the redelivery */
    Redelivery(BrokerLink link, BrokerQueue queue, Duration pause) {
        this.link = link;
        this.queue = queue;
        this.pause = pause;
    }

    /** What the receiving thread does next. */
    enum RedeliveryStep {
        RECEIVE,
        WAIT,
        /** Closes the session, then calls {@link #moveUnreadable}. */
        CLOSE_SESSION
    }

    /** The attempts to read a mail, and the last failure. */
    private record UnreadableMail(String name, int attempts, String reason) {}

    RedeliveryStep step(int mailsInFlight) {
        if (isRequested) {
            isRequested = false;
            schedule();
        }
        Instant now = clock.instant();
        if (due.isEmpty() || now.isBefore(due.get())) {
            return RedeliveryStep.RECEIVE;
        }
        if (mailsInFlight == 0) {
            due = Optional.empty();
            return RedeliveryStep.CLOSE_SESSION;
        }
        if (now.isBefore(due.get().plus(WAIT_FOR_IN_FLIGHT))) {
            return RedeliveryStep.WAIT;
        }
        due = Optional.of(now.plus(WAIT_FOR_IN_FLIGHT));
        return RedeliveryStep.RECEIVE;
    }

    private void schedule() {
        if (due.isEmpty()) {
            due = Optional.of(clock.instant().plus(pause));
        }
    }

    /** Whether a redelivery is planned. */
    boolean isPlanned() {
        return isRequested || due.isPresent();
    }

    /** A mail that is in flight no more has not left the queue. Thread-safe. */
    void request() {
        isRequested = true;
    }

    /** The message could not be read. */
    void unreadable(ClientMessage message, Exception failure) {
        String name = StoredMail.name(message);
        UnreadableMail mail = unreadable.merge(
                message.getMessageID(),
                new UnreadableMail(name, 1, String.valueOf(failure.getMessage())),
                (before, now) -> new UnreadableMail(name, before.attempts() + 1, now.reason()));
        LOGGER.error(
                "event=unreadable queue={} queue-id={} message={} try={}/{}",
                queue.name(),
                name,
                message.getMessageID(),
                mail.attempts(),
                MAX_ATTEMPTS,
                failure);
        schedule();
    }

    /** The message must not be read. */
    void unreadable(ClientMessage message, String reason) {
        unreadable.put(message.getMessageID(), new UnreadableMail(StoredMail.name(message), MAX_ATTEMPTS, reason));
        schedule();
    }

    /** Moves the mails that were read too often to the queue of unreadable mails. */
    void moveUnreadable() throws ActiveMQException {
        for (Map.Entry<Long, UnreadableMail> mail : List.copyOf(unreadable.entrySet())) {
            if (mail.getValue().attempts() >= MAX_ATTEMPTS) {
                move(mail.getKey(), mail.getValue());
            }
        }
    }

    private void move(long messageId, UnreadableMail mail) throws ActiveMQException {
        BrokerConnections connections = link.connections();
        connections.declare(queue.unreadable());
        if (connections.management().move(queue, messageId, queue.unreadable())) {
            LOGGER.error(
                    "event=set-aside queue={} aside={} queue-id={} reason=\"{}\"",
                    queue.name(),
                    queue.unreadable().name(),
                    mail.name(),
                    mail.reason());
            unreadable.remove(messageId);
        }
    }

    /**
     * Returns the unreadable mails of an earlier process to the queue, once. The reason may no longer hold: a full
     * disk, or a version that could not read another version's mails.
     */
    void retryUnreadable(BrokerConnections connections) throws ActiveMQException {
        if (!hasRetriedUnreadable
                && queue.share() == 0
                && connections.management().queues().contains(queue.unreadable())) {
            connections.management().moveAll(queue.unreadable(), queue);
        }
        hasRetriedUnreadable = true;
    }
}
