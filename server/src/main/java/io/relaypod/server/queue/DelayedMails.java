package io.relaypod.server.queue;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Stream;
import javax.mail.MessagingException;

import io.relaypod.server.queue.broker.BrokerConnections;
import io.relaypod.server.queue.broker.BrokerLink;
import io.relaypod.server.queue.broker.BrokerQueue;
import io.relaypod.server.queue.broker.QueueReader;
import io.relaypod.server.queue.stored.StoredMail;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientProducer;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.server.core.MimeMessageSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The waiting mails of one mail queue. Mails with the same delay share a retry queue at the broker, in which the first
 * mail is due first. Mails of one mailbox beyond its rate share a per-sender queue. So a pass reads the head of each
 * queue, however many mails wait, and memory holds few. Artemis' scheduled delivery keeps every waiting message in
 * memory and hides it from a browser. Thread-safe.
 */
final class DelayedMails {

    private static final Logger LOGGER = LoggerFactory.getLogger(DelayedMails.class);

    // The number of mails in one transaction, which needs one sync.
    private static final int MOVED_AT_ONCE = 200;
    // Another relay at the same broker may have died after it stored mails here.
    private static final Duration LOOK_AT_LEAST_EVERY = Duration.ofSeconds(30);
    // The number of mailboxes that have a per-sender queue at a time.
    private static final int LINES = 200;
    private static final String ALL_OTHERS = "";
    private static final Duration IMMOVABLE_FOR = Duration.ofMinutes(10);
    // Mails wait in their own queue, because one mailbox must not delay another.
    private static final int PASSED_OVER = 200;

    private final BrokerQueue ready;
    private final BrokerLink link;
    private final boolean isShared;
    private final SenderRateLimiter pace;
    private final SlowStart slowStart;
    private final Clock clock;
    private final ClockChange clockChange;
    // A fair lock: a removal over several queues lets other threads in between them.
    private final ReentrantLock moving = new ReentrantLock(true);
    // A per-sender queue is not deleted while a thread stores a mail in it.
    private final ReadWriteLock joining = new ReentrantReadWriteLock();
    private final Map<BrokerQueue, Lane> lanes = new ConcurrentHashMap<>();
    // Mails that can neither be copied nor moved; a pass skips them.
    private final Map<Long, Instant> immovable = new HashMap<>();
    private int movedAtOnce = MOVED_AT_ONCE;
    private volatile Instant nextDiscovery = Instant.EPOCH;
    private volatile Instant flushed = Instant.EPOCH;

    /**
     * @param isShared whether other relays may store mails in the same queues
     * @param slowStart limits how many due mails are promoted; per-sender queues have their own rate
     */
    DelayedMails(
            MailQueueName name,
            BrokerLink link,
            boolean isShared,
            SenderRateLimiter pace,
            SlowStart slowStart,
            Clock clock) {
        this.ready = BrokerQueue.ready(name);
        this.link = link;
        this.isShared = isShared;
        this.pace = pace;
        this.slowStart = slowStart;
        this.clock = clock;
        this.clockChange = new ClockChange(clock.instant());
    }

    /** The time of the queue's next poll, and whether it may hold mails. */
    private static final class Lane {

        private final AtomicReference<Instant> nextLook;
        // Belongs to a head that is due later than its delay allows.
        private long lateHead;
        private long lateSince;
        private volatile boolean isEmpty;

        Lane(Instant nextLook) {
            this.nextLook = new AtomicReference<>(nextLook);
        }

        /** The time since the head was first found to be due too late. */
        Duration waited(long messageId) {
            if (lateHead != messageId) {
                lateHead = messageId;
                lateSince = System.nanoTime();
            }
            return Duration.ofNanos(System.nanoTime() - lateSince);
        }

        void lookAt(Instant due) {
            nextLook.accumulateAndGet(due, (known, other) -> known.isBefore(other) ? known : other);
        }
    }

    /** The retry queue of that delay. */
    BrokerQueue retryQueue(Duration delay) {
        return BrokerQueue.waiting(ready.mails(), delay);
    }

    /** Stores a mail in a per-sender queue. */
    interface Joining {

