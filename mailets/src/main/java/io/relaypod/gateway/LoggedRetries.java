package io.relaypod.gateway;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

import javax.mail.MessagingException;

import org.apache.james.core.MailAddress;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueueName;
import org.apache.mailet.Mail;
import org.reactivestreams.Publisher;

import io.relaypod.events.MailEvent.Deferred;
import io.relaypod.events.MailEvent.Delivered;
import io.relaypod.events.MailEvents;
import io.relaypod.mime.Edits;
import reactor.core.publisher.Flux;

/** The outgoing queue, which says of every mail that comes back to it when it will be tried again, and for whom that is. */
final class LoggedRetries implements MailQueue {

    private final MailQueue queue;
    private final MailEvents events;

    LoggedRetries(MailQueue queue, MailEvents events) {
        this.queue = queue;
        this.events = events;
    }

    @Override
    public void enQueue(Mail mail, Duration delay) throws MailQueueException {
        nameOnlyWhoIsLeft(mail);
        queue.enQueue(mail, delay);
        events.tell(new Deferred(mail.getName(), mail.getRecipients().stream().map(MailAddress::asString).toList(), "", delay));
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
        return Flux.from(queue.deQueue()).doOnNext(this::report);
    }

    // Whoever sends a message is made by Jakarta Mail, and knows nothing but the message.
    private void report(MailQueueItem item) {
        Mail mail = item.getMail();
        try {
            if (mail.getMessage() instanceof VerbatimMessage message) {
                message.onDelivered((recipients, gateway, reply) -> events.tell(new Delivered(mail.getName(), recipients, gateway, reply)));
            }
        } catch (MessagingException unreadable) {
            throw new IllegalStateException("mail " + mail.getName() + " cannot be read", unreadable);
        }
    }

    @Override
    public void close() throws IOException {
        queue.close();
    }
}
