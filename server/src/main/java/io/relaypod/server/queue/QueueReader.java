package io.relaypod.server.queue;

import java.time.Duration;
import java.util.Optional;

import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.client.ClientConsumer;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientSession;

/** Reads a queue to its end without holding it in memory. For one thread; closed with its session. */
final class QueueReader {

    // The broker says "no more" too when it waits to hear that there is room here again; it hears that within milliseconds.
    private static final int ASK_AGAIN = 3;
    private static final Duration BETWEEN = Duration.ofMillis(100);

    private final BrokerQueue queue;
    private final ClientSession session;
    private final ClientConsumer consumer;
    private long inHand;

    private QueueReader(BrokerQueue queue, ClientSession session, ClientConsumer consumer) {
        this.queue = queue;
        this.session = session;
        this.consumer = consumer;
    }

    /** Leaves the messages where they are. */
    static QueueReader browsing(BrokerQueue queue, ClientSession session) throws ActiveMQException {
        return new QueueReader(queue, session, session.createConsumer(queue.name(), null, true));
    }

    /** Takes the messages, which come back when they are not acknowledged. */
    static QueueReader taking(BrokerQueue queue, ClientSession session) throws ActiveMQException {
        return new QueueReader(queue, session, session.createConsumer(queue.name()));
    }

    BrokerQueue queue() {
        return queue;
    }

    /** How many messages were read and have not left the queue. */
    long read() {
        return inHand;
    }

    /** @return empty at the end */
    Optional<ClientMessage> next() throws ActiveMQException {
        ClientMessage message = consumer.receiveImmediate();
        for (int asked = 0; message == null && asked < ASK_AGAIN && hasMore(); asked++) {
            message = consumer.receive(BETWEEN.toMillis());
        }
        if (message != null) {
            inHand++;
        }
        return Optional.ofNullable(message);
    }

    /** Tells that a message that was read has left the queue. */
    void gone() {
        inHand--;
    }

    // What somebody else has in hand counts too, so that this is not the last word.
    private boolean hasMore() throws ActiveMQException {
        return session.queueQuery(queue.name()).getMessageCount() > inHand;
    }
}
