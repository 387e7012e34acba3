package io.relaypod.server.notify;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import javax.inject.Inject;

import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.MailFailed;
import io.relaypod.events.MailEvent.MailStored;
import io.relaypod.events.MailEventListener;
import io.relaypod.events.MaskedAddresses;
import io.relaypod.incidents.IncidentCheck;
import io.relaypod.incidents.IncidentKind;

/**
 * Whether a mail has failed in the last hour. Names the last one by its queue id, with the reason and no local part of
 * an address. Thread-safe.
 */
public final class FailedMailIncidentCheck implements IncidentCheck, MailEventListener {

    private static final Duration LASTS = Duration.ofHours(1);
    // A mail that fails is then stored, which is a second event.
    private static final int CACHED_IDS = 100;

    private final Clock clock;
    private final Set<String> recentIds = new LinkedHashSet<>();
    private Optional<FailedMail> last = Optional.empty();
    private long count;

    private record FailedMail(Instant at, String queueId, String reason) {}

    @Inject
    public FailedMailIncidentCheck(Clock clock) {
        this.clock = clock;
    }

    @Override
    public void onEvent(MailEvent event) {
        if (event instanceof MailFailed failed) {
            failed(failed.queueId(), failed.reason());
        } else if (event instanceof MailStored stored && !stored.reason().isEmpty()) {
            failed(stored.queueId(), stored.reason());
        }
    }

    private synchronized void failed(String queueId, String reason) {
        if (!recentIds.add(queueId)) {
            return;
        }
        if (recentIds.size() > CACHED_IDS) {
            recentIds.remove(recentIds.iterator().next());
        }
        Instant now = clock.instant();
        count = isRecent(now) ? count + 1 : 1;
        last = Optional.of(new FailedMail(now, queueId, MaskedAddresses.in(reason)));
    }

    private boolean isRecent(Instant now) {
        return last.filter(mail -> now.isBefore(mail.at().plus(LASTS))).isPresent();
    }

    @Override
    public IncidentKind kind() {
        return IncidentKind.MAIL_FAILED;
    }

    @Override
    public synchronized Optional<String> problem() {
        return last.filter(mail -> isRecent(clock.instant()))
                .map(mail -> (count == 1 ? "one message" : count + " messages, the last") + ", " + mail.queueId() + ": "
                        + mail.reason());
    }

    @Override
    public boolean isCertain() {
        return true;
    }
}
