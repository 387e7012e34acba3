package io.relaypod.server.queue;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

import io.relaypod.quota.QuotaKind;
import io.relaypod.quota.QuotaUse;
import io.relaypod.server.queue.broker.BrokerQueue;
import io.relaypod.server.queue.stored.StoredMail;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.activemq.artemis.api.core.client.ClientMessage;

/**
 * When a waiting mail may be promoted: a mail in a retry queue when it is due, a mail in a per-sender queue when its
 * mailbox has a slot and the quotas have room. Thread-safe.
 */
final class ReleaseTimes {

    private final SenderRateLimiter rateLimiter;
    private final Clock clock;
    private volatile Instant flushed = Instant.EPOCH;

    ReleaseTimes(SenderRateLimiter rateLimiter, Clock clock) {
        this.rateLimiter = rateLimiter;
        this.clock = clock;
    }

    boolean isRateLimited() {
        return rateLimiter.isLimited();
    }

    /** Takes a slot of the mailbox and room in its quotas, if there are both now. */
    boolean tryTakeSlot(QuotaUse use) {
        return rateLimiter.tryAcquire(use);
    }

    /** Whether the mail would exceed the tenant's quota. */
    boolean isBeyondTenant(QuotaUse use) {
        return reached(use).equals(Optional.of(QuotaKind.TENANT));
    }

    /** The quota that the mail would exceed now. */
    Optional<QuotaKind> reached(QuotaUse use) {
        return rateLimiter.quota().reached(use);
    }

    /**
     * The time until the mailbox has a slot for a mail behind this number of mails.
     *
     * @param use with the recipients of those mails
     */
    Duration untilSlot(QuotaUse use, long before) {
        return rateLimiter.waitingTime(use, before);
    }

    /** Makes all mails due that are in retry queues now. */
    Instant flush() {
        flushed = clock.instant();
        return flushed;
    }

    /** Corrects the time of the last flush after the system's clock was put back. */
    void clockChanged(Instant now) {
        flushed = flushed.isAfter(now) ? now : flushed;
    }

    /** The time at which a mail of a retry queue is due. */
    Instant due(BrokerQueue queue, ClientMessage message) {
        Instant due = StoredMail.due(message);
        boolean isFlushed = !due.minus(queue.delay()).isAfter(flushed);
        return isFlushed && flushed.isBefore(due) ? flushed : due;
    }

    /**
     * The time until the head of a retry queue is due, at most the queue's delay. A mail that is due later was stored
     * while the clock was ahead, and would delay all mails behind it.
     */
    Duration untilDue(BrokerQueue queue, ClientMessage head, PollState state) {
        Duration left = Duration.between(clock.instant(), due(queue, head));
        return left.compareTo(queue.delay().plus(ClockChange.TOLERANCE)) > 0
                ? queue.delay().minus(state.timeAtHead(head.getMessageID()))
                : left;
    }

    Instant in(Duration time) {
        return clock.instant().plus(time);
    }
}
