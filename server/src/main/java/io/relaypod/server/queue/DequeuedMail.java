package io.relaypod.server.queue;

import io.relaypod.gateway.HeldMailQueueItem;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.server.core.MailImpl;
import org.apache.mailet.Mail;

/** A mail in flight. It stays on the disk until it is done. */
final class DequeuedMail implements HeldMailQueueItem {

    /** The effect of the result on the mail in its queue. */
    interface Ending {

        void remove() throws MailQueueException;

        void putBack() throws MailQueueException;

        /** The work on the mail has ended, and it is not done yet. */
        void held();

        /**
         * The mail is no longer in flight.
         *
         * @param hasSucceeded whether it was removed or put back
         */
        void over(boolean hasSucceeded);
    }

    private final MailImpl mail;
    private final Ending ending;

    DequeuedMail(MailImpl mail, Ending ending) {
        this.mail = mail;
        this.ending = ending;
    }

    @Override
    public Mail getMail() {
        return mail;
    }

    @Override
    public void held() {
        ending.held();
    }

    /**
     * Removes the mail if it succeeded, and otherwise puts it back as it was dequeued: a mail that James rejects was
     * still accepted with {@code 250}.
     */
    @Override
    public void done(CompletionStatus status) throws MailQueueException {
        boolean hasSucceeded = false;
        try {
            if (status == CompletionStatus.SUCCESS) {
                ending.remove();
            } else {
                ending.putBack();
            }
            hasSucceeded = true;
        } finally {
            ending.over(hasSucceeded);
        }
    }
}
