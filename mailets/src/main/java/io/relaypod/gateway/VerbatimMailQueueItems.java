package io.relaypod.gateway;

import javax.mail.MessagingException;

import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.queue.api.MailQueue.MailQueueItem;
import org.apache.james.queue.api.MailQueueItemDecoratorFactory;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.server.core.MailImpl;
import org.apache.mailet.Mail;

/** Gives every mail that leaves a queue a message that mailets can change without side effects. Thread-safe. */
public final class VerbatimMailQueueItems implements MailQueueItemDecoratorFactory {

    @Override
    public MailQueueItemDecorator decorate(MailQueueItem item, MailQueueName queue) {
        return new Item(item);
    }

    private static final class Item extends MailQueueItemDecorator {

        Item(MailQueueItem item) {
            super(item);
            if (item.getMail() instanceof MailImpl mail) {
                makeVerbatim(mail);
            }
        }

        private static void makeVerbatim(MailImpl mail) {
            try {
                if (!(mail.getMessage() instanceof VerbatimMessage)) {
                    mail.setMessageNoCopy(new VerbatimMessage(mail.getMessage()));
                }
            } catch (MessagingException unreadable) {
                throw new IllegalStateException("mail " + mail.getName() + " cannot be read from its queue", unreadable);
            }
        }

        @Override
        public Mail getMail() {
            return mailQueueItem.getMail();
        }

        @Override
        public void done(CompletionStatus status) throws MailQueueException {
            mailQueueItem.done(status);
        }
    }
}
