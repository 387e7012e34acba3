package io.relaypod.server.queue.broker;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientProducer;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.activemq.artemis.api.core.client.SendAcknowledgementHandler;

/**
 * Sends messages to the broker and reports when they are on the disk. All threads share two sessions, one of them for
 * large messages. No send waits for another's sync, so that one sync completes all sends that wait (group commit).
 * Thread-safe.
 */
public final class DurableProducer implements AutoCloseable {

    private final ProducerSession small;
    private final ProducerSession large;

    DurableProducer(BrokerConnection connection) throws ActiveMQException {
        this.small = new ProducerSession(connection);
        this.large = new ProducerSession(connection);
    }

    /** Writes a message for a session. */
    public interface BrokerMessageWriter {

        /** @return a new message of the session, complete */
        ClientMessage write(ClientSession session) throws IOException;
    }

    /**
     * Returns when the message has been read, before it is stored.
     *
     * @return completes when the message is on the disk; fails with an {@link ActiveMQException} if it is not stored
     * @throws IOException as the writer throws it
     */
    public CompletableFuture<Void> send(SimpleString queue, boolean isLarge, BrokerMessageWriter writer)
            throws ActiveMQException, IOException {
        return (isLarge ? large : small).send(queue, writer);
    }

    /** Whether the sessions to the broker are open. */
    boolean isOpen() {
        return !small.session.isClosed() && !large.session.isClosed();
    }

    @Override
    public void close() throws ActiveMQException {
        small.close();
        large.close();
    }

    private static final class ProducerSession {

        private final ReentrantLock sending = new ReentrantLock();
        private final ClientSession session;
        private final ClientProducer producer;

        ProducerSession(BrokerConnection connection) throws ActiveMQException {
            this.session = connection.session();
            this.producer = session.createProducer();
        }

        CompletableFuture<Void> send(SimpleString queue, BrokerMessageWriter writer)
                throws ActiveMQException, IOException {
            ClientMessage message = writer.write(session);
            Confirmation stored = new Confirmation();
            sending.lock();
            try {
                producer.send(queue, message, stored);
            } finally {
                sending.unlock();
            }
            return stored.confirmation;
        }

        void close() throws ActiveMQException {
            session.close();
        }
    }

    private static final class Confirmation implements SendAcknowledgementHandler {

        private final CompletableFuture<Void> confirmation = new CompletableFuture<>();

        @Override
        public void sendAcknowledged(Message message) {
            confirmation.complete(null);
        }

        @Override
        public void sendFailed(Message message, Exception failure) {
            confirmation.completeExceptionally(failure);
        }
    }
}
