package io.relaypod.server.queue;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

import javax.mail.MessagingException;

import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientProducer;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.server.core.MimeMessageSource;

import io.relaypod.pacing.SenderPace;

/**
 * The mails of one queue that wait. All that wait for the same time are one queue at the broker, in which the first is always the next
 * that is due, and so are all that wait for the same mailbox's turn: however many wait, one is looked at, and memory holds few. Artemis'
 * own scheduled delivery keeps every waiting message in memory, and hides it from whoever browses. Thread-safe.
 */
final class DelayedMails {

    // One sync for so many.
    private static final int MOVED_AT_ONCE = 200;
    // Another relay on the same broker may have died after it had put mails here.
    private static final Duration LOOK_AT_LEAST_EVERY = Duration.ofSeconds(30);
    // So many mailboxes have lines of their own.
    private static final int LINES = 200;
    private static final String ALL_OTHERS = "";

    private final BrokerQueue ready;
    private final BrokerLink link;
    private final SenderPace pace;
    private final Clock clock;
    private final ReentrantLock moving = new ReentrantLock();
    private final Map<BrokerQueue, Lane> lanes = new ConcurrentHashMap<>();
    private Instant nextDiscovery = Instant.EPOCH;

    DelayedMails(MailQueueName name, BrokerLink link, SenderPace pace, Clock clock) {
        this.ready = BrokerQueue.ready(name);
        this.link = link;
        this.pace = pace;
        this.clock = clock;
    }

    /** When the lane must be looked at next, and whether there may be mails in it. */
    private static final class Lane {

        private final AtomicReference<Instant> nextLook;
        private volatile boolean isEmpty;

        Lane(Instant nextLook) {
            this.nextLook = new AtomicReference<>(nextLook);
        }

        void lookAt(Instant due) {
            nextLook.accumulateAndGet(due, (known, other) -> known.isBefore(other) ? known : other);
        }
    }

    /** Where a mail that has to wait for so long is put. */
    BrokerQueue lane(Duration delay) {
        return BrokerQueue.waiting(ready.mails(), delay);
    }

    /** Where a mail that has to wait for its mailbox's turn is put. The broker keeps such a queue, empty or not, so there are not too many. */
    BrokerQueue line(String mailbox) {
        BrokerQueue line = BrokerQueue.line(ready.mails(), mailbox);
        return lanes.containsKey(line) || lanes.keySet().stream().filter(queue -> queue.mailbox().isPresent()).count() < LINES
            ? line : BrokerQueue.line(ready.mails(), ALL_OTHERS);
    }

    /** Whether mails wait for that mailbox's turn. */
    boolean isWaitedFor(String mailbox) {
        return Optional.ofNullable(lanes.get(line(mailbox))).filter(line -> !line.isEmpty).isPresent();
    }

    /** Tells that a mail was put there. */
    void added(BrokerQueue queue, Instant due) {
        Lane lane = lanes.computeIfAbsent(queue, added -> new Lane(clock.instant().plus(LOOK_AT_LEAST_EVERY)));
        lane.isEmpty = false;
        lane.lookAt(due);
    }

    /** How long until the mailbox's turn comes for a mail that has so many before it. */
    Duration untilTurn(String mailbox, long before) {
        return pace.untilTurn(mailbox, before);
    }

    /** Those that other relays, or we before we were started, put mails into too. */
    Collection<BrokerQueue> queues() throws ActiveMQException {
        link.connections().console().queues().stream()
            .filter(queue -> queue.mails().equals(ready.mails()) && queue.isWaiting())
            .forEach(queue -> lanes.computeIfAbsent(queue, found -> new Lane(Instant.EPOCH)));
        return List.copyOf(lanes.keySet());
    }

    /**
     * Makes ready what is due.
     *
     * @return how many
     */
    long release() throws ActiveMQException, IOException, MessagingException {
        Instant now = clock.instant();
        if (!nextDiscovery.isAfter(now)) {
            queues();
            nextDiscovery = now.plus(LOOK_AT_LEAST_EVERY);
        }
        List<BrokerQueue> toLookAt = lanes.entrySet().stream()
            .filter(lane -> !lane.getValue().nextLook.get().isAfter(now))
            .map(Map.Entry::getKey)
            .toList();
        return toLookAt.isEmpty() ? 0 : undisturbed(() -> move(toLookAt, this::isTime, now));
    }

