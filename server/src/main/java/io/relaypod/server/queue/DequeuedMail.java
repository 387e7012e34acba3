package io.relaypod.server.queue;

import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.queue.api.MailQueue.MailQueueItem;
import org.apache.james.server.core.MailImpl;
import org.apache.mailet.Mail;

/** A mail in hand. It stays on the disk until it is done. */
final class DequeuedMail implements MailQueueItem {

    /** What becomes of the mail in its queue. */
    interface Ending {

        void remove() throws MailQueueException;

        void putBack() throws MailQueueException;

        /**
         * The mail is in hand no more.
         *
         * @param isWell whether that became of it what should
         */
        void over(boolean isWell);
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

    /**
     * Puts it back as it was dequeued, unless all went well: what James rejects is still a mail that somebody was told
     * {@code 250} for.
     */
    @Override
    public void done(CompletionStatus status) throws MailQueueException {
        boolean isWell = false;
        try {
            if (status == CompletionStatus.SUCCESS) {
                ending.remove();
            } else {
                ending.putBack();
            }
            isWell = true;
        } finally {
            ending.over(isWell);
        }
    }
}
