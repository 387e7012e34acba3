package io.relaypod.gateway;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

import javax.mail.MessagingException;

import org.apache.james.core.MailAddress;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueueName;
import org.apache.mailet.Mail;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.relaypod.mime.Edits;

/** The outgoing queue, which says of every mail that comes back to it when it will be tried again, and for whom that is. */
final class LoggedRetries implements MailQueue {

    private static final Logger LOGGER = LoggerFactory.getLogger(LoggedRetries.class);

    private final MailQueue queue;

    LoggedRetries(MailQueue queue) {
        this.queue = queue;
    }

    @Override
    public void enQueue(Mail mail, Duration delay) throws MailQueueException {
        nameOnlyWhoIsLeft(mail);
        queue.enQueue(mail, delay);
        LOGGER.info("event=deferred mail={} rcpts={} retry-in={}", mail.getName(), mail.getRecipients().size(), delay);
    }

    /** Some of its recipients may have got the mail, or were refused, in the try that failed. */
    private static void nameOnlyWhoIsLeft(Mail mail) throws MailQueueException {
        try {
            RawMessage message = RawMessage.of(mail);
            Edits edits = TransactionHeader.edits(message.source(), mail.getRecipients().stream().map(MailAddress::asString).toList());
            if (!edits.isEmpty()) {
                message.replace(out -> edits.apply(message.source(), out));
            }
        } catch (IOException | MessagingException unreadable) {
            throw new MailQueueException("mail " + mail.getName() + " could not be read", unreadable);
        }
    }

    @Override
    public void enQueue(Mail mail, long delay, TimeUnit unit) throws MailQueueException {
        enQueue(mail, Duration.of(delay, unit.toChronoUnit()));
    }

    @Override
    public MailQueueName getName() {
        return queue.getName();
    }

    @Override
    public void enQueue(Mail mail) throws MailQueueException {
        queue.enQueue(mail);
    }

    @Override
    public Publisher<Void> enqueueReactive(Mail mail) {
        return queue.enqueueReactive(mail);
    }

    @Override
    public Publisher<MailQueueItem> deQueue() {
        return queue.deQueue();
    }

    @Override
    public void close() throws IOException {
        queue.close();
    }
}
