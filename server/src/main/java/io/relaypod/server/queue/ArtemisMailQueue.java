package io.relaypod.server.queue;

import java.io.IOException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

import javax.mail.MessagingException;

import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.activemq.artemis.api.core.client.ClientSessionFactory;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.metrics.api.Metric;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.metrics.api.TimeMetric;
import org.apache.james.queue.api.MailPrioritySupport;
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
 * A mail queue at an Artemis broker. An enqueue returns when the mail is on the disk; a dequeued mail leaves it when it is done with
 * {@code SUCCESS}, so that a crash delivers a mail twice rather than never. Mails of higher priority come first, those of the same
 * priority in the order in which they became ready. Thread-safe.
 */
public final class ArtemisMailQueue implements ManageableMailQueue, MailPrioritySupport {

    private static final Logger LOGGER = LoggerFactory.getLogger(ArtemisMailQueue.class);

    private static final Duration CONFIRMATION_TIMEOUT = Duration.ofSeconds(30);
    // What failed at once would fail at once again.
    private static final Duration RETRY_PAUSE = Duration.ofSeconds(1);
    private static final Instant END_OF_TIME = Instant.ofEpochMilli(Long.MAX_VALUE);

    private final BrokerQueue ready;
    private final ClientSessionFactory connection;
    private final Enqueuer enqueuer;
    private final Dequeuer dequeuer;
    private final DelayedMails delayed;
    private final QueueConsole console;
    private final MailQueueItemDecoratorFactory decorators;
    private final Clock clock;
    private final MetricFactory metrics;
    private final Metric enqueued;
    private final Metric dequeued;

    ArtemisMailQueue(MailQueueName name, Collection<BrokerQueue> found, Connections connections, Executor threads,
                     MailQueueItemDecoratorFactory decorators, Clock clock, MetricFactory metrics, GaugeRegistry gauges) {
        this.ready = BrokerQueue.ready(name);
        this.connection = connections.administering();
        this.enqueuer = connections.enqueuer();
        this.dequeuer = new Dequeuer(connections.dequeuing(), ready.name(), threads, this::item);
        this.delayed = new DelayedMails(name, found, connections.administering(), clock);
        this.console = connections.console();
        this.decorators = decorators;
        this.clock = clock;
        this.metrics = metrics;
        this.enqueued = metrics.generate(ENQUEUED_METRIC_NAME_PREFIX + name.asString());
        this.dequeued = metrics.generate(DEQUEUED_METRIC_NAME_PREFIX + name.asString());
        gauges.register(QUEUE_SIZE_METRIC_NAME_PREFIX + name.asString(), this::sizeOrUnknown);
    }

    @Override
    public MailQueueName getName() {
        return ready.mails();
    }

    @Override
    public void enQueue(Mail mail) throws MailQueueException {
        enQueue(mail, Duration.ZERO);
    }