        /** Returns when the mail is stored, or cannot be stored. */
        void join(BrokerQueue line) throws MailQueueException;
    }

    /** Has a mail stored in its mailbox's queue, to wait for a slot. */
    void join(String mailbox, Joining mail) throws MailQueueException {
        joining.readLock().lock();
        try {
            mail.join(line(mailbox));
        } finally {
            joining.readLock().unlock();
        }
    }

    private BrokerQueue line(String mailbox) {
        BrokerQueue line = BrokerQueue.perSender(ready.mails(), mailbox);
        return lanes.containsKey(line)
                        || lanes.keySet().stream()
                                        .filter(queue -> queue.mailbox().isPresent())
                                        .count()
                                < LINES
                ? line
                : BrokerQueue.perSender(ready.mails(), ALL_OTHERS);
    }

    /** Whether mails wait in the per-sender queue that the mailbox uses or would share. */
    boolean isWaitedFor(String mailbox) {
        return Optional.ofNullable(lanes.get(line(mailbox)))
                .filter(line -> !line.isEmpty)
                .isPresent();
    }

    /** Reports that a mail was stored in the queue. */
    void added(BrokerQueue queue, Instant due) {
        Lane lane =
                lanes.computeIfAbsent(queue, added -> new Lane(clock.instant().plus(LOOK_AT_LEAST_EVERY)));
        lane.isEmpty = false;
        lane.lookAt(due);
    }

    /** The time until the mailbox has a slot for a mail behind this number of mails. */
    Duration untilSlot(String mailbox, long before) {
        return pace.waitingTime(mailbox, before);
    }

    /** Includes queues in which other relays, or an earlier process, stored mails. */
    List<BrokerQueue> queues() throws ActiveMQException {
        return all().stream().filter(BrokerQueue::isWaiting).toList();
    }

    private List<BrokerQueue> all() throws ActiveMQException {
        return link.connections().management().queues().stream()
                .filter(queue -> queue.mails().equals(ready.mails()))
                .toList();
    }

    // Under the lock, because a queue that was found may otherwise be deleted meanwhile.
    private List<BrokerQueue> discover() throws ActiveMQException {
        List<BrokerQueue> found = all();
        found.stream()
                .filter(BrokerQueue::isWaiting)
                .forEach(queue -> lanes.computeIfAbsent(queue, isNew -> new Lane(Instant.EPOCH)));
        return found;
    }

    /** All queues of this mail queue at the broker, at intervals; none in between. */
    List<BrokerQueue> discoverIfDue() throws ActiveMQException, IOException, MessagingException {
        Instant now = clock.instant();
        if (nextDiscovery.isAfter(now)) {
            return List.of();
        }
        List<BrokerQueue> found = undisturbed(this::discover);
        nextDiscovery = now.plus(LOOK_AT_LEAST_EVERY);
        return found;
    }

    /**
     * Promotes due mails, at most as many as the next hop accepts. The others stay in their queues, in order.
     *
     * @return how many
     */
    long release() throws ActiveMQException, IOException, MessagingException {
        Instant now = clock.instant();
        heedClock(now);
        slowStart.adjust();
        List<BrokerQueue> toLookAt = lanes.entrySet().stream()
                .filter(lane -> !lane.getValue().nextLook.get().isAfter(now))
                .map(Map.Entry::getKey)
                .toList();
        return toLookAt.isEmpty() ? 0 : undisturbed(() -> move(toLookAt, now));
    }

    // The times of the polls came from the old clock, so all queues are polled now.
    private void heedClock(Instant now) {
        Duration change = clockChange.sinceLastCall(now);
        if (change.isZero()) {
            return;
        }
        LOGGER.warn("event=clock-changed queue={} by={}", ready.name(), change);
        nextDiscovery = now;
        lanes.values().forEach(lane -> lane.lookAt(now));
        flushed = flushed.isAfter(now) ? now : flushed;
    }

