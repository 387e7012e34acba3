package io.relaypod.server.queue.broker;

import org.apache.james.queue.api.MailQueue.MailQueueException;

/** Tells that a mail was not taken because the disk is nearly full. Once there is room again the next one is taken. */
public final class InsufficientStorageException extends MailQueueException {

    private static final long serialVersionUID = 1L;

    public InsufficientStorageException(String message) {
        super(message);
    }
}
