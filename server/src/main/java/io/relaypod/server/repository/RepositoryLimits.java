package io.relaypod.server.repository;

import java.io.Closeable;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledExecutorService;
import java.util.stream.Collectors;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.relaypod.events.MailEvent.MailRemoved;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.server.repository.MailFiles.RepositoryEntry;
import io.relaypod.server.settings.FailedMailSettings;
import io.relaypod.server.threads.ServerThreads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bounds the repositories by age and size, the oldest mail first, where there are limits. A mail beyond them is counted
 * in {@code relaypod_repository_due_mails} and named in the log for an hour before it is dropped. Thread-safe.
 */
public final class RepositoryLimits implements Closeable {

    static final Duration NOTICE = Duration.ofHours(1);

    private static final Logger LOGGER = LoggerFactory.getLogger(RepositoryLimits.class);
    private static final Duration INTERVAL = Duration.ofMinutes(1);

    private final FailedMailSettings settings;
    private final Clock clock;
    private final MeterRegistry meters;
    private final MailEventPublisher events;
    private final List<LimitedRepository> watched = new CopyOnWriteArrayList<>();
    private final ScheduledExecutorService rounds;

    /**
     * @param events are told of each mail that is dropped
     * @param threads run the rounds
     */
    public RepositoryLimits(
            FailedMailSettings settings,
            Clock clock,
            MeterRegistry meters,
            MailEventPublisher events,
            ServerThreads threads) {
        this.settings = settings;
        this.clock = clock;
        this.meters = meters;
        this.events = events;
        this.rounds = threads.schedule("repository-limits", INTERVAL, this::round);
    }

    /**
     * One repository, and since when each of its mails is beyond the limits. For one thread but for the number of them.
     */
    private static final class LimitedRepository {

        private final String path;
        private final MailFiles files;
        private final Counter dropped;
        private Map<String, Instant> due = Map.of();
        private volatile int dueMails;

        LimitedRepository(String path, MailFiles files, MeterRegistry meters) {
            this.path = path;
            this.files = files;
            this.dropped = Counter.builder("relaypod.repository.dropped")
                    .tag("repository", path)
                    .description("Mails dropped beyond FAILED_MAX_AGE or FAILED_MAX_SIZE")
                    .register(meters);
            Gauge.builder("relaypod.repository.due", this, watched -> watched.dueMails)
                    .baseUnit("mails")
                    .tag("repository", path)
                    .description("Mails beyond FAILED_MAX_AGE or FAILED_MAX_SIZE, to be dropped within the hour")
                    .strongReference(true)
                    .register(meters);
            Gauge.builder("relaypod.repository.used", files, MailFiles::bytes)
                    .baseUnit("bytes")
                    .tag("repository", path)
                    .description("What the mails of a repository take on the disk")
                    .register(meters);
        }
    }

    void watch(String path, MailFiles files) {
        watched.add(new LimitedRepository(path, files, meters));
    }

    /** Looks at every repository; called once a minute. */
    synchronized void round() {
        Instant now = clock.instant();
        for (LimitedRepository repository : watched) {
            Map<String, Instant> before = repository.due;
            Map<String, Instant> due = beyond(repository.files.kept().values(), now).stream()
                    .collect(Collectors.toMap(
                            RepositoryEntry::key,
                            kept -> before.getOrDefault(kept.key(), now),
                            (one, other) -> one,
                            HashMap::new));
            if (before.isEmpty() && !due.isEmpty()) {
                LOGGER.warn("event=drop-due repository={} mails={} in={}", repository.path, due.size(), NOTICE);
            }
            due.entrySet()
                    .removeIf(
                            entry -> !now.isBefore(entry.getValue().plus(NOTICE)) && drop(repository, entry.getKey()));
            repository.due = due;
            repository.dueMails = due.size();
        }
    }

    private boolean drop(LimitedRepository repository, String key) {
        try {
            repository.files.remove(key);
            repository.dropped.increment();
            events.publish(
                    new MailRemoved(key, "", List.of(), repository.path, "beyond FAILED_MAX_AGE or FAILED_MAX_SIZE"));
            return true;
        } catch (IOException notDropped) {
            LOGGER.error(
                    "event=not-dropped queue-id={} repository={} reason=\"{}\"",
                    key,
                    repository.path,
                    notDropped.getMessage());
            return false;
        }
    }

    private List<RepositoryEntry> beyond(Collection<RepositoryEntry> mails, Instant now) {
        List<RepositoryEntry> newestFirst = new ArrayList<>(mails);
        newestFirst.sort(Comparator.comparing(RepositoryEntry::since).reversed());
        List<RepositoryEntry> beyond = new ArrayList<>();
        long bytes = 0;
        for (RepositoryEntry mail : newestFirst) {
            bytes += mail.bytes();
            long used = bytes;
            boolean tooMuch = settings.maxSize().map(most -> used > most).orElse(false);
            boolean tooOld = settings.maxAge()
                    .map(oldest -> mail.since().plus(oldest).isBefore(now))
                    .orElse(false);
            if (tooMuch || tooOld) {
                beyond.add(mail);
            }
        }
        return beyond;
    }

    @Override
    public void close() {
        rounds.shutdownNow();
    }
}