    /**
     * Makes all mails in retry queues due now. Mails in per-sender queues keep waiting: a flush does not raise the rate
     * that Exchange accepts.
     *
     * @return how many
     */
    long flush() throws ActiveMQException, IOException, MessagingException {
        return undisturbed(() -> {
            List<BrokerQueue> delays = discover().stream()
                    .filter(queue -> queue.isWaiting() && queue.mailbox().isEmpty())
                    .toList();
            flushed = clock.instant();
            long mails = 0;
            try (ClientSession session = link.connections().administering().session()) {
                for (BrokerQueue queue : delays) {
                    mails += session.queueQuery(queue.name()).getMessageCount();
                    lane(queue).lookAt(flushed);
                }
            }
            return mails;
        });
    }

    /** The time at which a mail of a retry queue is due. */
    Instant due(BrokerQueue queue, ClientMessage message) {
        Instant due = StoredMail.due(message);
        boolean isFlushed = !due.minus(queue.delay()).isAfter(flushed);
        return isFlushed && flushed.isBefore(due) ? flushed : due;
    }

    /** Runs an action that must see all mails. A mail on its way between two queues is in neither. */
    <T> T undisturbed(Action<T> action) throws ActiveMQException, IOException, MessagingException {
        moving.lock();
        try {
            return action.run();
        } finally {
            moving.unlock();
        }
    }

    /** An action under the lock. */
    interface Action<T> {

        T run() throws ActiveMQException, IOException, MessagingException;
    }

    private long move(Collection<BrokerQueue> from, Instant now)
            throws ActiveMQException, IOException, MessagingException {
        // Set before the poll, so that a mail that is stored meanwhile brings the next poll forward.
        from.forEach(queue -> lane(queue).nextLook.set(now.plus(LOOK_AT_LEAST_EVERY)));
        immovable.values().removeIf(until -> !now.isBefore(until));
        BrokerConnections connections = link.connections();
        connections.declare(ready);
        List<WaitingMail> toMove = new ArrayList<>();
        long moved;
        try (ClientSession session = connections.administering().transaction()) {
            session.start();
            PriorityQueue<WaitingMail> heads = heads(from, connections, session);
            moved = heads.isEmpty()
                    ? 0
                    : moveAll(heads, slowStart.room(connections.management().waiting(ready)), now, session, toMove);
        }
        for (WaitingMail head : toMove) {
            moveAsItIs(head, connections, now);
            lane(head.queue()).lookAt(now);
        }
        for (BrokerQueue queue : from) {
            deleteIfEmpty(queue, connections);
        }
        return moved;
    }

    // A queue that was changed at the broker does not stop the others.
    private PriorityQueue<WaitingMail> heads(
            Collection<BrokerQueue> from, BrokerConnections connections, ClientSession session)
            throws ActiveMQException {
        PriorityQueue<WaitingMail> heads = new PriorityQueue<>(Comparator.comparing(WaitingMail::messageId));
        for (BrokerQueue queue : from) {
            try {
                connections.declare(queue);
                next(new WaitingQueue(QueueReader.taking(queue, session)), session)
                        .ifPresent(heads::add);
            } catch (ActiveMQException failure) {
                if (session.isClosed() || !connections.isOpen()) {
                    throw failure;
                }
                notReleased(queue, failure);
            }
        }
        return heads;
    }

    // A queue that fails does not stop the release of the others; it is read again with the next release.
    private Optional<WaitingMail> next(WaitingQueue source, ClientSession session) throws ActiveMQException {
        try {
            return receive(source);
        } catch (ActiveMQException | RuntimeException failure) {
            if (session.isClosed()) {
                throw failure;
            }
            notReleased(source.mails.queue(), failure);
            return Optional.empty();
        }
    }

    private static void notReleased(BrokerQueue queue, Exception failure) {
        LOGGER.error("event=release-failed queue={} reason=\"{}\"", queue.name(), failure.getMessage(), failure);
    }

    /** The dequeuer handles an unreadable mail. If it cannot be moved there either, a pass skips it. */
    private void moveAsItIs(WaitingMail head, BrokerConnections connections, Instant now) throws ActiveMQException {
        try {
            connections.management().move(head.queue(), head.messageId(), ready);
        } catch (ActiveMQException | RuntimeException refused) {
            if (!connections.isOpen()) {
                throw refused;
            }
            immovable.put(head.messageId(), now.plus(IMMOVABLE_FOR));
            LOGGER.error(
                    "event=release-failed queue={} queue-id={} message={} next=\"tried again in {} min\" reason=\"{}\"",
                    head.queue().name(),
                    StoredMail.name(head.message()),
                    head.messageId(),
                    IMMOVABLE_FOR.toMinutes(),
                    refused.getMessage(),
                    refused);
        }
    }

