package io.relaypod.server.queue.broker;

import java.time.Duration;
import java.util.List;

import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.james.queue.api.MailQueue.MailQueueException;

/** Where the queues are. Thread-safe. */
public interface Broker extends AutoCloseable {

    /**
     * Opens new connections, all to the same broker. The caller closes them.
     *
     * @throws ActiveMQException when no broker can be reached now
     */
    List<BrokerConnection> connect(int count) throws ActiveMQException;

    /** Looks at what {@link #checkStorage()} tells, once in a while. */
    void poll(BrokerManagement management) throws ActiveMQException;

    /**
     * Says whether one more mail can be taken.
     *
     * @throws InsufficientStorageException when the disk is nearly full
     */
    void checkStorage() throws MailQueueException;

    /** How long a client's mail may take to be stored. */
    Duration timeout();

    /**
     * Whether a mail whose confirmation never came is worth sending again on the next connection: the broker is told
     * the mail's identity, which costs it a record, and takes it once.
     */
    boolean resendsUnconfirmed();

    /**
     * Whether other relays may put mails into the same queues. Then none is ever deleted: what is sent to a queue that
     * has just gone is lost without a word.
     */
    boolean isShared();

    /** Stops what was started. What is in the queues stays there. */
    @Override
    void close();
}
