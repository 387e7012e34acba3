package io.relaypod.server.queue.broker;

import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ClientConsumer;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.jspecify.annotations.Nullable;

/** Reads a queue to its end without holding it in memory. For one thread; closed with its session. */
public final class QueueReader {

    // The broker also reports no message while it waits for new credit, which arrives within milliseconds.
    private static final int ASK_AGAIN = 3;
    private static final Duration BETWEEN = Duration.ofMillis(100);
    // Messages that were fetched and not read return to the queue each time.
    private static final int FETCHED_AHEAD = 16 << 10;
    private static final int ANY_RATE = -1;

    private final BrokerQueue queue;
    private final ClientConsumer consumer;
    private final Predicate<ClientMessage> isNew;
    private final Count count;
    private long inFlight;

    private QueueReader(BrokerQueue queue, ClientConsumer consumer, Predicate<ClientMessage> isNew, Count count) {
        this.queue = queue;
        this.consumer = consumer;
        this.isNew = isNew;
        this.count = count;
    }

    /** The number of messages. It may include messages in flight elsewhere, so it is only an upper bound. */
    private interface Count {

        long messages() throws ActiveMQException;

        static Count of(BrokerQueue queue, ClientSession session) {
            return () -> session.queueQuery(queue.name()).getMessageCount();
        }
    }

    /**
     * Leaves the messages in the queue. If a message in flight returns, Artemis begins again; each message is still
     * read once.
     */
    public static QueueReader browsing(BrokerQueue queue, ClientSession session) throws ActiveMQException {
        return browsing(queue, session, null, Count.of(queue, session)); // Artemis' way to say all
    }

    /**
     * Reads only the messages that match the filter.
     *
     * @param matches how many match
     */
    public static QueueReader browsing(BrokerQueue queue, String filter, long matches, ClientSession session)
            throws ActiveMQException {
        return browsing(queue, session, SimpleString.of(filter), () -> matches);
    }

    private static QueueReader browsing(
            BrokerQueue queue, ClientSession session, @Nullable SimpleString filter, Count count)
            throws ActiveMQException {
        Set<Long> read = new HashSet<>();
        return new QueueReader(
                queue,
                session.createConsumer(queue.name(), filter, true),
                message -> read.add(message.getMessageID()),
                count);
    }

    /** Consumes the messages. Those that are not acknowledged return to the queue. */
    public static QueueReader taking(BrokerQueue queue, ClientSession session) throws ActiveMQException {
        return new QueueReader(
                queue,
                session.createConsumer(queue.name(), null, FETCHED_AHEAD, ANY_RATE, false),
                message -> true,
                Count.of(queue, session));
    }

    public BrokerQueue queue() {
        return queue;
    }

    /** @return empty at the end */
    public Optional<ClientMessage> next() throws ActiveMQException {
        ClientMessage message = nextNew(consumer.receiveImmediate());
        for (int asked = 0; message == null && asked < ASK_AGAIN && count.messages() > inFlight; asked++) {
            message = nextNew(consumer.receive(BETWEEN.toMillis()));
        }
        if (message != null) {
            inFlight++;
        }
        return Optional.ofNullable(message);
    }

    // Artemis returns null if there is none.
    private ClientMessage nextNew(ClientMessage first) throws ActiveMQException {
        ClientMessage message = first;
        while (message != null && !isNew.test(message)) {
            message = consumer.receiveImmediate();
        }
        return message;
    }

    /** Reports that a message that was read has left the queue. */
    public void gone() {
        inFlight--;
    }
}
