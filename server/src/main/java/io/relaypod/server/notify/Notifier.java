package io.relaypod.server.notify;

import java.io.Closeable;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.function.BooleanSupplier;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.relaypod.incidents.Incident;
import io.relaypod.incidents.IncidentChange;
import io.relaypod.incidents.IncidentCheck;
import io.relaypod.incidents.IncidentWatch;
import io.relaypod.server.notify.NotifyFile.NotifyState;
import io.relaypod.server.settings.NotifySettings;
import io.relaypod.server.threads.ServerThreads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches for incidents and sends a notification at the beginning and the end of each. Both happen on threads of their
 * own, so mail never waits for them. Thread-safe.
 */
public final class Notifier implements Closeable {

    private static final Logger LOGGER = LoggerFactory.getLogger(Notifier.class);

    private static final Duration LOOK_EVERY = Duration.ofSeconds(5);
    private static final Duration SEND_EVERY = Duration.ofSeconds(1);
    // Two, because the lookup of a name cannot be interrupted.
    private static final int HTTP_THREADS = 2;

    private final NotifyFile file;
    private final NotificationQueue queue;
    private final IncidentWatch watch;
    private final WebhookClient client;
    private final BooleanSupplier isServing;
    private final String relay;
    private final String receiver;
    private final Clock clock;
    private final ServerThreads threads;
    private final ExecutorService http;
    private final List<ExecutorService> running = new ArrayList<>();
    private final Counter sent;
    private final Counter failed;
    private final Counter dropped;
    private volatile List<Incident> open;
    private boolean isFailing;

    /**
     * @param directory for what is kept over a restart
     * @param relay name of this relay's host, for the reader
     * @param isServing false while the relay starts or stops, when nothing is an incident
     */
    public Notifier(
            NotifySettings settings,
            Path directory,
            String relay,
            Collection<? extends IncidentCheck> checks,
            BooleanSupplier isServing,
            Clock clock,
            MeterRegistry meters,
            ServerThreads threads) {
        this.file = new NotifyFile(directory.resolve("notify.json"));
        this.relay = relay;
        this.receiver = settings.host();
        this.isServing = isServing;
        this.clock = clock;
        this.threads = threads;
        NotifyState saved = file.load();
        this.open = saved.open();
        this.queue = new NotificationQueue(saved.waiting(), clock);
        this.http = threads.pool("notify-http", HTTP_THREADS);
        this.client = new WebhookClient(settings, http, clock);
        this.sent = attempts(meters, "sent");
        this.failed = attempts(meters, "failed");
        this.dropped = attempts(meters, "dropped");
        Gauge.builder("relaypod.notifications.waiting", queue, of -> of.all().size())
                .description("Notifications that wait to be sent")
                .register(meters);
        this.watch = new IncidentWatch(checks, saved.open(), clock, this::add);
    }

    /** Registers the meters of a relay that sends no notifications. */
    public static void registerUnused(MeterRegistry meters) {
        attempts(meters, "sent");
        attempts(meters, "failed");
        attempts(meters, "dropped");
        Gauge.builder("relaypod.notifications.waiting", () -> 0)
                .description("Notifications that wait to be sent")
                .strongReference(true)
                .register(meters);
    }

    private static Counter attempts(MeterRegistry meters, String result) {
        return Counter.builder("relaypod.notifications")
                .description("Attempts to send a notification, and notifications that were dropped")
                .tag("result", result)
                .register(meters);
    }

    public void start() {
        running.add(threads.schedule("incidents", LOOK_EVERY, this::look));
        running.add(threads.schedule("notify", SEND_EVERY, this::sendNext));
    }

    /** Runs all checks, unless the relay starts or stops. */
    void look() {
        if (isServing.getAsBoolean()) {
            watch.look();
        }
    }

    private void add(IncidentChange change) {
        Optional<Notification> lost = queue.add(Notification.of(change, relay, clock.instant()));
        lost.ifPresent(message -> drop(message, NotificationQueue.MOST + " newer ones wait"));
        open = watch.open();
        save();
    }

    /** Makes one attempt, if it is time. */
    void sendNext() {
        Optional<Notification> next = queue.next();
        if (next.isEmpty()) {
            return;
        }
        Notification message = next.get();
        NotificationResult result = client.send(message);
        if (Thread.currentThread().isInterrupted()) {
            return;
        }
        if (result.isSent()) {
            sent.increment();
            isFailing = false;
            queue.sent(message);
            LOGGER.info(
                    "event=notified incident={} state={} receiver={} id={}",
                    message.kind().label(),
                    message.end().isPresent() ? "end" : "begin",
                    receiver,
                    message.id());
            save();
            return;
        }
        failed.increment();
        boolean isDropped = queue.failed(message, result);
        if (isDropped) {
            drop(message, result.words());
            save();
        } else if (!isFailing) {
            isFailing = true;
            LOGGER.warn(
                    "event=notify-failed incident={} receiver={} reason=\"{}\" next=\"retried for 24 h, at {}\"",
                    message.kind().label(),
                    receiver,
                    result.words(),
                    queue.nextAttempt());
        }
    }

    private void drop(Notification message, String reason) {
        dropped.increment();
        LOGGER.error(
                "event=notification-dropped incident={} receiver={} id={} reason=\"{}\"",
                message.kind().label(),
                receiver,
                message.id(),
                reason);
    }

    private void save() {
        synchronized (file) {
            file.save(new NotifyState(open, queue.all()));
        }
    }

    /** Interrupts an attempt; its notification is sent after the next start. */
    @Override
    public void close() {
        synchronized (file) { // an interrupt would end the writing of the file
            running.forEach(ExecutorService::shutdownNow);
        }
        http.shutdownNow();
    }
}
