package io.relaypod.server.queue;

import org.apache.activemq.artemis.api.core.client.ClientSessionFactory;
import org.apache.james.queue.api.MailQueue.MailQueueException;

/** Where the queues are. Thread-safe. */
public interface Broker extends AutoCloseable {

    /**
     * A connection of its own; whoever asks for it closes it.
     *
     * @throws QueueUnavailableException when the broker cannot be reached
     */
    ClientSessionFactory connect();

    /**
     * Says whether one more mail can be taken.
     *
     * @throws InsufficientStorageException when the disk is nearly full
     */
    void checkStorage() throws MailQueueException;

    /** Closes what was connected, then stops what was started. What is in the queues stays there. */
    @Override
    void close();
}
