package io.relaypod.server.queue.broker;

import org.apache.james.queue.api.MailQueue.MailQueueException;

/** A mail was not accepted because the disk is nearly full. */
public final class InsufficientStorageException extends MailQueueException {

    private static final long serialVersionUID = 1L;

    public InsufficientStorageException(String message) {
        super(message);
    }
}
