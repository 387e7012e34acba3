package io.relaypod.server.queue;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import javax.mail.MessagingException;

import io.relaypod.gateway.RateLimitedMailQueue;
import io.relaypod.quota.QuotaUse;
import io.relaypod.server.queue.MailEnqueuer.NotStoredException;
import io.relaypod.server.queue.broker.Broker;
import io.relaypod.server.queue.broker.BrokerLink;
import io.relaypod.server.queue.broker.BrokerQueue;
import io.relaypod.server.queue.stored.RemovedMail;
import io.relaypod.server.queue.stored.StoredMail;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQNotConnectedException;
import org.apache.activemq.artemis.api.core.ActiveMQObjectClosedException;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.metrics.api.Metric;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.metrics.api.TimeMetric;
import org.apache.james.queue.api.MailPrioritySupport;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.queue.api.MailQueueItemDecoratorFactory;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.queue.api.ManageableMailQueue;
import org.apache.james.server.core.MimeMessageSource;
import org.apache.mailet.Mail;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A mail queue at an Artemis broker. An enqueue returns when the mail is on the disk. A dequeued mail leaves the disk
 * when it is done with {@code SUCCESS}. So after a crash a mail may be delivered twice, but is never lost. Mails of
 * higher priority come first, and those of the same priority in the order in which they became ready. Thread-safe.
 */
public final class ArtemisMailQueue implements ManageableMailQueue, RateLimitedMailQueue, MailPrioritySupport {

    private static final Logger LOGGER = LoggerFactory.getLogger(ArtemisMailQueue.class);

    // A mail that has just failed would probably fail again at once.
    private static final Duration RETRY_PAUSE = Duration.ofSeconds(1);

    private final MailQueueName name;
    private final BrokerLink link;
    private final Broker broker;
    private final FairDequeuer dequeuer;
    private final SlowStart slowStart = new SlowStart();
    private final DelayedMails delayed;
    private final MailEnqueuer enqueuer;
    private final QueueAdministration administration;
    private final MailQueueItemDecoratorFactory decorators;
    private final MetricFactory metrics;
    private final Metric enqueued;
    private final Metric dequeued;

    ArtemisMailQueue(
            MailQueueName name,
            QueueResources resources,
            MailQueueItemDecoratorFactory decorators,
            SenderRateLimiter rateLimiter,
            Clock clock,
            MetricFactory metrics,
            GaugeRegistry gauges) {
        this.name = name;
        this.link = resources.link();
        this.broker = resources.broker();
        this.dequeuer = new FairDequeuer(name, name.equals(MailQueueFactory.SPOOL), resources, this::item);
        this.delayed = new DelayedMails(name, link, broker.isShared(), rateLimiter, slowStart, clock);
        this.enqueuer = new MailEnqueuer(
                link, broker, resources.threads(), resources.memory(), dequeuer, delayed, slowStart, clock);
        this.administration = new QueueAdministration(name, link, delayed, clock);
        this.decorators = decorators;
        this.metrics = metrics;
        this.enqueued = metrics.generate(ENQUEUED_METRIC_NAME_PREFIX + name.asString());
        this.dequeued = metrics.generate(DEQUEUED_METRIC_NAME_PREFIX + name.asString());
        gauges.register(QUEUE_SIZE_METRIC_NAME_PREFIX + name.asString(), this::sizeOrUnknown);
    }

    @Override
    public MailQueueName getName() {
        return name;
    }

    @Override
    public void enQueue(Mail mail) throws MailQueueException {
        enQueue(mail, Duration.ZERO);
    }

    @Override
    public void enQueue(Mail mail, Duration delay) throws MailQueueException {
        enQueue(mail, () -> enqueuer.enqueue(mail, delay));
    }

    @Override
    public void enQueueForSender(QuotaUse use, Mail mail) throws MailQueueException {
        delayed.store(use.mailbox(), queue -> enQueue(mail, () -> enqueuer.enqueue(mail, use, queue)));
    }

