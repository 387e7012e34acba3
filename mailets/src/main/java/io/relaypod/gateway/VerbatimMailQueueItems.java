package io.relaypod.gateway;

import javax.mail.MessagingException;

import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.queue.api.MailQueue.MailQueueItem;
import org.apache.james.queue.api.MailQueueItemDecoratorFactory;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.server.core.MailImpl;
import org.apache.mailet.Mail;

/** Wraps the message of each dequeued mail in a {@link VerbatimMessage}. Thread-safe. */
public final class VerbatimMailQueueItems implements MailQueueItemDecoratorFactory {

    @Override
    public MailQueueItemDecorator decorate(MailQueueItem item, MailQueueName queue) {
        return new Item(item);
    }

    /**
     * Wraps the message of a mail that James created, by receiving or by copying it.
     *
     * @throws MessagingException if its message cannot be read
     */
    public static void makeVerbatim(Mail mail) throws MessagingException {
        if (mail instanceof MailImpl james && !(mail.getMessage() instanceof VerbatimMessage)) {
            james.setMessageNoCopy(new VerbatimMessage(mail.getMessage()));
        }
    }

    private static final class Item extends MailQueueItemDecorator implements HeldMailQueueItem {

        Item(MailQueueItem item) {
            super(item);
            try {
                makeVerbatim(item.getMail());
            } catch (MessagingException unreadable) {
                throw new IllegalStateException(
                        "mail " + item.getMail().getName() + " cannot be read from its queue", unreadable);
            }
        }

        @Override
        public Mail getMail() {
            return mailQueueItem.getMail();
        }

        @Override
        public void held() {
            if (mailQueueItem instanceof HeldMailQueueItem item) {
                item.held();
            }
        }

        @Override
        public void done(CompletionStatus status) throws MailQueueException {
            mailQueueItem.done(status);
        }
    }
}
