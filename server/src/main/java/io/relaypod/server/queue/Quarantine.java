package io.relaypod.server.queue;

import javax.mail.MessagingException;

import org.apache.mailet.Mail;

/** Where a mail is kept that must not be handled, for an operator. */
@FunctionalInterface
public interface Quarantine {

    /**
     * Stores the mail, without reading its message, and publishes that.
     *
     * @throws MessagingException when the mail is not on the disk
     */
    void store(Mail mail) throws MessagingException;
}
