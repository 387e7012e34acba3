package io.relaypod.server.queue;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

import io.relaypod.server.queue.MessageOpener.OpenedMail;
import io.relaypod.server.queue.OnDemand.Slot;
import io.relaypod.server.queue.broker.BrokerConnections;
import io.relaypod.server.queue.broker.BrokerLink;
import io.relaypod.server.queue.broker.BrokerQueue;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQNotConnectedException;
import org.apache.activemq.artemis.api.core.ActiveMQObjectClosedException;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives the mails of one queue of the broker, each once. All subscribers use one session, which fetches some bytes
 * ahead. The session is opened for the first subscriber, and again after the connection was made again. Thread-safe.
 *
 * <p>Lock order: {@code receiving}, then the slot of a subscriber, then the marks of
 * {@link io.relaypod.server.queue.inflight.InFlightMails}. An acknowledgement takes only the lock of its session, so it
 * never waits for a receiver.
 */
final class Dequeuer implements OnDemand.ItemSource<OpenedMail>, AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(Dequeuer.class);

    // The wait for the next mail, and for the mails in flight.
    private static final Duration POLL = Duration.ofMillis(250);
    // The wait for the next mail of a queue that was found empty: each wait ends with a question to the broker.
    private static final Duration IDLE_POLL = Duration.ofSeconds(10);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(1);

    private final BrokerLink link;
    private final BrokerQueue queue;
    private final BooleanSupplier empty;
    private final Redelivery redelivery;
    private final MessageOpener opener;
    private final ReentrantLock receiving = new ReentrantLock();
    private final Deque<OpenedMail> notTaken = new ArrayDeque<>();
    private Optional<ClientMessage> waitingForSlot = Optional.empty();
    private volatile Optional<DequeueSession> opened = Optional.empty();
    private boolean isIdle;
    private final Semaphore changed = new Semaphore(0);
    private final AtomicInteger inFlight = new AtomicInteger();
    private volatile boolean stopped;

    /** @param empty is asked when the queue has no mail and none is in flight; true if no mail is on its way to it */
    Dequeuer(QueueResources resources, BrokerQueue queue, MessageOpener.ItemReader reader, BooleanSupplier empty) {
        this.link = resources.link();
        this.queue = queue;
        this.empty = empty;
        this.redelivery = new Redelivery(link, queue, resources.redeliverAfter());
        this.opener = new MessageOpener(resources, queue, reader, redelivery, () -> stopped);
    }

    @Override
    public void notTaken(OpenedMail mail) {
        receiving.lock();
        try {
            inFlight.decrementAndGet();
            notTaken.addLast(mail);
        } finally {
            receiving.unlock();
        }
    }

    @Override
    public Optional<OpenedMail> next(Slot slot) throws InterruptedException {
        receiving.lockInterruptibly();
        try {
            if (notTaken.isEmpty()) {
                return receive(slot);
            }
            if (!slot.take()) {
                return Optional.empty();
            }
            inFlight.incrementAndGet();
            return Optional.of(notTaken.removeFirst());
        } catch (ActiveMQNotConnectedException | ActiveMQObjectClosedException unavailable) {
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

    // Ends early when a mail in flight ends, or everything is stopped.
    private void pause(Duration atMost) throws InterruptedException {
        changed.drainPermits();
        changed.tryAcquire(atMost.toMillis(), TimeUnit.MILLISECONDS);
    }

    private Optional<OpenedMail> receive(Slot slot) throws ActiveMQException, InterruptedException {
        switch (redelivery.step(inFlight.get())) {
            case WAIT -> {
                pause(POLL);
                return Optional.empty();
            }
            case CLOSE_SESSION -> {
                dropNotTaken();
                if (opened.isPresent()) {
                    opened.get().close();
                }
                redelivery.moveUnreadable();
            }
            case RECEIVE -> {
                // no redelivery is due
            }
        }
        DequeueSession session = session();
        if (waitingForSlot.isEmpty()) {
            waitingForSlot = session.receive(isIdle && !redelivery.isPlanned() ? IDLE_POLL : POLL);
        }
        isIdle = waitingForSlot.isEmpty() && inFlight.get() == 0 && !session.isClosed() && empty.getAsBoolean();
        if (waitingForSlot.isEmpty() || !slot.take()) {
            return Optional.empty();
        }
        // Counted with the slot: an item may reach its subscriber later, on another thread.
        inFlight.incrementAndGet();
        Optional<OpenedMail> mail = Optional.empty();
        try {
            ClientMessage message = waitingForSlot.get();
            waitingForSlot = Optional.empty();
            mail = opener.open(message, session, this::ended);
            return mail;
        } finally {
            if (mail.isEmpty()) {
                inFlight.decrementAndGet();
            }
        }
    }

    private void ended() {
        inFlight.decrementAndGet();
        changed.release();
    }

    // The broker redelivers them.
    private void dropNotTaken() {
        notTaken.forEach(mail -> mail.mark().close());
        notTaken.clear();
        waitingForSlot = Optional.empty();
    }

    private DequeueSession session() throws ActiveMQException {
        if (opened.isEmpty() || opened.get().isClosed()) {
            dropNotTaken();
            if (opened.isPresent()) {
                LOGGER.info("event=dequeue-session-closed queue={}", queue.name());
                opened.get().close();
            }
            BrokerConnections connections = link.connections();
            connections.declare(queue);
            redelivery.retryUnreadable(connections);
            opened = Optional.of(DequeueSession.open(queue, connections.dequeuing()));
            if (stopped) {
                opened.get().stop();
            }
        }
        return opened.get();
    }

    /** Mails that subscribers hold. */
    @Override
    public int inFlight() {
        return inFlight.get();
    }

    /** Passes on no more mails. Mails in flight can still be acknowledged. */
    void stop() {
        stopped = true;
        opened.ifPresent(DequeueSession::stop);
        changed.release();
    }

    /** Returns the mails in flight to the broker. */
    @Override
    public void close() throws ActiveMQException {
        stop();
        receiving.lock();
        try {
            if (opened.isPresent()) {
                opened.get().close();
            }
        } finally {
            receiving.unlock();
        }
    }
}