    /**
     * Makes ready all that waits for its time, in the order in which it came. What waits for its mailbox's turn goes on waiting: that an
     * operator is impatient makes the next hops take no more.
     *
     * @return how many
     */
    long releaseAll() throws ActiveMQException, IOException, MessagingException {
        List<BrokerQueue> delays = queues().stream().filter(queue -> queue.mailbox().isEmpty()).toList();
        return undisturbed(() -> move(delays, head -> true, clock.instant()));
    }

    private boolean isTime(Head head) {
        return head.queue().queue().mailbox().map(pace::tryTake)
            .orElseGet(() -> !StoredMail.due(head.message()).isAfter(clock.instant()));
    }

    /** Does what must see all mails: while some are moved they are in nobody's view. */
    <T> T undisturbed(Action<T> action) throws ActiveMQException, IOException, MessagingException {
        moving.lock();
        try {
            return action.run();
        } finally {
            moving.unlock();
        }
    }

    /** What is done undisturbed. */
    interface Action<T> {

        T run() throws ActiveMQException, IOException, MessagingException;
    }

    private long move(Collection<BrokerQueue> from, Predicate<Head> isTime, Instant now)
            throws ActiveMQException, IOException, MessagingException {
        // Set before looking, so that whoever adds a mail meanwhile brings it forward again.
        from.forEach(queue -> lanes.get(queue).nextLook.set(now.plus(LOOK_AT_LEAST_EVERY)));
        Connections connections = link.connections();
        connections.declare(ready);
        for (BrokerQueue queue : from) {
            connections.declare(queue);
        }
        try (ClientSession session = connections.administering().transaction()) {
            session.start();
            PriorityQueue<Head> heads = new PriorityQueue<>(Comparator.comparing(Head::messageId));
            for (BrokerQueue queue : from) {
                receive(QueueReader.taking(queue, session), isTime).ifPresent(heads::add);
            }
            return moveAll(heads, isTime, session);
        }
    }

    private long moveAll(PriorityQueue<Head> heads, Predicate<Head> isTime, ClientSession session)
            throws ActiveMQException, IOException, MessagingException {
        ClientProducer producer = session.createProducer(ready.name());
        List<Moved> batch = new ArrayList<>();
        long moved = 0;
        while (!heads.isEmpty()) {
            Head head = heads.remove();
            MimeMessageSource body = StoredMail.body(head.message());
            batch.add(new Moved(head.queue(), body));
            ClientMessage copy = StoredMail.copy(head.message(), body, session);
            head.queue().queue().mailbox().ifPresent(mailbox -> StoredMail.writeTurn(copy));
            producer.send(copy);
            head.message().individualAcknowledge();
            if (++moved % MOVED_AT_ONCE == 0) {
                commit(session, batch);
            }
            receive(head.queue(), isTime).ifPresent(heads::add);
        }
        commit(session, batch);
        return moved;
    }

    private static void commit(ClientSession session, List<Moved> batch) throws ActiveMQException {
        session.commit();
        batch.forEach(moved -> {
            moved.from().gone();
            LifecycleUtil.dispose(moved.body());
        });
        batch.clear();
    }

    private record Moved(QueueReader from, MimeMessageSource body) {
    }

    private record Head(QueueReader queue, ClientMessage message) {

        long messageId() {
            return message.getMessageID();
        }
    }

    // What is not due goes back to its place when the session is closed.
    private Optional<Head> receive(QueueReader queue, Predicate<Head> isTime) throws ActiveMQException {
        Optional<Head> head = queue.next().map(message -> new Head(queue, message));
        lanes.get(queue.queue()).isEmpty = head.isEmpty();
        if (head.isEmpty() || isTime.test(head.get())) {
            return head;
        }
        lanes.get(queue.queue()).lookAt(queue.queue().mailbox()
            .map(mailbox -> clock.instant().plus(pace.untilTurn(mailbox, 0))).orElseGet(() -> StoredMail.due(head.get().message())));
        return Optional.empty();
    }
}
