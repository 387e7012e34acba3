package io.relaypod.server.queue;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import javax.mail.MessagingException;

import io.relaypod.quota.QuotaKind;
import io.relaypod.quota.QuotaUse;
import io.relaypod.server.queue.broker.BrokerLink;
import io.relaypod.server.queue.broker.BrokerQueue;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.queue.api.MailQueueName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The waiting mails of one mail queue. Mails with the same delay share a retry queue at the broker, in which the first
 * mail is due first. Mails of one mailbox beyond its rate share a per-sender queue. So a pass reads the head of each
 * queue, however many mails wait, and memory holds few. Artemis' scheduled delivery keeps every waiting message in
 * memory and hides it from a browser. Thread-safe.
 *
 * <ul>
 *   <li>{@link WaitingQueues} has the queues and the time of their next polls.
 *   <li>{@link ReleaseTimes} says when a mail may be promoted.
 *   <li>{@link MailPromoter} promotes mails to the ready queue.
 * </ul>
 *
 * <p>Lock order: {@code moving}, then the lock of {@link WaitingQueues}. A thread that stores a mail holds only the
 * latter. A mail on its way between two queues is in neither, so what must see all mails holds {@code moving}.
 */
final class DelayedMails {

    private static final Logger LOGGER = LoggerFactory.getLogger(DelayedMails.class);

    private final BrokerQueue ready;
    private final BrokerLink link;
    private final SlowStart slowStart;
    private final Clock clock;
    private final ClockChange clockChange;
    private final WaitingQueues waiting;
    private final ReleaseTimes times;
    private final MailPromoter promoter;
    // A fair lock: a removal over several queues lets other threads in between them.
    private final ReentrantLock moving = new ReentrantLock(true);
    private volatile Instant nextDiscovery = Instant.EPOCH;

    /**
     * @param isShared whether other relays may store mails in the same queues
     * @param slowStart limits how many due mails are promoted; per-sender queues have their own rate
     */
    DelayedMails(
            MailQueueName name,
            BrokerLink link,
            boolean isShared,
            SenderRateLimiter rateLimiter,
            SlowStart slowStart,
            Clock clock) {
        this.ready = BrokerQueue.ready(name);
        this.link = link;
        this.slowStart = slowStart;
        this.clock = clock;
        this.clockChange = new ClockChange(clock.instant());
        this.waiting = new WaitingQueues(name, isShared, clock);
        this.times = new ReleaseTimes(rateLimiter, clock);
        this.promoter = new MailPromoter(ready, link, waiting, times, slowStart);
    }

    /** The retry queue of that delay. */
    BrokerQueue retryQueue(Duration delay) {
        return BrokerQueue.waiting(ready.mails(), delay);
    }

    /** Has a mail stored in its mailbox's queue, to wait for a slot. */
    void store(String mailbox, WaitingQueues.StoreAction mail) throws MailQueueException {
        waiting.store(mailbox, mail);
    }

    /** Whether mails wait in the per-sender queue that the mailbox uses or would share. */
    boolean hasWaiting(String mailbox) {
        return waiting.hasWaiting(mailbox);
    }

    /** Reports that a mail was stored in the queue. */
    void added(BrokerQueue queue, Instant due) {
        waiting.added(queue, due);
    }

    /** As {@link ReleaseTimes#untilSlot}. */
    Duration untilSlot(QuotaUse use, long before) {
        return times.untilSlot(use, before);
    }

    /** The quota that a mail would exceed now. */
    Optional<QuotaKind> reached(QuotaUse use) {
        return times.reached(use);
    }

    /** The time at which a mail of a retry queue is due. */
    Instant due(BrokerQueue queue, ClientMessage message) {
        return times.due(queue, message);
    }

    /** Includes queues in which other relays, or an earlier process, stored mails. */
    List<BrokerQueue> queues() throws ActiveMQException {
        return all().stream().filter(BrokerQueue::isWaiting).toList();
    }

    private List<BrokerQueue> all() throws ActiveMQException {
        return link.connections().management().queues().stream()
                .filter(queue -> queue.mails().equals(ready.mails()))
                .toList();
    }

    // Under the lock, because a queue that was found may otherwise be deleted meanwhile.
    private List<BrokerQueue> discover() throws ActiveMQException {
        List<BrokerQueue> found = all();
        waiting.found(found.stream().filter(BrokerQueue::isWaiting).toList());
        return found;
    }

    /** All queues of this mail queue at the broker, at intervals; none in between. */
    List<BrokerQueue> discoverIfDue() throws ActiveMQException, IOException, MessagingException {
        Instant now = clock.instant();
        if (nextDiscovery.isAfter(now)) {
            return List.of();
        }
        List<BrokerQueue> found = undisturbed(this::discover);
        nextDiscovery = now.plus(WaitingQueues.POLL_AT_LEAST_EVERY);
        return found;
    }

    /**
     * Promotes due mails, at most as many as the next hop accepts. The others stay in their queues, in order.
     *
     * @return how many
     */
    long release() throws ActiveMQException, IOException, MessagingException {
        Instant now = clock.instant();
        adjustToClock(now);
        slowStart.adjust();
        List<BrokerQueue> due = waiting.due(now);
        return due.isEmpty() ? 0 : undisturbed(() -> promoter.promote(due, now));
    }

    // The times of the polls came from the old clock, so all queues are polled now.
    private void adjustToClock(Instant now) {
        Duration change = clockChange.sinceLastCall(now);
        if (change.isZero()) {
            return;
        }
        LOGGER.warn("event=clock-changed queue={} by={}", ready.name(), change);
        nextDiscovery = now;
        waiting.pollAllBy(now);
        times.clockChanged(now);
    }

    /**
     * Makes all mails in retry queues due now. Mails in per-sender queues keep waiting: a flush does not raise the rate
     * that Exchange accepts.
     *
     * @return how many
     */
    long flush() throws ActiveMQException, IOException, MessagingException {
        return undisturbed(() -> {
            List<BrokerQueue> retries = discover().stream()
                    .filter(queue -> queue.isWaiting() && queue.mailbox().isEmpty())
                    .toList();
            Instant now = times.flush();
            long mails = 0;
            try (ClientSession session = link.connections().administering().session()) {
                for (BrokerQueue queue : retries) {
                    mails += session.queueQuery(queue.name()).getMessageCount();
                    waiting.state(queue).pollBy(now);
                }
            }
            return mails;
        });
    }

    /** Runs an action that must see all mails. */
    <T> T undisturbed(Action<T> action) throws ActiveMQException, IOException, MessagingException {
        moving.lock();
        try {
            return action.run();
        } finally {
            moving.unlock();
        }
    }

    /** An action under the lock. */
    interface Action<T> {

        T run() throws ActiveMQException, IOException, MessagingException;
    }
}
