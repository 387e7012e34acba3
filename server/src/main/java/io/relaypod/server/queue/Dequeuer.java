package io.relaypod.server.queue;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import javax.mail.MessagingException;

import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.memory.Reservation;
import io.relaypod.server.queue.OnDemand.Slot;
import io.relaypod.server.queue.broker.BrokerConnections;
import io.relaypod.server.queue.broker.BrokerLink;
import io.relaypod.server.queue.broker.BrokerQueue;
import io.relaypod.server.queue.inflight.InFlightMails;
import io.relaypod.server.queue.stored.StoredEnvelope;
import io.relaypod.server.queue.stored.StoredMail;
import io.relaypod.throttle.SteadyClock;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQNotConnectedException;
import org.apache.activemq.artemis.api.core.ActiveMQObjectClosedException;
import org.apache.activemq.artemis.api.core.ActiveMQPropertyConversionException;
import org.apache.activemq.artemis.api.core.client.ClientConsumer;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.queue.api.MailQueue.MailQueueItem;
import org.apache.james.server.core.MailImpl;
import org.apache.james.server.core.MimeMessageSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives the mails of one queue of the broker, each once. All subscribers use one session, which fetches some bytes
 * ahead. The session is opened for the first subscriber, and again after the connection was made again. Thread-safe.
 *
 * <p>Lock order: {@code receiving}, then the slot of a subscriber, then the marks of {@link InFlightMails}. An
 * acknowledgement takes only the lock of its session, so it never waits for a receiver.
 */
