package io.relaypod.server.queue;

import java.io.IOException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.mail.MessagingException;

import com.google.common.base.Throwables;
import com.google.common.collect.Lists;
import com.google.common.util.concurrent.Uninterruptibles;
import io.relaypod.events.QueueId;
import io.relaypod.gateway.RateLimitedMailQueue;
import io.relaypod.server.queue.Dequeuer.Received;
import io.relaypod.server.queue.broker.Broker;
import io.relaypod.server.queue.broker.BrokerConnections;
import io.relaypod.server.queue.broker.BrokerLink;
import io.relaypod.server.queue.broker.BrokerQueue;
import io.relaypod.server.queue.broker.Enqueuer;
import io.relaypod.server.queue.broker.QueueReader;
import io.relaypod.server.queue.inflight.InFlightMails;
import io.relaypod.server.queue.stored.MailBody;
import io.relaypod.server.queue.stored.MailFilter;
import io.relaypod.server.queue.stored.RemovedMail;
import io.relaypod.server.queue.stored.StoredEnvelope;
import io.relaypod.server.queue.stored.StoredMail;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQExceptionType;
import org.apache.activemq.artemis.api.core.ActiveMQNotConnectedException;
import org.apache.activemq.artemis.api.core.ActiveMQObjectClosedException;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientSession;
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
 * A mail queue at an Artemis broker. An enqueue returns when the mail is on the disk; a dequeued mail leaves it when it
 * is done with {@code SUCCESS}, so that a crash delivers a mail twice rather than never. Mails of higher priority come
 * first, those of the same priority in the order in which they became ready. Thread-safe.
 */
public final class ArtemisMailQueue implements ManageableMailQueue, RateLimitedMailQueue, MailPrioritySupport {

    private static final Logger LOGGER = LoggerFactory.getLogger(ArtemisMailQueue.class);