    @Override
    public void enQueue(Mail mail, Duration delay) throws MailQueueException {
        TimeMetric timer = metrics.timer(ENQUEUED_TIMER_METRIC_NAME_PREFIX + ready.mails().asString());
        try {
            store(mail, delay).get(CONFIRMATION_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException failure) {
            throw notStored(mail, failure);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw notStored(mail, stopped);
        } finally {
            timer.stopAndPublish();
        }
    }

    @Override
    public Publisher<Void> enqueueReactive(Mail mail) {
        return Mono.defer(() -> {
            try {
                return Mono.fromFuture(store(mail, Duration.ZERO)).timeout(CONFIRMATION_TIMEOUT)
                    .onErrorMap(failure -> notStored(mail, new ExecutionException(failure)));
            } catch (MailQueueException refused) {
                return Mono.error(refused);
            }
        });
    }

    private CompletableFuture<Void> store(Mail mail, Duration delay) throws MailQueueException {
        try (MailBody body = MailBody.of(mail.getMessage())) {
            CompletableFuture<Void> stored = put(delay, body.isLarge(), session -> {
                ClientMessage message = session.createMessage(true);
                StoredMail.writeEnvelope(mail, message);
                StoredMail.writeBody(body, message);
                return message;
            });
            return stored.thenRun(enqueued::increment);
        } catch (ActiveMQException | IOException | MessagingException failure) {
            throw notStored(mail, failure);
        }
    }

    private CompletableFuture<Void> put(Duration delay, boolean isLarge, Enqueuer.Writer writer) throws ActiveMQException, IOException {
        if (delay.isZero() || delay.isNegative()) {
            return enqueuer.send(ready.name(), isLarge, writer);
        }
        BrokerQueue lane = delayed.lane(delay);
        Instant due = due(lane.delay());
        return enqueuer.send(lane.name(), isLarge, session -> {
            ClientMessage message = writer.write(session);
            StoredMail.writeDue(due, message);
            return message;
        }).thenRun(() -> delayed.added(lane, due));
    }

    private Instant due(Duration delay) {
        try {
            Instant due = clock.instant().plus(delay);
            return due.isBefore(END_OF_TIME) ? due : END_OF_TIME;
        } catch (ArithmeticException | DateTimeException never) {
            return END_OF_TIME;
        }
    }

    private MailQueueException notStored(Mail mail, Exception failure) {
        return new MailQueueException("mail " + mail.getName() + " could not be stored in queue " + ready.mails().asString(), failure);
    }

    @Override
    public Flux<MailQueueItem> deQueue() {
        return dequeuer.mails();
    }

    private MailQueueItem item(ClientMessage message, MimeMessageSource body) throws MessagingException, IOException {
        MailQueueItem item = decorators.decorate(new DequeuedMail(StoredMail.read(message, body), new DequeuedMail.Ending() {
            @Override
            public void remove() throws MailQueueException {
                ArtemisMailQueue.this.remove(message);
            }

            @Override
            public void putBack() throws MailQueueException {
                ArtemisMailQueue.this.putBack(message, body);
            }

            @Override
            public void over() {
                dequeuer.done();
            }
        }), ready.mails());
        dequeued.increment();
        return item;
    }

    private void remove(ClientMessage message) throws MailQueueException {
        try {
            dequeuer.acknowledge(message);
        } catch (ActiveMQException failure) {
            throw new MailQueueException("mail " + StoredMail.name(message) + " could not be removed", failure);
        }
    }

    private void putBack(ClientMessage message, MimeMessageSource body) throws MailQueueException {
        try {
            put(RETRY_PAUSE, message.isLargeMessage(), session -> StoredMail.copy(message, body, session))
                .get(CONFIRMATION_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            remove(message);
        } catch (ActiveMQException | IOException | ExecutionException | TimeoutException failure) {
            throw new MailQueueException("mail " + StoredMail.name(message) + " could not be put back", failure);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new MailQueueException("mail " + StoredMail.name(message) + " could not be put back", stopped);
        }
    }

    /** Makes ready what is due by now. Called by the factory's clock. */
    void releaseDue() {
        try {
            delayed.release();
        } catch (ActiveMQException | IOException | MessagingException | RuntimeException failure) {
            LOGGER.error("event=release-failed queue={} reason=\"{}\"", ready.mails().asString(), failure.getMessage(), failure);
        }
    }

    @Override
    public long getSize() throws MailQueueException {
        try (ClientSession session = connection.createSession()) {
            long size = 0;
            for (BrokerQueue queue : (Iterable<BrokerQueue>) queues()::iterator) {
                size += session.queueQuery(queue.name()).getMessageCount();
            }
            return size;
        } catch (ActiveMQException failure) {
            throw new MailQueueException("queue " + ready.mails().asString() + " could not be counted", failure);
        }
    }

    /**
     * When the oldest mail was received among those at the head of each line: what is ready, and what waits equally long. A mail behind a
     * head may be a little older, as the lines are in the order of tries; mails in hand do not count.
     */
    public Optional<Instant> oldest() throws MailQueueException {
        try (ClientSession session = connection.createSession()) {
            session.start();
            Optional<Instant> oldest = Optional.empty();
            for (BrokerQueue queue : (Iterable<BrokerQueue>) queues()::iterator) {
                Optional<Instant> head = QueueReader.browsing(queue, session).next().map(StoredMail::name).flatMap(QueueId::receivedAt);
                oldest = Stream.of(oldest, head).flatMap(Optional::stream).min(Comparator.naturalOrder());
            }
            return oldest;
        } catch (ActiveMQException failure) {
            throw new MailQueueException("queue " + ready.mails().asString() + " could not be looked at", failure);
        }
    }

    private long sizeOrUnknown() {
        try {
            return getSize();
        } catch (MailQueueException unknown) {
            LOGGER.warn("event=size-unknown queue={} reason=\"{}\"", ready.mails().asString(), unknown.getMessage());
            return -1;
        }
    }

    @Override
    public long flush() throws MailQueueException {
        return administer("flushed", delayed::releaseAll);
    }

    @Override
    public long clear() throws MailQueueException {
        return administer("cleared", () -> {
            long removed = 0;
            for (BrokerQueue queue : (Iterable<BrokerQueue>) queues()::iterator) {
                removed += console.clear(queue);
            }
            return removed;
        });
    }

    @Override
    public long remove(Type type, String value) throws MailQueueException {
        return administer("searched", () -> {
            long removed = 0;
            for (BrokerQueue queue : (Iterable<BrokerQueue>) queues()::iterator) {
                removed += console.remove(queue, type, value);
            }
            return removed;
        });
    }

    @Override
    public MailQueueIterator browse() throws MailQueueException {
        return administer("listed", () -> new QueueListing(connection, queues().toList()));
    }

    private Stream<BrokerQueue> queues() {
        return Stream.concat(Stream.of(ready), delayed.queues().stream());
    }

    private <T> T administer(String what, DelayedMails.Action<T> administration) throws MailQueueException {
        try {
            return delayed.undisturbed(administration);
        } catch (ActiveMQException | IOException | MessagingException failure) {
            throw new MailQueueException("queue " + ready.mails().asString() + " could not be " + what, failure);
        }
    }

    /** Does nothing: James closes a queue more often than it opens one. The factory closes it at the end. */
    @Override
    public void close() {
        LOGGER.debug("queue {} stays open until its factory is closed", ready.mails().asString());
    }

    /** Gives no more mails to those who dequeue. */
    void stop() {
        dequeuer.stop();
    }

    /** Mails that were dequeued and are not done. */
    int mailsInHand() {
        return dequeuer.inHand();
    }

    /** Gives what is in hand back to the broker. */
    void disconnect() {
        try {
            dequeuer.close();
        } catch (ActiveMQException closed) {
            LOGGER.debug("queue {} was closed already", ready.mails().asString(), closed);
        }
    }
}
