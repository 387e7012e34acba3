package io.relaypod.gateway;

import io.relaypod.quota.QuotaUse;
import org.apache.james.queue.api.MailQueue;
import org.apache.mailet.AttributeName;
import org.apache.mailet.Mail;

/**
 * A mail queue with a queue for each sending mailbox that is above its rate limit or its quota of recipients, and one
 * for mails beyond the tenant's quota. It returns the mails of such a queue in order, each when it has a free slot.
 */
public interface RateLimitedMailQueue extends MailQueue {

    /**
     * Marks a dequeued mail that left one of these queues. It already holds a slot of its mailbox and room in the
     * quotas. The value is stored with mails, so it stays as it is.
     */
    AttributeName SLOT = AttributeName.of("relaypod-turn");

    /** Appends the mail to the queue of its mailbox. The mail is on disk when this method returns. */
    void enQueueForSender(QuotaUse use, Mail mail) throws MailQueueException;

    /**
     * Appends the mail to the queue of those beyond the tenant's quota. The mail is on disk when this method returns.
     */
    void enQueueForTenant(QuotaUse use, Mail mail) throws MailQueueException;

    /** Whether mails wait in the queue of this mailbox. */
    boolean hasWaiting(String mailbox);

    /** Whether mails wait for the tenant's quota. */
    boolean hasWaitingForTenant();
}