    @Override
    public void enQueueForTenant(QuotaUse use, Mail mail) throws MailQueueException {
        delayed.store(WaitingQueues.TENANT, queue -> enQueue(mail, () -> enqueuer.enqueue(mail, use, queue)));
    }

    @Override
    public boolean hasWaitingForTenant() {
        return delayed.hasWaiting(WaitingQueues.TENANT);
    }

    @Override
    public boolean hasWaiting(String mailbox) {
        return delayed.hasWaiting(mailbox);
    }

    /** Stores a mail. */
    private interface EnqueueAction {

        void run() throws NotStoredException;
    }

    private void enQueue(Mail mail, EnqueueAction storing) throws MailQueueException {
        TimeMetric timer = enqueueTimer();
        try {
            storing.run();
            enqueued.increment();
        } catch (NotStoredException failure) {
            throw notStored(mail, failure);
        } finally {
            timer.stopAndPublish();
        }
    }

    private TimeMetric enqueueTimer() {
        return metrics.timer(ENQUEUED_TIMER_METRIC_NAME_PREFIX + name.asString());
    }

    /**
     * Stores a mail that is stored nowhere else. Waits at most for the broker's timeout until the broker is available.
     *
     * @return fails with a {@link MailQueueException} within that time
     */
    @Override
    public Publisher<Void> enqueueReactive(Mail mail) {
        return Mono.defer(() -> {
            TimeMetric timer = enqueueTimer();
            try {
                // The body is closed when the broker answers, also if the subscriber has cancelled.
                return Mono.fromFuture(enqueuer.store(mail).thenRun(enqueued::increment), true)
                        .doFinally(end -> timer.stopAndPublish())
                        .timeout(broker.timeout())
                        .onErrorMap(failure -> notStored(mail, new ExecutionException(failure)));
            } catch (IOException | MessagingException failure) {
                return Mono.error(notStored(mail, failure));
            }
        });
    }

    private MailQueueException notStored(Mail mail, Exception failure) {
        return new MailQueueException(
                "mail " + mail.getName() + " could not be stored in queue " + name.asString(), failure);
    }

    @Override
    public Flux<MailQueueItem> deQueue() {
        return dequeuer.mails();
    }

    private MailQueueItem item(MessageInFlight received, MimeMessageSource body)
            throws MessagingException, IOException {
        MailQueueItem item = decorators.decorate(
                new DequeuedMail(StoredMail.read(received.message(), body), new DequeuedMail.Ending() {
                    @Override
                    public void remove() throws MailQueueException {
                        ArtemisMailQueue.this.remove(received);
                    }

                    @Override
                    public void putBack() throws MailQueueException {
                        ArtemisMailQueue.this.putBack(received, body);
                    }

                    @Override
                    public void held() {
                        received.held();
                    }

                    @Override
                    public void over(boolean hasSucceeded) {
                        received.done(hasSucceeded);
                    }
                }),
                name);
        dequeued.increment();
        return item;
    }

    private void remove(MessageInFlight received) throws MailQueueException {
        try {
            received.acknowledge();
            slowStart.done();
        } catch (ActiveMQException failure) {
            if (!received.isLost()) {
                throw new MailQueueException(
                        "mail " + StoredMail.name(received.message()) + " could not be removed", failure);
            }
            // After an error James would store a further copy beside the one that the broker redelivers.
            LOGGER.warn(
                    "event=given-again queue={} queue-id={} reason=\"the connection broke while the mail was in flight\"",
                    name.asString(),
                    StoredMail.name(received.message()));
        }
    }

    private void putBack(MessageInFlight received, MimeMessageSource body) throws MailQueueException {
        if (received.isLost()) {
            return;
        }
        ClientMessage message = received.message();
        try {
            enqueuer.enqueueAgain(message, RETRY_PAUSE, session -> StoredMail.copy(message, body, session));
            remove(received);
        } catch (NotStoredException failure) {
            throw new MailQueueException("mail " + StoredMail.name(message) + " could not be put back", failure);
        }
    }

