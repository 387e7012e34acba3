package io.relaypod.server.queue;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

import io.relaypod.server.queue.broker.BrokerConnection;
import io.relaypod.server.queue.broker.BrokerQueue;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQInterruptedException;
import org.apache.activemq.artemis.api.core.client.ClientConsumer;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The session in which one queue is read. Acknowledgements never wait for the receiving thread. Thread-safe. */
final class DequeueSession implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(DequeueSession.class);

    private final ClientSession session;
    private final ClientConsumer consumer;
    private final ReentrantLock acknowledging = new ReentrantLock();
    private final Object receiving = new Object();
    private Optional<Thread> receiver = Optional.empty();
    private boolean isStopped;

    private DequeueSession(ClientSession session, ClientConsumer consumer) {
        this.session = session;
        this.consumer = consumer;
    }

    static DequeueSession open(BrokerQueue queue, BrokerConnection connection) throws ActiveMQException {
        ClientSession session = connection.session();
        session.start();
        return new DequeueSession(session, session.createConsumer(queue.name()));
    }

    /** Whether it receives no more: the broker may close the consumer alone. */
    boolean isClosed() {
        return session.isClosed() || consumer.isClosed();
    }

    /** Waits for a message, which costs one question to the broker if none comes. {@link #stop} ends the wait. */
    Optional<ClientMessage> receive(Duration atMost) throws ActiveMQException {
        synchronized (receiving) {
            if (isStopped) {
                return Optional.empty();
            }
            receiver = Optional.of(Thread.currentThread());
        }
        try {
            return Optional.ofNullable(consumer.receive(atMost.toMillis()));
        } catch (ActiveMQInterruptedException stopped) {
            return Optional.empty();
        } finally {
            synchronized (receiving) {
                receiver = Optional.empty();
                endInterruption();
            }
        }
    }

    // The interruption was meant for the wait alone.
    private void endInterruption() {
        if (isStopped && Thread.interrupted()) {
            LOGGER.trace("the wait for a message was ended");
        }
    }

    /** Ends the wait for a message. Messages in flight can still be acknowledged. */
    void stop() {
        synchronized (receiving) {
            isStopped = true;
            receiver.ifPresent(Thread::interrupt);
        }
    }

    void acknowledge(ClientMessage message) throws ActiveMQException {
        acknowledging.lock();
        try {
            message.individualAcknowledge();
        } finally {
            acknowledging.unlock();
        }
    }

    /** Returns the messages in flight to the broker, which redelivers them. */
    @Override
    public void close() throws ActiveMQException {
        session.close();
    }
}
