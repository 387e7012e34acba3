package io.relaypod.server.queue;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

import io.relaypod.server.queue.broker.BrokerConnections;
import io.relaypod.server.queue.broker.BrokerQueue;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.queue.api.MailQueueName;

/**
 * The waiting queues of one mail queue: a retry queue for each delay, and per-sender queues. Thread-safe.
 *
 * <ul>
 *   <li>A queue has a poll state from its first mail, or its discovery, on. So no mail waits in a queue that is not
 *       polled.
 *   <li>At most {@value #PER_SENDER_QUEUES} mailboxes have a per-sender queue of their own. Further mailboxes share
 *       one, {@link #SHARED}.
 *   <li>A per-sender queue is not deleted while a thread stores a mail in it. A store holds the read lock. A deletion
 *       needs the write lock, and is left out if it is not free.
 * </ul>
 */
final class WaitingQueues {

    /** The mailbox of the per-sender queue that further mailboxes share. */
    static final String SHARED = "";
    /** In place of a mailbox, of the queue of mails beyond the tenant's quota. No address has a blank and no quotes. */
    static final String TENANT = "external recipients";
    /** The longest time between two polls. Another relay at the same broker may have died after it stored mails. */
    static final Duration POLL_AT_LEAST_EVERY = Duration.ofSeconds(30);

    private static final int PER_SENDER_QUEUES = 200;

    private final MailQueueName name;
    private final boolean isBrokerShared;
    private final Clock clock;
    private final ReadWriteLock storing = new ReentrantReadWriteLock();
    private final Map<BrokerQueue, PollState> states = new ConcurrentHashMap<>();

    /** @param isBrokerShared whether other relays may store mails in the same queues */
    WaitingQueues(MailQueueName name, boolean isBrokerShared, Clock clock) {
        this.name = name;
        this.isBrokerShared = isBrokerShared;
        this.clock = clock;
    }

    /** Stores a mail in a per-sender queue. */
    interface StoreAction {

        /** Returns when the mail is stored, or cannot be stored. */
        void storeIn(BrokerQueue perSender) throws MailQueueException;
    }

    /** Has a mail stored in its mailbox's queue, to wait for a slot. */
    void store(String mailbox, StoreAction mail) throws MailQueueException {
        storing.readLock().lock();
        try {
            mail.storeIn(perSender(mailbox));
        } finally {
            storing.readLock().unlock();
        }
    }

    private BrokerQueue perSender(String mailbox) {
        BrokerQueue own = BrokerQueue.perSender(name, mailbox);
        return mailbox.equals(TENANT) || states.containsKey(own) || perSenderQueues() < PER_SENDER_QUEUES
                ? own
                : BrokerQueue.perSender(name, SHARED);
    }

    private long perSenderQueues() {
        return states.keySet().stream()
                .filter(queue -> queue.mailbox().isPresent())
                .count();
    }

    /** Whether mails wait in the per-sender queue that the mailbox uses or would share. */
    boolean hasWaiting(String mailbox) {
        return Optional.ofNullable(states.get(perSender(mailbox)))
                .filter(state -> !state.isEmpty())
                .isPresent();
    }

    /** Reports that a mail was stored in the queue. */
    void added(BrokerQueue queue, Instant due) {
        PollState state = states.computeIfAbsent(
                queue, added -> new PollState(clock.instant().plus(POLL_AT_LEAST_EVERY)));
        state.setEmpty(false);
        state.pollBy(due);
    }

    /** Has queues polled that an earlier process, or another relay, left at the broker. */
    void found(Collection<BrokerQueue> queues) {
        queues.forEach(queue -> states.computeIfAbsent(queue, isNew -> new PollState(Instant.EPOCH)));
    }

    PollState state(BrokerQueue queue) {
        return Objects.requireNonNull(states.get(queue));
    }

    /** The queues whose poll is due. */
    List<BrokerQueue> due(Instant now) {
        return states.entrySet().stream()
                .filter(queue -> queue.getValue().isDue(now))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Has all queues polled by that time. */
    void pollAllBy(Instant time) {
        states.values().forEach(state -> state.pollBy(time));
    }

    /** Deletes a per-sender queue. The broker keeps an empty queue, and the mailbox may never send again. */
    void deleteIfEmpty(BrokerQueue queue, BrokerConnections connections) throws ActiveMQException {
        if (isBrokerShared
                || queue.mailbox().isEmpty()
                || !state(queue).isEmpty()
                || !storing.writeLock().tryLock()) {
            return;
        }
        try {
            if (connections.deleteIfEmpty(queue)) {
                states.remove(queue);
            }
        } finally {
            storing.writeLock().unlock();
        }
    }
}
