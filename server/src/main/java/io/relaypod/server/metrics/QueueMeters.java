package io.relaypod.server.metrics;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import javax.inject.Inject;
import javax.mail.MessagingException;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.relaypod.server.queue.ArtemisMailQueue;
import io.relaypod.server.queue.ArtemisMailQueueFactory;
import io.relaypod.server.queue.PerSenderBacklog;
import io.relaypod.server.queue.broker.QueueUnavailableException;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.james.mailrepository.api.MailRepository;
import org.apache.james.mailrepository.api.MailRepositoryPath;
import org.apache.james.mailrepository.api.MailRepositoryStore;
import org.apache.james.mailrepository.api.MailRepositoryStore.MailRepositoryStoreException;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.queue.api.MailQueueName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sizes and ages of queues and repositories at the last poll. A scrape does not wait for the broker, which may be
 * remote. {@link #poll} is called by one thread, the rest is thread-safe.
 */
public final class QueueMeters {

    private static final Logger LOGGER = LoggerFactory.getLogger(QueueMeters.class);

    // webadmin can create any number of repositories.
    private static final int MAX_REPOSITORIES = 50;

    private final ArtemisMailQueueFactory queues;
    private final MailRepositoryStore repositories;
    private final Clock clock;
    private final MultiGauge sizes;
    private final MultiGauge ages;
    private final MultiGauge rateLimited;
    private final MultiGauge longestWaits;
    private final boolean isRateLimited;
    private final MultiGauge releaseWindows;
    private final MultiGauge repositorySizes;
    private volatile QueueSnapshot snapshot = new QueueSnapshot(Map.of(), Map.of());

    /**
     * The result of a poll.
     *
     * @param queues by name
     * @param repositories sizes by path, such as {@code var/mail/failed}
     */
    public record QueueSnapshot(Map<String, QueueState> queues, Map<String, Long> repositories) {

        public QueueSnapshot {
            queues = Map.copyOf(queues);
            repositories = Map.copyOf(repositories);
        }
    }

    /**
     * The state of one queue at a poll.
     *
     * @param oldest time since the receipt of the oldest message that is ready or waits for its next attempt; empty if
     *     there is none
     * @param perSenderBacklog empty unless the rate of each sender is limited
     */
    public record QueueState(long size, Optional<Duration> oldest, Optional<PerSenderBacklog> perSenderBacklog) {}

    @Inject
    public QueueMeters(
            MeterRegistry registry,
            ArtemisMailQueueFactory queues,
            MailRepositoryStore repositories,
            SenderRateLimiter rateLimiter,
            Clock clock) {
        this.queues = queues;
        this.repositories = repositories;
        this.isRateLimited = rateLimiter.isLimited();
        this.clock = clock;
        this.sizes = MultiGauge.builder("relaypod.queue.size")
                .description("Messages in a queue, those that wait for their next attempt included")
                .register(registry);
        this.ages = MultiGauge.builder("relaypod.queue.oldest")
                .baseUnit("seconds")
                .description(
                        "Time since the receipt of the oldest message that is ready or waits for its next attempt; 0 if there is none")
                .register(registry);
        this.rateLimited = MultiGauge.builder("relaypod.queue.waiting.for.turn")
                .description("Messages that wait for the rate limit of their sender")
                .register(registry);
        this.longestWaits = MultiGauge.builder("relaypod.queue.longest.wait.for.turn")
                .baseUnit("seconds")
                .description("Expected wait of the last message that waits for the rate limit of its sender")
                .register(registry);
        this.releaseWindows = MultiGauge.builder("relaypod.queue.due.at.a.time")
                .description("Most messages due for their next attempt that a queue releases at a time")
                .register(registry);
        this.repositorySizes = MultiGauge.builder("relaypod.repository.size")
                .description("Messages in a repository")
                .register(registry);
        Gauge.builder("relaypod.queue.in.hand", queues, ArtemisMailQueueFactory::mailsInFlight)
                .description("Messages in flight, of all queues")
                .register(registry);
    }

    /** The result of the last poll; empty before the first. */
    public QueueSnapshot snapshot() {
        return snapshot;
    }

    /** Polls the queues and repositories. If one cannot be read, all keep the values of the poll before. */
    public void poll() {
        try {
            snapshot = new QueueSnapshot(findQueues(), findRepositories());
            sizes.register(
                    snapshot.queues().entrySet().stream()
                            .map(queue -> row(
                                    "queue", queue.getKey(), queue.getValue().size()))
                            .toList(),
                    true);
            ages.register(
                    snapshot.queues().entrySet().stream()
                            .map(queue -> row(
                                    "queue",
                                    queue.getKey(),
                                    queue.getValue()
                                            .oldest()
                                            .map(age -> age.toMillis() / 1000.0)
                                            .orElse(0.0)))
                            .toList(),
                    true);
            rateLimited.register(perSenderBacklog(PerSenderBacklog::mails), true);
            longestWaits.register(perSenderBacklog(backlog -> backlog.longest().toMillis() / 1000.0), true);
            releaseWindows.register(
                    snapshot.queues().keySet().stream()
                            .map(queue -> row(
                                    "queue",
                                    queue,
                                    queues.createQueue(MailQueueName.of(queue)).releaseWindow()))
                            .toList(),
                    true);
            repositorySizes.register(
                    snapshot.repositories().entrySet().stream()
                            .map(repository -> row("repository", repository.getKey(), repository.getValue()))
                            .toList(),
                    true);
        } catch (MailQueueException | MailRepositoryStoreException | QueueUnavailableException unreadable) {
            LOGGER.warn("event=queues-unknown reason=\"{}\"", unreadable.getMessage());
        }
    }

    private List<Row<?>> perSenderBacklog(Function<PerSenderBacklog, Number> value) {
        return snapshot.queues().entrySet().stream()
                .flatMap(queue -> queue.getValue().perSenderBacklog().stream()
                        .<Row<?>>map(backlog -> row("queue", queue.getKey(), value.apply(backlog))))
                .toList();
    }

    private static Row<?> row(String label, String value, Number number) {
        return Row.of(Tags.of(label, value), number);
    }

    private Map<String, QueueState> findQueues() throws MailQueueException {
        Map<String, QueueState> states = new TreeMap<>();
        Instant now = clock.instant();
        for (MailQueueName name : queues.listCreatedMailQueues()) {
            ArtemisMailQueue queue = queues.createQueue(name);
            long size = queue.getSize();
            Optional<Duration> oldest = size == 0
                    ? Optional.empty()
                    : queue.oldest()
                            .map(received -> Duration.between(received, now))
                            .filter(age -> !age.isNegative());
            states.put(
                    name.asString(),
                    new QueueState(
                            size, oldest, isRateLimited ? Optional.of(queue.perSenderBacklog()) : Optional.empty()));
        }
        return states;
    }

    private Map<String, Long> findRepositories() throws MailRepositoryStoreException {
        Map<String, Long> found = new TreeMap<>();
        for (MailRepositoryPath path : (Iterable<MailRepositoryPath>)
                repositories.getPaths().distinct().limit(MAX_REPOSITORIES)::iterator) {
            long size = 0;
            for (MailRepository repository : (Iterable<MailRepository>) repositories.getByPath(path)::iterator) {
                try {
                    size += repository.size();
                } catch (MessagingException unreadable) {
                    throw new MailRepositoryStoreException(
                            "repository " + path.asString() + " cannot be read", unreadable);
                }
            }
            found.put(path.asString(), size);
        }
        return found;
    }
}
