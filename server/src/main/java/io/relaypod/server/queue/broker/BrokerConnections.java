package io.relaypod.server.queue.broker;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQQueueExistsException;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections to a broker that all queues share, until one of them breaks. The packets of a connection wait for
 * each other, so each purpose has a connection of its own. Thread-safe.
 */
public final class BrokerConnections implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(BrokerConnections.class);

    private final BrokerConnection enqueuing;
    private final BrokerConnection dequeuing;
    private final BrokerConnection administering;
    private final DurableProducer producer;
    private final BrokerManagement management;
    private final Set<BrokerQueue> declared = ConcurrentHashMap.newKeySet();

    private BrokerConnections(List<BrokerConnection> connections) throws ActiveMQException {
        this.enqueuing = connections.get(0);
        this.dequeuing = connections.get(1);
        this.administering = connections.get(2);
        this.producer = new DurableProducer(enqueuing);
        this.management = new BrokerManagement(administering);
    }

    /**
     * @throws ActiveMQException if the broker is unavailable
     * @throws BrokerRefusedException if it is available and cannot be used
     */
    static BrokerConnections open(Broker broker) throws ActiveMQException {
        List<BrokerConnection> connections = broker.connect(3);
        try {
            BrokerConnections opened = new BrokerConnections(connections);
            BrokerRequirements.check(opened.management);
            return opened;
        } catch (ActiveMQException | RuntimeException unusable) {
            connections.forEach(BrokerConnection::abort);
            throw BrokerRefusedException.orElse(unusable);
        }
    }

    public DurableProducer producer() {
        return producer;
    }

    public BrokerConnection dequeuing() {
        return dequeuing;
    }

    public BrokerConnection administering() {
        return administering;
    }

    public BrokerManagement management() {
        return management;
    }

    /** Creates the queue if it does not exist, and checks its settings. */
    public void declare(BrokerQueue queue) throws ActiveMQException {
        if (declared.contains(queue)) {
            return;
        }
        try (ClientSession session = administering.session()) {
            if (!session.queueQuery(queue.name()).isExists()) {
                session.createQueue(queue.configuration());
            }
        } catch (ActiveMQQueueExistsException somebodyWasFaster) {
            LOGGER.debug("queue {} exists already", queue.name());
        }
        try (ClientSession session = administering.session()) {
            BrokerRequirements.check(queue, session.queueQuery(queue.name()));
        }
        declared.add(queue);
    }

    /**
     * Deletes a queue, unless it holds mails or has a consumer. The caller makes sure that no thread declares it, or
     * sends to it, meanwhile.
     *
     * @return whether the queue does not exist any more
     */
    public boolean deleteIfEmpty(BrokerQueue queue) throws ActiveMQException {
        try (ClientSession session = administering.session()) {
            ClientSession.QueueQuery found = session.queueQuery(queue.name());
            if (found.getMessageCount() > 0 || found.getConsumerCount() > 0) {
                return false;
            }
            declared.remove(queue);
            if (found.isExists()) {
                management.delete(queue);
            }
            return true;
        }
    }

    /** Has the listener called when a connection breaks, on a thread that the listener must not block. */
    void onBroken(Runnable listener) {
        List.of(enqueuing, dequeuing, administering).forEach(connection -> connection.onBroken(listener));
    }

    /** False after an operator of the broker closed a session, or the broker stopped without closing it. */
    public boolean isOpen() {
        return producer.isOpen() && management.isOpen();
    }

    /** Closes the connections without a message to the broker. Threads that wait for the broker get an error. */
    void abort() {
        List.of(enqueuing, dequeuing, administering).forEach(BrokerConnection::abort);
    }

    @Override
    public void close() {
        try {
            producer.close();
            management.close();
        } catch (ActiveMQException closed) {
            LOGGER.debug("sessions were closed already", closed);
        }
        List.of(enqueuing, dequeuing, administering).forEach(BrokerConnection::close);
    }
}
