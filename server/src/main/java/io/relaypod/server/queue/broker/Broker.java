package io.relaypod.server.queue.broker;

import java.time.Duration;
import java.util.List;

import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.james.queue.api.MailQueue.MailQueueException;

/** The broker that holds the queues. Thread-safe. */
public interface Broker extends AutoCloseable {

    /**
     * Opens new connections, all to the same broker. The caller closes them.
     *
     * @throws ActiveMQException if no broker can be reached now
     */
    List<BrokerConnection> connect(int count) throws ActiveMQException;

    /** Updates the state that {@link #checkStorage()} reports. Called at intervals. */
    void poll(BrokerManagement management) throws ActiveMQException;

    /**
     * Checks that one more mail can be accepted.
     *
     * @throws InsufficientStorageException if the disk is nearly full
     */
    void checkStorage() throws MailQueueException;

    /** The time limit for storing a client's mail. */
    Duration timeout();

    /**
     * Whether a mail without confirmation is sent again on the next connection. The broker then records the mail's
     * identity, and accepts the mail once.
     */
    boolean resendsUnconfirmed();

    /**
     * Whether other relays may store mails in the same queues. If so, no queue is ever deleted: a mail that is sent to
     * a deleted queue is lost without an error.
     */
    boolean isShared();

    /** Stops the broker if this process started it. Mails stay in the queues. */
    @Override
    void close();
}
