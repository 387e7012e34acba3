package io.relaypod.server.notify;

import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;

import io.relaypod.incidents.IncidentKind;
import io.relaypod.server.settings.NotifySettings;
import io.relaypod.server.threads.ServerThreads;

/** A notification that an administrator sends to see whether it arrives. */
public final class TrialNotification {

    private static final int THREADS = 2;

    private TrialNotification() {}

    /**
     * Makes one attempt.
     *
     * @return empty if the receiver accepted it, or what went wrong
     */
    public static Optional<String> problem(NotifySettings settings, Clock clock) {
        Instant now = clock.instant();
        Notification trial = new Notification(
                UUID.randomUUID() + "-trial",
                IncidentKind.TRIAL,
                "relaypod doctor",
                now,
                Optional.empty(),
                "an administrator sent it with relaypod doctor --notify",
                now);
        try (ServerThreads threads = new ServerThreads()) {
            ExecutorService http = threads.pool("notify-http", THREADS);
            NotificationResult result = new WebhookClient(settings, http, clock).send(trial);
            return result.isSent() ? Optional.empty() : Optional.of(result.words());
        }
    }
}