    /**
     * @param room for mails of retry queues; mails with a slot count as sent
     * @param toMove receives the mails that cannot be copied
     */
    private long moveAll(
            PriorityQueue<WaitingMail> heads, long room, Instant now, ClientSession session, List<WaitingMail> toMove)
            throws ActiveMQException, IOException, MessagingException {
        ClientProducer producer = session.createProducer(ready.name());
        List<WaitingQueue> batch = new ArrayList<>();
        long left = room;
        long moved = 0;
        while (!heads.isEmpty()) {
            WaitingMail head = heads.remove();
            boolean isCounted = pace.isLimited() && head.mailbox().isPresent();
            if (!isCounted && left-- <= 0) {
                // The broker returns it to its place when the session is closed.
                lane(head.queue()).lookAt(now);
                continue;
            }
            Optional<Copy> copy = copy(head, session);
            if (copy.isEmpty()) {
                // The broker may have closed its consumer. The next poll, which follows at once, reads the others of
                // its queue.
                toMove.add(head);
                continue;
            }
            try {
                send(copy.get(), producer);
                head.message().individualAcknowledge();
                batch.add(head.source());
                if (batch.size() == movedAtOnce) {
                    moved += commit(session, batch);
                }
            } catch (ActiveMQException | RuntimeException refused) {
                if (session.isClosed()) {
                    throw refused;
                }
                refused(head, batch, refused).ifPresent(toMove::add);
                Stream.concat(heads.stream().map(WaitingMail::queue), Stream.of(head.queue()))
                        .forEach(queue -> lane(queue).lookAt(now));
                return moved;
            }
            next(head.source(), session).ifPresent(heads::add);
        }
        try {
            moved += commit(session, batch);
            movedAtOnce = MOVED_AT_ONCE;
        } catch (ActiveMQException refused) {
            if (session.isClosed()) {
                throw refused;
            }
            oneByOne(refused);
            lanes.values().forEach(lane -> lane.lookAt(now));
        }
        return moved;
    }

    /**
     * @return the mail that the broker refused; empty if it may be another of the batch, whose mails are then moved one
     *     by one
     */
    private Optional<WaitingMail> refused(WaitingMail head, List<WaitingQueue> batch, Exception reason) {
        // The batch may or may not include the mail itself.
        if (batch.size() > 1 || (batch.size() == 1 && movedAtOnce > 1)) {
            oneByOne(reason);
            return Optional.empty();
        }
        LOGGER.warn(
                "event=release-refused queue={} queue-id={} message={} next=\"is made ready as it is\" reason=\"{}\"",
                head.queue().name(),
                StoredMail.name(head.message()),
                head.messageId(),
                reason.getMessage());
        return Optional.of(head);
    }

    private void oneByOne(Exception reason) {
        LOGGER.warn(
                "event=release-refused queue={} next=\"each mail is made ready by itself\" reason=\"{}\"",
                ready.name(),
                reason.getMessage());
        movedAtOnce = 1;
    }

    /** A mail in transit, and the source of its message while it is sent. */
    private record Copy(ClientMessage message, MimeMessageSource body) {}

    private static Optional<Copy> copy(WaitingMail head, ClientSession session)
            throws ActiveMQException, IOException, MessagingException {
        try {
            MimeMessageSource body = StoredMail.body(head.message());
            return Optional.of(copy(head, body, session));
        } catch (ActiveMQException | IOException | MessagingException | RuntimeException failure) {
            if (session.isClosed()) {
                throw failure;
            }
            LOGGER.warn(
                    "event=unreadable queue={} queue-id={} message={} next=\"is made ready as it is\"",
                    head.queue().name(),
                    StoredMail.name(head.message()),
                    head.messageId(),
                    failure);
            return Optional.empty();
        }
    }

