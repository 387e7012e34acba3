package io.relaypod.server.queue;

import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import javax.mail.MessagingException;

import io.relaypod.quota.QuotaKind;
import io.relaypod.quota.QuotaUse;
import io.relaypod.server.queue.broker.BrokerConnection;
import io.relaypod.server.queue.broker.BrokerQueue;
import io.relaypod.server.queue.broker.QueueReader;
import io.relaypod.server.queue.stored.StoredMail;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.james.queue.api.ManageableMailQueue.MailQueueIterator;
import org.apache.james.server.core.MailImpl;
import org.apache.mailet.Mail;

/**
 * What is in a queue, page by page from the broker: first what is ready, by priority, then what waits, the next first;
 * when it is the turn of what waits for that is foretold. Mails in hand are not shown. Large mails come without their
 * message: it stays on the disk. Closes itself at the end. For one thread.
 */
final class QueueListing implements MailQueueIterator {

    private final DelayedMails delayed;
    private final Clock clock;
    private final ClientSession session;
    private final Map<String, Long> inLine = new HashMap<>();
    private final Map<String, QuotaUse> recipients = new HashMap<>();
    private final PriorityQueue<ListedMail> heads = new PriorityQueue<>(Comparator.comparing(ListedMail::isWaiting)
            .thenComparing(ListedMail::due)
            .thenComparing(ListedMail::messageId));

    QueueListing(BrokerConnection connection, Collection<BrokerQueue> queues, DelayedMails delayed, Clock clock)
            throws ActiveMQException {
        this.delayed = delayed;
        this.clock = clock;
        this.session = connection.session();
        session.start();
        for (BrokerQueue queue : queues) {
            read(QueueReader.browsing(queue, session));
        }
    }

    /** @param reached the quota that the mail and those before it would exceed */
    private record ListedMail(QueueReader queue, ClientMessage message, Instant due, Optional<QuotaKind> reached) {

        boolean isWaiting() {
            return queue.queue().isWaiting();
        }

        long messageId() {
            return message.getMessageID();
        }
    }

    private void read(QueueReader queue) throws ActiveMQException {
        queue.next().ifPresent(message -> heads.add(listed(queue, message)));
    }

    private ListedMail listed(QueueReader queue, ClientMessage message) {
        Optional<QuotaUse> all = StoredMail.quotaUse(message, queue.queue())
                .map(use -> recipients.merge(use.mailbox(), use, QuotaUse::plus));
        Instant due = all.map(use ->
                        clock.instant().plus(delayed.untilSlot(use, inLine.merge(use.mailbox(), 1L, Long::sum) - 1)))
                .orElseGet(() -> delayed.due(queue.queue(), message));
        return new ListedMail(queue, message, due, all.flatMap(delayed::reached));
    }

    @Override
    public boolean hasNext() {
        if (heads.isEmpty()) {
            close();
        }
        return !heads.isEmpty();
    }

    @Override
    public QueuedMailView next() {
        if (heads.isEmpty()) {
            throw new NoSuchElementException("the queue has no more mails");
        }
        ListedMail head = heads.remove();
        try {
            QueuedMailView view = view(head);
            read(head.queue());
            return view;
        } catch (ActiveMQException unreadable) {
            throw new IllegalStateException(
                    "queue " + head.queue().queue().mails().asString() + " cannot be listed", unreadable);
        }
    }

    private QueuedMailView view(ListedMail head) throws ActiveMQException {
        BrokerQueue queue = head.queue().queue();
        OptionalLong size = StoredMail.messageSize(head.message());
        Mail mail = listed(head.message());
        return new QueuedMailView(
                mail,
                Optional.of(head.due()).filter(due -> head.isWaiting()),
                size,
                QueueWait.of(
                        mail,
                        queue,
                        StoredMail.mailbox(head.message(), queue),
                        head.reached(),
                        head.due(),
                        clock.instant()));
    }

    // It may be what was set aside for that.
    private static Mail listed(ClientMessage message) throws ActiveMQException {
        try {
            return StoredMail.readListed(message);
        } catch (MessagingException | IOException | RuntimeException unreadable) {
            return MailImpl.builder()
                    .name(StoredMail.name(message))
                    .errorMessage("unreadable: " + unreadable.getMessage())
                    .build();
        }
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (ActiveMQException closed) {
            heads.clear();
        }
    }
}
