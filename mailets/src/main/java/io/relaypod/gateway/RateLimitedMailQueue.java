package io.relaypod.gateway;

import org.apache.james.queue.api.MailQueue;
import org.apache.mailet.AttributeName;
import org.apache.mailet.Mail;

/**
 * A mail queue with a queue for each sending mailbox that is above its rate limit. It returns the mails of a per-sender
 * queue in order, each when its mailbox has a free slot.
 */
public interface RateLimitedMailQueue extends MailQueue {

    /**
     * Marks a dequeued mail that left a per-sender queue. It already holds a slot of its mailbox. The value is stored
     * with mails, so it stays as it is.
     */
    AttributeName SLOT = AttributeName.of("relaypod-turn");

    /** Appends the mail to the queue of its mailbox. The mail is on disk when this method returns. */
    void enQueueForSender(String mailbox, Mail mail) throws MailQueueException;

    /** Whether mails wait in the queue of this mailbox. */
    boolean hasWaiting(String mailbox);
}
