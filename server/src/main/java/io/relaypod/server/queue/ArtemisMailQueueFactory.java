package io.relaypod.server.queue;

import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import javax.inject.Inject;
import javax.mail.MessagingException;

import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.queue.broker.Broker;
import io.relaypod.server.queue.broker.BrokerConnections;
import io.relaypod.server.queue.broker.BrokerLink;
import io.relaypod.server.queue.broker.BrokerQueue;
import io.relaypod.server.queue.broker.BrokerRefusedException;
import io.relaypod.server.queue.broker.QueueUnavailableException;
import io.relaypod.server.queue.inflight.InFlightMails;
import io.relaypod.server.threads.ServerThreads;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.queue.api.MailQueueItemDecoratorFactory;
import org.apache.james.queue.api.MailQueueName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The mail queues of a broker, including those of an earlier process. Thread-safe. */
public final class ArtemisMailQueueFactory implements MailQueueFactory<ArtemisMailQueue>, AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(ArtemisMailQueueFactory.class);

    private static final Duration REDELIVER_AFTER = Duration.ofSeconds(5);
    private static final Duration DISCONNECTED_WITHIN = Duration.ofSeconds(3);
    private static final Duration RELEASE_EVERY = Duration.ofMillis(100);
    // One thread for each share of each subscriber, and for each large mail that is being stored.
    private static final int MAX_THREADS = 256;
    private static final int CLOSING_THREADS = 32;

    private final MailQueueItemDecoratorFactory decorators;
    private final SenderRateLimiter rateLimiter;
    private final QueueResources resources;
    private final Clock clock;
    private final MetricFactory metrics;
    private final GaugeRegistry gauges;
    private final BrokerLink link;
    private final Map<MailQueueName, ArtemisMailQueue> queues = new ConcurrentHashMap<>();
    private final ServerThreads owner;
    private final ExecutorService threads;
    private final ExecutorService closing;
    private Optional<ScheduledExecutorService> releasing = Optional.empty();

    /** Creates queues that do not record mails in flight. A mail that ends the process is redelivered each time. */
    public ArtemisMailQueueFactory(
            Broker broker,
            MailQueueItemDecoratorFactory decorators,
            SenderRateLimiter rateLimiter,
            Clock clock,
            MetricFactory metrics,
            GaugeRegistry gauges) {
        this(
                broker,
                decorators,
                rateLimiter,
                MemoryBudget.ofThisProcess(),
                InFlightMails.unmarked(),
                mail -> {
                    throw new MessagingException("no mail is known to have ended the process");
                },
                clock,
                metrics,
                gauges,
                new ServerThreads());
    }

    /**
     * @param inFlight of this process alone; closed with this
     * @param quarantine is given mails that have ended the process
     * @param threads own the threads of all queues, which end with this
     */
    @Inject
    public ArtemisMailQueueFactory(
            Broker broker,
            MailQueueItemDecoratorFactory decorators,
            SenderRateLimiter rateLimiter,
            MemoryBudget memory,
            InFlightMails inFlight,
            Quarantine quarantine,
            Clock clock,
            MetricFactory metrics,
            GaugeRegistry gauges,
            ServerThreads threads) {
        this(
                broker,
                decorators,
                rateLimiter,
                memory,
                inFlight,
                quarantine,
                clock,
                metrics,
                gauges,
                threads,
                REDELIVER_AFTER);
    }

    /** @param redeliverAfter the time from a failure to read or remove a mail to its redelivery */
    ArtemisMailQueueFactory(
            Broker broker,
            MailQueueItemDecoratorFactory decorators,
            SenderRateLimiter rateLimiter,
            MemoryBudget memory,
            InFlightMails inFlight,
            Quarantine quarantine,
            Clock clock,
            MetricFactory metrics,
            GaugeRegistry gauges,
            ServerThreads threads,
            Duration redeliverAfter) {
        this.owner = threads;
        this.threads = threads.direct("dequeue", MAX_THREADS);
        this.decorators = decorators;
        this.rateLimiter = rateLimiter;
        this.clock = clock;
        this.metrics = metrics;
        this.gauges = gauges;
        this.closing = threads.pool("queue-close", CLOSING_THREADS);
        this.link = new BrokerLink(broker, threads);
        this.resources = new QueueResources(broker, link, this.threads, memory, inFlight, quarantine, redeliverAfter);
    }

    /**
     * Connects to the broker, now or when it is available. Until then no mail is stored or dequeued.
     *
     * @throws BrokerRefusedException if the broker is available and cannot be used
     */
    public void open() throws BrokerRefusedException {
        link.open();
        releasing = Optional.of(owner.schedule(
                "queue-clock", RELEASE_EVERY, () -> queues.values().forEach(ArtemisMailQueue::releaseDue)));
    }

    @Override
    public Optional<ArtemisMailQueue> getQueue(MailQueueName name, PrefetchCount count) {
        return Optional.ofNullable(queues.get(name))
                .or(() -> listCreatedMailQueues().contains(name)
                        ? Optional.of(createQueue(name, count))
                        : Optional.empty());
    }

    @Override
    public ArtemisMailQueue createQueue(MailQueueName name, PrefetchCount count) {
        return queues.computeIfAbsent(name, this::open);
    }

    private ArtemisMailQueue open(MailQueueName name) {
        try {
            Optional<BrokerConnections> connections = link.ifUp();
            if (connections.isPresent()) {
                connections.get().declare(BrokerQueue.ready(name));
            }
            ArtemisMailQueue queue =
                    new ArtemisMailQueue(name, resources, decorators, rateLimiter, clock, metrics, gauges);
            queue.discover();
            return queue;
        } catch (ActiveMQException failure) {
            throw new QueueUnavailableException("queue " + name.asString() + " cannot be opened", failure);
        }
    }

    @Override
    public Set<MailQueueName> listCreatedMailQueues() {
        try {
            return link.connections().management().queues().stream()
                    .map(BrokerQueue::mails)
                    .collect(Collectors.toUnmodifiableSet());
        } catch (ActiveMQException failure) {
            throw new QueueUnavailableException("the queues cannot be listed", failure);
        }
    }

    /** Whether the broker is available. */
    public boolean isConnected() {
        return link.isUp();
    }

    /** Passes on no more mails. Mails in flight can still be acknowledged. */
    public void stopDequeuing() {
        queues.values().forEach(ArtemisMailQueue::stop);
    }

    /** Mails in flight, of all queues. */
    public int mailsInFlight() {
        return queues.values().stream()
                .mapToInt(ArtemisMailQueue::mailsInFlight)
                .sum();
    }

    /** Waits until no mail is in flight, or the time is over. */
    public void awaitNoneInFlight(Duration atMost) throws InterruptedException {
        resources.inFlight().awaitNone(atMost);
    }

    /** Closes the queues. Their mails, those in flight included, stay with the broker. */
    @Override
    public void close() {
        releasing.ifPresent(ExecutorService::shutdown);
        disconnect();
        link.close();
        threads.shutdownNow();
        closing.shutdownNow();
        resources.inFlight().close();
    }

    // The link then ends the connections, whether the broker answered or not.
    private void disconnect() {
        CompletableFuture<Void> disconnected = CompletableFuture.allOf(
                queues.values().stream().map(queue -> queue.disconnect(closing)).toArray(CompletableFuture[]::new));
        try {
            disconnected.get(DISCONNECTED_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException failure) {
            LOGGER.debug("the broker did not take back all mails in flight", failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