    /** Releases the mails that are due. Called by the factory's clock. */
    void releaseDue() {
        administer(() -> {
            dequeuer.readAll(delayed.discoverIfDue());
            return delayed.release();
        });
    }

    /** Finds the queues that an earlier process left. Called before any mail is enqueued. */
    void discover() {
        administer(() -> {
            List<BrokerQueue> found = delayed.discoverIfDue();
            dequeuer.readAll(found);
            return found;
        });
    }

    private void administer(DelayedMails.Action<?> action) {
        if (!link.isUp()) {
            return;
        }
        try {
            action.run();
        } catch (ActiveMQNotConnectedException | ActiveMQObjectClosedException away) {
            LOGGER.debug("the broker went away while mails of queue {} were made ready", name.asString(), away);
        } catch (ActiveMQException
                | IOException
                | MessagingException
                | RuntimeException
                | StackOverflowError
                | LinkageError failure) {
            LOGGER.error("event=release-failed queue={} reason=\"{}\"", name.asString(), failure.getMessage(), failure);
        }
    }

    /** {@inheritDoc} A mail that is released meanwhile may be counted twice, or not at all. */
    @Override
    public long getSize() throws MailQueueException {
        return administration.size();
    }

    private long sizeOrUnknown() {
        try {
            return getSize();
        } catch (MailQueueException unknown) {
            LOGGER.debug("size of queue {} is unknown", name.asString(), unknown);
            return -1;
        }
    }

    /**
     * When the oldest mail was received, among the heads of the ready and retry queues. Behind a head there may be a
     * mail that is a little older, since retry queues are in the order of delivery attempts. Mails in flight and in
     * per-sender queues do not count: {@link #perSenderBacklog} reports the latter.
     */
    public Optional<Instant> oldest() throws MailQueueException {
        return administration.oldest();
    }

    /** The mails in per-sender queues. */
    public PerSenderBacklog perSenderBacklog() throws MailQueueException {
        return administration.perSenderBacklog();
    }

    /** How many of the due mails may be ready at a time. */
    public int releaseWindow() {
        return slowStart.current();
    }

    @Override
    public long flush() throws MailQueueException {
        return administration.flush();
    }

    /**
     * Makes a mail and its copies ready that wait for a retry.
     *
     * @param queueId of the mail, or of one copy
     * @return which mails were made ready, and which keep waiting for their mailbox's rate
     */
    public RetryResult retry(String queueId) throws MailQueueException {
        return administration.retry(queueId);
    }

    @Override
    public long clear() throws MailQueueException {
        return clear(mail -> {});
    }

    /**
     * Removes all mails and reports each. A mail that is dequeued at the same moment is reported and goes on.
     *
     * @param removed receives each mail just before its removal
     */
    public long clear(Consumer<RemovedMail> removed) throws MailQueueException {
        return administration.clear(removed);
    }

    @Override
    public long remove(Type type, String value) throws MailQueueException {
        return remove(type, value, mail -> {});
    }

    /** Removes mails and reports each, as {@link #clear(Consumer)} does. */
    public long remove(Type type, String value, Consumer<RemovedMail> removed) throws MailQueueException {
        return administration.remove(type, value, removed);
    }

    @Override
    public MailQueueIterator browse() throws MailQueueException {
        return administration.browse();
    }

    /** Does nothing: James closes a queue more often than it opens one. The factory closes it at the end. */
    @Override
    public void close() {
        LOGGER.debug("queue {} stays open until its factory is closed", name.asString());
    }

    /** Passes on no more mails. */
    void stop() {
        dequeuer.stop();
    }

    /** Mails in flight. */
    int mailsInFlight() {
        return dequeuer.inFlight();
    }

    /** Returns the mails in flight to the broker. */
    CompletableFuture<Void> disconnect(Executor closing) {
        return dequeuer.disconnect(closing);
    }
}
