package io.relaypod.server.queue;

import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.client.ClientSessionFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The connections to a broker that all queues share: packets of one wait for each other, so each purpose has its own. Thread-safe. */
final class Connections implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(Connections.class);

    private final ClientSessionFactory enqueuing;
    private final ClientSessionFactory dequeuing;
    private final ClientSessionFactory administering;
    private final Enqueuer enqueuer;
    private final QueueConsole console;

    Connections(Broker broker) {
        this.enqueuing = broker.connect();
        this.dequeuing = broker.connect();
        this.administering = broker.connect();
        this.enqueuer = new Enqueuer(enqueuing);
        this.console = new QueueConsole(administering);
    }

    Enqueuer enqueuer() {
        return enqueuer;
    }

    ClientSessionFactory dequeuing() {
        return dequeuing;
    }

    ClientSessionFactory administering() {
        return administering;
    }

    QueueConsole console() {
        return console;
    }

    @Override
    public void close() {
        try {
            enqueuer.close();
            console.close();
        } catch (ActiveMQException closed) {
            LOGGER.debug("sessions were closed already", closed);
        }
        enqueuing.close();
        dequeuing.close();
        administering.close();
    }
}
