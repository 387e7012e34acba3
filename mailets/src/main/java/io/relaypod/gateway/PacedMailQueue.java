package io.relaypod.gateway;

import org.apache.james.queue.api.MailQueue;
import org.apache.mailet.AttributeName;
import org.apache.mailet.Mail;

/**
 * A mail queue that has a line for each mailbox which sends faster than it may. It gives the mails of a line in their
 * order, each when its mailbox may send again.
 */
public interface PacedMailQueue extends MailQueue {

    /** A mail that has this attribute when it is dequeued was counted as sent by its mailbox when it left its line. */
    AttributeName TURN = AttributeName.of("relaypod-turn");

    /** Puts the mail at the end of its mailbox's line; on the disk when this returns. */
    void join(String mailbox, Mail mail) throws MailQueueException;

    /** Whether mails wait in that line. */
    boolean isWaitedFor(String mailbox);
}
