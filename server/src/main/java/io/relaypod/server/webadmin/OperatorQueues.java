package io.relaypod.server.webadmin;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import javax.inject.Inject;

import io.relaypod.events.LogText;
import io.relaypod.events.MailEvent.MailFailed;
import io.relaypod.events.MailEvent.MailRemoved;
import io.relaypod.events.MailEvent.MailReprocessed;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.server.queue.ArtemisMailQueue;
import io.relaypod.server.queue.ArtemisMailQueueFactory;
import io.relaypod.server.queue.RetryResult;
import io.relaypod.server.queue.stored.RemovedMail;
import org.apache.james.core.MailAddress;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.queue.api.ManageableMailQueue;
import org.apache.mailet.Mail;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * The queues for an operator's changes. Each change to a mail is published as an event, so that the trace has it.
 * Thread-safe.
 */
public final class OperatorQueues implements MailQueueFactory<ManageableMailQueue> {

    private static final Logger LOGGER = LoggerFactory.getLogger(OperatorQueues.class);

    static final String BY_AN_OPERATOR = "by an operator";

    private final ArtemisMailQueueFactory queues;
    private final MailEventPublisher events;

    @Inject
    public OperatorQueues(ArtemisMailQueueFactory queues, MailEventPublisher events) {
        this.queues = queues;
        this.events = events;
    }

    @Override
    public Optional<ManageableMailQueue> getQueue(MailQueueName name, PrefetchCount count) {
        return queues.getQueue(name, count).map(ReportedQueue::new);
    }

    @Override
    public ManageableMailQueue createQueue(MailQueueName name, PrefetchCount count) {
        return new ReportedQueue(queues.createQueue(name, count));
    }

    @Override
    public Set<MailQueueName> listCreatedMailQueues() {
        return queues.listCreatedMailQueues();
    }

    /**
     * Makes a mail and its copies ready that wait for a retry.
     *
     * @return empty if there is no such queue
     */
    Optional<RetryResult> retry(MailQueueName name, String queueId) throws MailQueueException {
        Optional<ArtemisMailQueue> queue = queues.getQueue(name);
        if (queue.isEmpty()) {
            return Optional.empty();
        }
        RetryResult result = queue.get().retry(queueId);
        if (result.ready() > 0) {
            LOGGER.info(
                    "event=tried-now queue={} queue-id={} mails={} reason=\"{}\"",
                    name.asString(),
                    LogText.value(queueId),
                    result.ready(),
                    BY_AN_OPERATOR);
        }
        return Optional.of(result);
    }

    static List<String> addresses(Mail mail) {
        return mail.getRecipients().stream().map(MailAddress::asString).toList();
    }

    private final class ReportedQueue implements ManageableMailQueue {

        private final ArtemisMailQueue queue;

        ReportedQueue(ArtemisMailQueue queue) {
            this.queue = queue;
        }

        @Override
        public MailQueueName getName() {
            return queue.getName();
        }

        @Override
        public void enQueue(Mail mail) throws MailQueueException {
            enQueue(mail, Duration.ZERO);
        }

        /**
         * Enqueues a mail of a repository. The event is published first, since the mail may be delivered before this
         * returns.
         */
        @Override
        public void enQueue(Mail mail, Duration delay) throws MailQueueException {
            reportResent(mail);
            try {
                queue.enQueue(mail, delay);
            } catch (MailQueueException notQueued) {
                reportNotResent(mail, notQueued);
                throw notQueued;
            }
        }

        /** Does the same as {@link #enQueue(Mail, Duration)} at the subscription. */
        @Override
        public Publisher<Void> enqueueReactive(Mail mail) {
            return Mono.defer(() -> {
                reportResent(mail);
                return Mono.from(queue.enqueueReactive(mail)).doOnError(notQueued -> reportNotResent(mail, notQueued));
            });
        }

        private void reportResent(Mail mail) {
            events.publish(
                    new MailReprocessed(mail.getName(), mail.getMaybeSender().asString(""), addresses(mail)));
        }

        private void reportNotResent(Mail mail, Throwable notQueued) {
            events.publish(new MailFailed(
                    mail.getName(),
                    mail.getMaybeSender().asString(""),
                    addresses(mail),
                    "it could not be sent again: " + notQueued.getMessage()));
        }

        @Override
        public Publisher<MailQueueItem> deQueue() {
            return queue.deQueue();
        }

        @Override
        public long getSize() throws MailQueueException {
            return queue.getSize();
        }

        @Override
        public long flush() throws MailQueueException {
            long mails = queue.flush();
            LOGGER.info(
                    "event=tried-now queue={} mails={} reason=\"{}\"", getName().asString(), mails, BY_AN_OPERATOR);
            return mails;
        }

        @Override
        public long clear() throws MailQueueException {
            return queue.clear(removed());
        }

        @Override
        public long remove(Type type, String value) throws MailQueueException {
            return queue.remove(type, value, removed());
        }

        private Consumer<RemovedMail> removed() {
            return mail -> events.publish(new MailRemoved(
                    mail.queueId(), mail.sender(), mail.recipients(), getName().asString(), BY_AN_OPERATOR));
        }

        @Override
        public MailQueueIterator browse() throws MailQueueException {
            return queue.browse();
        }

        @Override
        public void close() throws IOException {
            queue.close();
        }
    }
}