final class Dequeuer implements OnDemand.ItemSource<Dequeuer.Given>, AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(Dequeuer.class);

    // The wait for the next mail, and for the mails in flight.
    private static final Duration POLL = Duration.ofMillis(250);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(1);
    // An unreadable mail: the wait before its next attempt, the wait for the mails in flight, and the number of
    // attempts.
    private static final Duration AGAIN_AFTER = Duration.ofSeconds(5);
    private static final Duration DONE_WITHIN = Duration.ofMinutes(1);
    private static final int TRIES = 5;
    // Memory for each byte of a stored envelope: an address of 20 bytes becomes objects of about 300 bytes.
    private static final int READ_FACTOR = 16;

    private final Clock steady = new SteadyClock();
    private final BrokerLink link;
    private final BrokerQueue queue;
    private final MailReader reader;
    private final Runnable empty;
    private final MemoryBudget memory;
    private final InFlightMails inFlight;
    private final Quarantine quarantine;
    private final ReentrantLock receiving = new ReentrantLock();
    private final Deque<Given> notTaken = new ArrayDeque<>();
    private Optional<ClientMessage> waitingForSlot = Optional.empty();
    private final Map<Long, Unreadable> unreadable = new LinkedHashMap<>();
    private Optional<Inlet> opened = Optional.empty();
    private Optional<Instant> tryAgainAt = Optional.empty();
    private boolean triedWhatIsAside;
    private final Semaphore changed = new Semaphore(0);
    private final AtomicInteger inFlightHere = new AtomicInteger();
    private volatile boolean keptSome;
    private volatile boolean stopped;

    /**
     * @param empty is called when the queue has no mail and none is in flight
     * @param memory has a share for large envelopes
     * @param inFlight is shared with the other queues
     * @param quarantine is given mails that have ended the process
     */
    Dequeuer(
            BrokerLink link,
            BrokerQueue queue,
            MailReader reader,
            Runnable empty,
            MemoryBudget memory,
            InFlightMails inFlight,
            Quarantine quarantine) {
        this.link = link;
        this.queue = queue;
        this.reader = reader;
        this.empty = empty;
        this.memory = memory;
        this.inFlight = inFlight;
        this.quarantine = quarantine;
    }

    /** Makes the item of a subscriber from a message of the broker. */
    interface MailReader {

        /** @throws MessagingException if the message holds no mail */
        MailQueueItem read(Received received, MimeMessageSource body) throws MessagingException, IOException;
    }

    /** A message in flight. */
    final class Received {

        private final ClientMessage message;
        private final Inlet inlet;
        private final InFlightMails.Mark mark;

        private Received(ClientMessage message, Inlet inlet, InFlightMails.Mark mark) {
            this.message = message;
            this.inlet = inlet;
            this.mark = mark;
        }

        ClientMessage message() {
            return message;
        }

        /**
         * The subscriber has done with the mail.
         *
         * @param isRemoved whether the mail left the queue; if not, the broker redelivers it, to this relay or another
         */
        void done(boolean isRemoved) {
            mark.close();
            if (!isRemoved) {
                keptSome = true;
            }
            inFlightHere.decrementAndGet();
            changed.release();
        }

        /** Whether the broker redelivers the message, to this relay or another, because its connection has broken. */
        boolean isLost() {
            return inlet.session().isClosed();
        }

        /**
         * Removes the message permanently. Does not wait for the broker: if a crash loses the acknowledgement, the mail
         * is delivered twice, and not lost.
         */
        void acknowledge() throws ActiveMQException {
            inlet.acknowledging().lock();
            try {
                message.individualAcknowledge();
            } finally {
                inlet.acknowledging().unlock();
            }
        }
    }

    private record Inlet(ClientSession session, ClientConsumer consumer, ReentrantLock acknowledging) {}

    /** The item for a subscriber. */
    record Given(MailQueueItem item, InFlightMails.Mark mark) {}

    @Override
    public void notTaken(Given given) {
        receiving.lock();
        try {
            inFlightHere.decrementAndGet();
            notTaken.addLast(given);
        } finally {
            receiving.unlock();
        }
    }

    @Override
    public Optional<Given> next(Slot slot) throws InterruptedException {
        receiving.lockInterruptibly();
        try {
            if (notTaken.isEmpty()) {
                return receive(slot);
            }
            if (!slot.take()) {
                return Optional.empty();
            }
            inFlightHere.incrementAndGet();
            return Optional.of(notTaken.removeFirst());
        } catch (ActiveMQNotConnectedException | ActiveMQObjectClosedException away) {
            // The link reports it once, and opens the connection again.
            pause(PAUSE_AFTER_FAILURE);
            return Optional.empty();
        } catch (ActiveMQException failure) {
            if (!stopped) {
                LOGGER.error(
                        "event=dequeue-failed queue={} reason=\"{}\"", queue.name(), failure.getMessage(), failure);
                pause(PAUSE_AFTER_FAILURE);
            }
            return Optional.empty();
        } finally {
            receiving.unlock();
        }
    }

    // Ends early when a mail in flight ends, or all is stopped.
    private void pause(Duration atMost) throws InterruptedException {
        changed.drainPermits();
        changed.tryAcquire(atMost.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The attempts to read a message, and the last failure. */
    private record Unreadable(String mail, int tries, String reason) {}

    private Optional<Given> receive(Slot slot) throws ActiveMQException, InterruptedException {
        if (isWaitingToTryAgain()) {
            pause(POLL);
            return Optional.empty();
        }
        Inlet inlet = inlet();
        if (waitingForSlot.isEmpty()) {
            waitingForSlot = Optional.ofNullable(inlet.consumer().receive(POLL.toMillis()));
        }
        if (waitingForSlot.isEmpty()) {
            // A broken connection has no mail to give, whatever the queue holds.
            if (inFlightHere.get() == 0 && !inlet.session().isClosed()) {
                empty.run();
            }
            return Optional.empty();
        }
        if (!slot.take()) {
            return Optional.empty();
        }
        // Counted with the slot: an item may reach its subscriber later, on another thread.
        inFlightHere.incrementAndGet();
        Optional<Given> given = Optional.empty();
        try {
            ClientMessage message = waitingForSlot.get();
            waitingForSlot = Optional.empty();
            given = begin(message, inlet);
            return given;
        } finally {
            if (given.isEmpty()) {
                inFlightHere.decrementAndGet();
            }
        }
    }

    /** @return empty if the message cannot be passed on */
    private Optional<Given> begin(ClientMessage message, Inlet inlet) throws InterruptedException {
        if (inlet.session().isClosed()) {
            // The broker redelivers it.
            return Optional.empty();
        }
        Optional<Reservation> memory = reserveEnvelope(message);
        Optional<InFlightMails.Mark> mark =
                memory.isPresent() ? inFlight.begin(StoredMail.name(message), () -> stopped) : Optional.empty();
        if (mark.isEmpty()) {
            memory.ifPresent(Reservation::close);
            return Optional.empty();
        }
        mark.get().hold(memory.get());
        return given(new Received(message, inlet, mark.get()));
    }

    /**
     * Reserves the memory of a large envelope before it is read. An envelope beyond the whole share is in flight alone.
     *
     * @return empty when all is stopped
     */
    private Optional<Reservation> reserveEnvelope(ClientMessage message) throws InterruptedException {
        long bytes = Math.min(memory.limit(MemoryUse.ENVELOPES_IN_FLIGHT), (long) READ_FACTOR * envelopeBytes(message));
        while (!stopped) {
            Optional<Reservation> reserved = memory.reserve(MemoryUse.ENVELOPES_IN_FLIGHT, bytes, POLL);
            if (reserved.isPresent()) {
                return reserved;
            }
        }
        return Optional.empty();
    }

    private static int envelopeBytes(ClientMessage message) {
        try {
            return Math.max(0, StoredEnvelope.bytesInBody(message));
        } catch (ActiveMQPropertyConversionException | NumberFormatException damaged) {
            // The failure is found again when the mail is read.
            return 0;
        }
    }

    private Optional<Given> given(Received received) {
        ClientMessage message = received.message();
        try {
            if (received.mark.hasEndedProcess()) {
                quarantine(received);
                return Optional.empty();
            }
            return Optional.of(new Given(read(received, StoredMail.body(message)), received.mark));
        } catch (MessagingException | IOException | ActiveMQException | RuntimeException failure) {
            received.mark.release();
            if (!received.isLost()) {
                remember(message, failure);
            }
            return Optional.empty();
        }
    }

    /** Reads the envelope. If the process died of reading it too, the broker moves the mail unread. */
    private void quarantine(Received received) throws MessagingException, IOException, ActiveMQException {
        ClientMessage message = received.message();
        String name = StoredMail.name(message);
        LOGGER.error(
                "event=quarantined queue={} queue-id={} reason=\"{}\"", queue.name(), name, received.mark.reason());
        if (received.mark.isUnreadable()) {
            unreadable.put(message.getMessageID(), new Unreadable(name, TRIES, received.mark.reason()));
            received.mark.release();
            tryAgainSoon();
            return;
        }
        MimeMessageSource body = StoredMail.body(message);
        try {
            MailImpl mail = StoredMail.read(message, body);
            mail.setErrorMessage(received.mark.reason());
            quarantine.store(mail);
            received.acknowledge();
            received.mark.close();
        } finally {
            LifecycleUtil.dispose(body);
        }
    }

    private MailQueueItem read(Received received, MimeMessageSource body) throws MessagingException, IOException {
        try {
            return reader.read(received, body);
        } catch (MessagingException | IOException | RuntimeException failure) {
            LifecycleUtil.dispose(body);
            throw failure;
        }
    }

    private void remember(ClientMessage message, Exception failure) {
        String mail = StoredMail.name(message);
        Unreadable found = unreadable.merge(
                message.getMessageID(),
                new Unreadable(mail, 1, String.valueOf(failure.getMessage())),
                (before, now) -> new Unreadable(mail, before.tries() + 1, now.reason()));
        LOGGER.error(
                "event=unreadable queue={} queue-id={} message={} try={}/{}",
                queue.name(),
                mail,
                message.getMessageID(),
                found.tries(),
                TRIES,
                failure);
        tryAgainSoon();
    }

    private void tryAgainSoon() {
        if (tryAgainAt.isEmpty()) {
            tryAgainAt = Optional.of(steady.instant().plus(AGAIN_AFTER));
        }
    }

    /**
     * The broker redelivers a mail that could not be read or removed when the session is closed, with all mails in
     * flight. So this waits until no mail is in flight, and receives none meanwhile.
     */
    private boolean isWaitingToTryAgain() throws ActiveMQException {
        if (keptSome) {
            keptSome = false;
            tryAgainSoon();
        }
        Instant now = steady.instant();
        if (tryAgainAt.isEmpty() || now.isBefore(tryAgainAt.get())) {
            return false;
        }
        if (inFlightHere.get() > 0) {
            if (now.isBefore(tryAgainAt.get().plus(DONE_WITHIN))) {
                return true;
            }
            tryAgainAt = Optional.of(now.plus(DONE_WITHIN));
            return false;
        }
        tryAgainAt = Optional.empty();
        dropNotTaken();
        if (opened.isPresent()) {
            opened.get().session().close();
        }
        for (Map.Entry<Long, Unreadable> message : List.copyOf(unreadable.entrySet())) {
            if (message.getValue().tries() >= TRIES) {
                setAside(message.getKey(), message.getValue());
            }
        }
        return false;
    }

    // The broker redelivers them.
    private void dropNotTaken() {
        notTaken.forEach(given -> given.mark().close());
        notTaken.clear();
        waitingForSlot = Optional.empty();
    }

    private void setAside(long messageId, Unreadable message) throws ActiveMQException {
        BrokerConnections connections = link.connections();
        connections.declare(queue.unreadable());
        if (connections.management().move(queue, messageId, queue.unreadable())) {
            LOGGER.error(
                    "event=set-aside queue={} aside={} queue-id={} reason=\"{}\"",
                    queue.name(),
                    queue.unreadable().name(),
                    message.mail(),
                    message.reason());
            unreadable.remove(messageId);
        }
    }

    // The reason may no longer hold: a full disk, or a version that could not read another version's mails.
    private void tryWhatIsAside(BrokerConnections connections) throws ActiveMQException {
        if (!triedWhatIsAside
                && queue.share() == 0
                && connections.management().queues().contains(queue.unreadable())) {
            connections.management().moveAll(queue.unreadable(), queue);
        }
        triedWhatIsAside = true;
    }

    private Inlet inlet() throws ActiveMQException {
        if (opened.isEmpty() || opened.get().session().isClosed()) {
            dropNotTaken();
            BrokerConnections connections = link.connections();
            connections.declare(queue);
            tryWhatIsAside(connections);
            ClientSession session = connections.dequeuing().session();
            session.start();
            opened = Optional.of(new Inlet(session, session.createConsumer(queue.name()), new ReentrantLock()));
        }
        return opened.get();
    }

    /** Mails that subscribers hold. */
    @Override
    public int inFlight() {
        return inFlightHere.get();
    }

    /** Passes on no more mails. Mails in flight can still be acknowledged. */
    void stop() {
        stopped = true;
        changed.release();
    }

    /** Returns the mails in flight to the broker. */
    @Override
    public void close() throws ActiveMQException {
        stop();
        receiving.lock();
        try {
            if (opened.isPresent()) {
                opened.get().session().close();
            }
        } finally {
            receiving.unlock();
        }
    }
}