    // For a mail that has another way to go on: whoever moves it has it in hand, and would only move it again.
    private static final Duration CONFIRMATION_TIMEOUT = Duration.ofSeconds(30);
    // What failed at once would fail at once again.
    private static final Duration RETRY_PAUSE = Duration.ofSeconds(1);
    // Until the link has noticed what a sender has.
    private static final Executor SOON = CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS);
    private static final Set<ActiveMQExceptionType> BROKEN = EnumSet.of(
            ActiveMQExceptionType.NOT_CONNECTED,
            ActiveMQExceptionType.UNBLOCKED,
            ActiveMQExceptionType.OBJECT_CLOSED,
            ActiveMQExceptionType.DISCONNECTED,
            ActiveMQExceptionType.REMOTE_DISCONNECT,
            ActiveMQExceptionType.CONNECTION_TIMEDOUT);
    private static final Instant END_OF_TIME = Instant.ofEpochMilli(Long.MAX_VALUE);

    private final BrokerQueue ready;
    private final BrokerLink link;
    private final Broker broker;
    private final Executor threads;
    private final Dequeuer dequeuer;
    private final SlowStart slowStart = new SlowStart();
    private final DelayedMails delayed;
    private final MailQueueItemDecoratorFactory decorators;
    private final Clock clock;
    private final MetricFactory metrics;
    private final Metric enqueued;
    private final Metric dequeued;

    ArtemisMailQueue(
            MailQueueName name,
            BrokerLink link,
            Broker broker,
            Executor threads,
            MailQueueItemDecoratorFactory decorators,
            SenderRateLimiter pace,
            InFlightMails inFlight,
            Quarantine quarantine,
            Clock clock,
            MetricFactory metrics,
            GaugeRegistry gauges) {
        this.ready = BrokerQueue.ready(name);
        this.link = link;
        this.broker = broker;
        this.threads = threads;
        this.dequeuer = new Dequeuer(link, ready, threads, this::item, inFlight, quarantine);
        this.delayed = new DelayedMails(name, link, broker.isShared(), pace, slowStart, clock);
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
        enQueue(mail, (isLarge, writer) -> put(link.connections(), delay, isLarge, writer));
    }

    @Override
    public void enQueueForSender(String mailbox, Mail mail) throws MailQueueException {
        delayed.join(
                mailbox,
                line -> enQueue(mail, (isLarge, writer) -> {
                    BrokerConnections connections = link.connections();
                    connections.declare(line);
                    return connections
                            .enqueuer()
                            .send(line.name(), isLarge, session -> {
                                ClientMessage message = writer.write(session);
                                StoredMail.writeMailbox(mailbox, message);
                                return message;
                            })
                            .thenRun(() -> delayed.added(line, clock.instant()));
                }));
    }

    @Override
    public boolean hasWaiting(String mailbox) {
        return delayed.isWaitedFor(mailbox);
    }

    /** Where a mail is put, at the broker. */
    private interface Place {

        CompletableFuture<Void> put(boolean isLarge, Enqueuer.Writer writer) throws ActiveMQException, IOException;
    }

    private void enQueue(Mail mail, Place place) throws MailQueueException {
        TimeMetric timer =
                metrics.timer(ENQUEUED_TIMER_METRIC_NAME_PREFIX + ready.mails().asString());
        try {
            put(mail, place);
            enqueued.increment();
        } catch (ActiveMQException | IOException | MessagingException | ExecutionException | TimeoutException failure) {
            throw notStored(mail, failure);
        } finally {
            timer.stopAndPublish();
        }
    }

    private static void put(Mail mail, Place place)
            throws ActiveMQException, IOException, MessagingException, ExecutionException, TimeoutException {
        StoredEnvelope envelope = StoredEnvelope.of(mail);
        byte[] inBody = envelope.inBody();
        try (MailBody body = MailBody.of(inBody, mail.getMessage())) {
            // Interrupted or not: the broker has it by now, and whoever was told otherwise would send another.
            Uninterruptibles.getUninterruptibly(
                    place.put(body.isLarge(), session -> message(mail, envelope, inBody.length, body, session)),
                    CONFIRMATION_TIMEOUT);
        }
    }

    /**
     * For mail that nobody else has yet. Waits as long as the broker's timeout says for the broker to come back.
     *
     * @return fails with a {@link MailQueueException} within that time
     */
    @Override
    public Publisher<Void> enqueueReactive(Mail mail) {
        return Mono.defer(() -> {
            TimeMetric timer = metrics.timer(
                    ENQUEUED_TIMER_METRIC_NAME_PREFIX + ready.mails().asString());
            try {
                // Whoever waits no longer must not keep the body from being closed when the broker answers.
                return Mono.fromFuture(store(mail), true)
                        .doFinally(end -> timer.stopAndPublish())
                        .timeout(broker.timeout())
                        .onErrorMap(failure -> notStored(mail, new ExecutionException(failure)));
            } catch (IOException | MessagingException failure) {
                return Mono.error(notStored(mail, failure));
            }
        });
    }

    private CompletableFuture<Void> store(Mail mail) throws IOException, MessagingException {
        StoredEnvelope envelope = StoredEnvelope.of(mail);
        byte[] inBody = envelope.inBody();
        MailBody body = MailBody.of(inBody, mail.getMessage());
        SimpleString identity = SimpleString.of(UUID.randomUUID().toString());
        // A large one is written at the pace of the connection; whoever enqueues must not wait for a broker that hangs.
        Executor writing = body.isLarge() ? threads : Runnable::run;
        return untilStored(
                        System.nanoTime() + broker.timeout().toNanos(),
                        writing,
                        connections -> put(connections, Duration.ZERO, body.isLarge(), session -> {
                            ClientMessage message = message(mail, envelope, inBody.length, body, session);
                            if (broker.resendsUnconfirmed()) {
                                message.putStringProperty(Message.HDR_DUPLICATE_DETECTION_ID, identity);
                            }
                            return message;
                        }))
                .whenComplete((stored, failure) -> {
                    body.close();
                    if (failure == null) {
                        enqueued.increment();
                    }
                });
    }

    private static ClientMessage message(
            Mail mail, StoredEnvelope envelope, int inBody, MailBody body, ClientSession session) throws IOException {
        ClientMessage message = session.createMessage(true);
        StoredMail.writeEnvelope(mail, envelope, inBody, message);
        StoredMail.writeBody(body, message);
        return message;
    }

    private interface Sending {

        CompletableFuture<Void> on(BrokerConnections connections) throws ActiveMQException, IOException;
    }

    private CompletableFuture<Void> untilStored(long deadline, Executor writing, Sending sending) {
        return link.connectionsWithin(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())))
                .thenComposeAsync(connections -> sent(connections, sending), writing)
                .exceptionallyCompose(failure ->
                        broker.resendsUnconfirmed() && isBroken(failure) && System.nanoTime() < deadline
                                ? CompletableFuture.supplyAsync(() -> untilStored(deadline, writing, sending), SOON)
                                        .thenCompose(again -> again)
                                : CompletableFuture.failedFuture(failure));
    }

    private static CompletableFuture<Void> sent(BrokerConnections connections, Sending sending) {
        try {
            return sending.on(connections);
        } catch (ActiveMQException | IOException failure) {
            return CompletableFuture.failedFuture(failure);
        }
    }

    private static boolean isBroken(Throwable failure) {
        return Throwables.getRootCause(failure) instanceof ActiveMQException lost && BROKEN.contains(lost.getType());
    }

    private CompletableFuture<Void> put(
            BrokerConnections connections, Duration delay, boolean isLarge, Enqueuer.Writer writer)
            throws ActiveMQException, IOException {
        if (delay.isZero() || delay.isNegative()) {
            connections.declare(ready);
            return connections.enqueuer().send(ready.name(), isLarge, writer);
        }
        BrokerQueue lane = delayed.lane(delay);
        Instant due = due(lane.delay());
        connections.declare(lane);
        return connections
                .enqueuer()
                .send(lane.name(), isLarge, session -> {
                    ClientMessage message = writer.write(session);
                    StoredMail.writeDue(due, message);
                    return message;
                })
                .thenRun(() -> {
                    slowStart.deferred();
                    delayed.added(lane, due);
                });
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
        return new MailQueueException(
                "mail " + mail.getName() + " could not be stored in queue "
                        + ready.mails().asString(),
                failure);
    }

    @Override
    public Flux<MailQueueItem> deQueue() {
        return dequeuer.mails();
    }

    private MailQueueItem item(Received received, MimeMessageSource body) throws MessagingException, IOException {
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
                    public void over(boolean isWell) {
                        dequeuer.done(received, isWell);
                    }
                }),
                ready.mails());
        dequeued.increment();
        return item;
    }

    private void remove(Received received) throws MailQueueException {
        try {
            received.acknowledge();
            slowStart.done();
        } catch (ActiveMQException failure) {
            if (!received.isLost()) {
                throw new MailQueueException(
                        "mail " + StoredMail.name(received.message()) + " could not be removed", failure);
            }
            // To fail would put a third copy beside the one that the broker gives again.
            LOGGER.warn(
                    "event=given-again queue={} queue-id={} reason=\"the connection broke while it was in hand\"",
                    ready.mails().asString(),
                    StoredMail.name(received.message()));
        }
    }

    private void putBack(Received received, MimeMessageSource body) throws MailQueueException {
        if (received.isLost()) {
            return;
        }
        ClientMessage message = received.message();
        try {
            Uninterruptibles.getUninterruptibly(
                    put(
                            link.connections(),
                            RETRY_PAUSE,
                            message.isLargeMessage(),
                            session -> StoredMail.copy(message, body, session)),
                    CONFIRMATION_TIMEOUT);
            remove(received);
        } catch (ActiveMQException | IOException | ExecutionException | TimeoutException failure) {
            throw new MailQueueException("mail " + StoredMail.name(message) + " could not be put back", failure);
        }
    }

    /** Makes ready what is due by now. Called by the factory's clock. */
    void releaseDue() {
        if (!link.isUp()) {
            return;
        }
        try {
            delayed.release();
        } catch (ActiveMQNotConnectedException | ActiveMQObjectClosedException away) {
            LOGGER.debug(
                    "the broker went away while mails of queue {} were made ready",
                    ready.mails().asString(),
                    away);
        } catch (ActiveMQException
                | IOException
                | MessagingException
                | RuntimeException
                | StackOverflowError
                | LinkageError failure) {
            LOGGER.error(
                    "event=release-failed queue={} reason=\"{}\"",
                    ready.mails().asString(),
                    failure.getMessage(),
                    failure);
        }
    }

    /**
     * {@inheritDoc} Does not wait for mails that are being made ready: one that leaves for another of the broker's
     * queues meanwhile may be counted twice, or not at all.
     */
    @Override
    public long getSize() throws MailQueueException {
        try (ClientSession session = link.connections().administering().session()) {
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
     * When the oldest mail was received among those at the head of what is ready, and of what waits equally long for
     * its next try. A mail behind a head may be a little older, as they are in the order of tries. What is in hand does
     * not count, nor what waits for its mailbox's turn, however long: {@link #perSenderBacklog} tells of that.
     */
    public Optional<Instant> oldest() throws MailQueueException {
        try (ClientSession session = link.connections().administering().session()) {
            session.start();
            Optional<Instant> oldest = Optional.empty();
            for (BrokerQueue queue : (Iterable<BrokerQueue>)
                    queues().filter(line -> line.mailbox().isEmpty())::iterator) {
                Optional<Instant> head = QueueReader.browsing(queue, session)
                        .next()
                        .map(StoredMail::name)
                        .flatMap(QueueId::receivedAt);
                oldest = Stream.of(oldest, head).flatMap(Optional::stream).min(Comparator.naturalOrder());
            }
            return oldest;
        } catch (ActiveMQException failure) {
            throw new MailQueueException("queue " + ready.mails().asString() + " could not be looked at", failure);
        }
    }

    /** Of the mails that are due, how many are tried at a time. */
    public int releaseWindow() {
        return slowStart.current();
    }

    private long sizeOrUnknown() {
        try {
            return getSize();
        } catch (MailQueueException unknown) {
            LOGGER.debug("size of queue {} is unknown", ready.mails().asString(), unknown);
            return -1;
        }
    }

    @Override
    public long flush() throws MailQueueException {
        return administer("flushed", delayed::flush);
    }

    @Override
    public long clear() throws MailQueueException {
        return clear(mail -> {});
    }

    /**
     * The same, and says which: one that was taken in hand at the same moment is named and goes on.
     *
     * @param removed is told of each mail, just before it goes
     */
    public long clear(Consumer<RemovedMail> removed) throws MailQueueException {
        return remove(untilNow(), Optional.empty(), removed);
    }

    @Override
    public long remove(Type type, String value) throws MailQueueException {
        return remove(type, value, mail -> {});
    }

    /** The same, and says which, as {@link #clear(Consumer)} does. */
    public long remove(Type type, String value, Consumer<RemovedMail> removed) throws MailQueueException {
        return remove(untilNow().and(type, value), Optional.of(value).filter(any -> type == Type.Recipient), removed);
    }

    // By the clock that Artemis' client stamps a message with.
    private static MailFilter untilNow() {
        return MailFilter.all(Instant.now());
    }

    // One by one, as nothing is released meanwhile; what is ready last, as what is released between two of them is
    // found there.
    private long remove(MailFilter filter, Optional<String> recipient, Consumer<RemovedMail> removed)
            throws MailQueueException {
        long count = 0;
        for (BrokerQueue queue : Lists.reverse(administer("searched", () -> queues().toList()))) {
            count += administer(
                    "searched",
                    () -> new MailRemoval(link.connections(), queue, removed).remove(filter, untilNow(), recipient));
        }
        return count;
    }

    @Override
    public MailQueueIterator browse() throws MailQueueException {
        return administer(
                "listed",
                () -> new QueueListing(link.connections().administering(), queues().toList(), delayed, clock));
    }

    /** Asks the broker, as {@link #getSize} does. */
    public PerSenderBacklog perSenderBacklog() throws MailQueueException {
        long all = 0;
        Duration longest = Duration.ZERO;
        try (ClientSession session = link.connections().administering().session()) {
            for (BrokerQueue queue : delayed.queues()) {
                long mails = queue.mailbox().isPresent()
                        ? session.queueQuery(queue.name()).getMessageCount()
                        : 0;
                if (mails > 0) {
                    Duration wait = delayed.untilTurn(queue.mailbox().orElseThrow(), mails);
                    longest = wait.compareTo(longest) > 0 ? wait : longest;
                    all += mails;
                }
            }
            return new PerSenderBacklog(all, longest);
        } catch (ActiveMQException failure) {
            throw new MailQueueException(
                    "lines of queue " + ready.mails().asString() + " could not be counted", failure);
        }
    }

    private Stream<BrokerQueue> queues() throws ActiveMQException {
        link.connections().declare(ready);
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
        LOGGER.debug(
                "queue {} stays open until its factory is closed", ready.mails().asString());
    }

    /** Gives no more mails to those who dequeue. */
    void stop() {
        dequeuer.stop();
    }

    /** Mails that were dequeued and are not done. */
    int mailsInFlight() {
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