    private static Copy copy(WaitingMail head, MimeMessageSource body, ClientSession session) throws IOException {
        try {
            ClientMessage copy = StoredMail.copy(head.message(), body, session);
            head.mailbox().ifPresent(mailbox -> StoredMail.writeSlot(copy));
            return new Copy(copy, body);
        } catch (IOException | RuntimeException failure) {
            LifecycleUtil.dispose(body);
            throw failure;
        }
    }

    // A large message has been read when it was sent, so its file is not needed until the end of the transaction.
    private static void send(Copy copy, ClientProducer producer) throws ActiveMQException {
        try {
            producer.send(copy.message());
        } finally {
            LifecycleUtil.dispose(copy.body());
        }
    }

    private static int commit(ClientSession session, List<WaitingQueue> batch) throws ActiveMQException {
        session.commit();
        int moved = batch.size();
        batch.forEach(source -> source.mails.gone());
        batch.clear();
        return moved;
    }

    // The broker keeps an empty queue, and the mailbox may never send again.
    private void deleteIfEmpty(BrokerQueue queue, BrokerConnections connections) throws ActiveMQException {
        if (isShared
                || queue.mailbox().isEmpty()
                || !lane(queue).isEmpty
                || !joining.writeLock().tryLock()) {
            return;
        }
        try {
            if (connections.deleteIfEmpty(queue)) {
                lanes.remove(queue);
            }
        } finally {
            joining.writeLock().unlock();
        }
    }

    /** A queue in reading, and its skipped mails. */
    private static final class WaitingQueue {

        private final QueueReader mails;
        private final Set<String> passedOver = new HashSet<>();
        private int passed;

        WaitingQueue(QueueReader mails) {
            this.mails = mails;
        }

        boolean isShared() {
            return mails.queue().mailbox().filter(ALL_OTHERS::equals).isPresent();
        }
    }

    private record WaitingMail(WaitingQueue source, ClientMessage message) {

        BrokerQueue queue() {
            return source.mails.queue();
        }

        Optional<String> mailbox() {
            return StoredMail.mailbox(message, queue());
        }

        long messageId() {
            return message.getMessageID();
        }
    }

    // The broker returns a mail that is not due to its place when the session is closed.
    private Optional<WaitingMail> receive(WaitingQueue source) throws ActiveMQException {
        Lane lane = lane(source.mails.queue());
        while (true) {
            Optional<WaitingMail> head = source.mails.next().map(message -> new WaitingMail(source, message));
            if (head.filter(next -> immovable.containsKey(next.messageId())).isPresent()) {
                source.passed++;
                lane.lookAt(Objects.requireNonNull(immovable.get(head.get().messageId())));
                continue;
            }
            lane.isEmpty = head.isEmpty() && source.passed == 0;
            if (head.isEmpty() || isTime(head.get())) {
                return head;
            }
            lane.lookAt(nextTime(head.get()));
            if (!source.isShared() || source.passed++ == PASSED_OVER) {
                return Optional.empty();
            }
        }
    }

    private boolean isTime(WaitingMail head) {
        Optional<String> mailbox = head.mailbox();
        if (mailbox.isEmpty()) {
            Duration left = untilDue(head);
            return left.isNegative() || left.isZero();
        }
        boolean isTurn = !head.source().passedOver.contains(mailbox.get()) && pace.tryAcquire(mailbox.get());
        if (!isTurn) {
            head.source().passedOver.add(mailbox.get());
        }
        return isTurn;
    }

    private Instant nextTime(WaitingMail head) {
        return clock.instant()
                .plus(head.mailbox()
                        .map(mailbox -> pace.waitingTime(mailbox, 0))
                        .orElseGet(() -> untilDue(head)));
    }

    private Lane lane(BrokerQueue queue) {
        return Objects.requireNonNull(lanes.get(queue));
    }

    /**
     * At most the delay. A mail that is due later was stored while the clock was ahead, and would delay all mails
     * behind it.
     */
    private Duration untilDue(WaitingMail head) {
        Duration left = Duration.between(clock.instant(), due(head.queue(), head.message()));
        Duration delay = head.queue().delay();
        return left.compareTo(delay.plus(ClockChange.TOLERANCE)) > 0
                ? delay.minus(lane(head.queue()).waited(head.messageId()))
                : left;
    }
}
