package io.relaypod.server.queue;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import io.relaypod.quota.QuotaUse;
import io.relaypod.server.queue.broker.BrokerQueue;
import io.relaypod.server.queue.broker.QueueReader;
import io.relaypod.server.queue.stored.StoredMail;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.client.ClientMessage;

/**
 * Reads the mails of a waiting queue that may be promoted now. In a retry queue and a mailbox's own queue these are the
 * first ones. The queue that mailboxes share is searched further, as one mailbox must not delay another. The broker
 * returns the other mails to their place when the session is closed. For one pass of one thread.
 */
final class WaitingQueueReader {

    private static final int MAX_PASSED_OVER = 200;

    private final QueueReader mails;
    private final PollState state;
    private final ReleaseTimes times;
    private final Map<Long, Instant> immovable;
    private final Set<String> withoutSlot = new HashSet<>();
    private int passedOver;

    /** @param immovable the mails that are skipped, and until when */
    WaitingQueueReader(QueueReader mails, PollState state, ReleaseTimes times, Map<Long, Instant> immovable) {
        this.mails = mails;
        this.state = state;
        this.times = times;
        this.immovable = immovable;
    }

    /**
     * A mail that may be promoted.
     *
     * @param hasSlot whether it took a slot of its mailbox
     */
    record WaitingMail(WaitingQueueReader source, ClientMessage message, boolean hasSlot) {

        BrokerQueue queue() {
            return source.queue();
        }

        Optional<QuotaUse> use() {
            return StoredMail.quotaUse(message, queue());
        }

        long messageId() {
            return message.getMessageID();
        }
    }

    BrokerQueue queue() {
        return mails.queue();
    }

    /** @return empty if no further mail may be promoted; the queue is then polled again when the next one may be */
    Optional<WaitingMail> next() throws ActiveMQException {
        while (true) {
            Optional<WaitingMail> head = mails.next().map(message -> new WaitingMail(this, message, false));
            Optional<Instant> skippedUntil = head.map(mail -> immovable.get(mail.messageId()));
            if (skippedUntil.isPresent()) {
                passedOver++;
                state.pollBy(skippedUntil.get());
                continue;
            }
            state.setEmpty(head.isEmpty() && passedOver == 0);
            if (head.isEmpty()) {
                return head;
            }
            Optional<WaitingMail> promoted = promoted(head.get());
            if (promoted.isPresent()) {
                return promoted;
            }
            state.pollBy(times.in(waitingTime(head.get())));
            if (!isSearchedBehind(head.get()) || passedOver++ == MAX_PASSED_OVER) {
                return Optional.empty();
            }
        }
    }

    // In the tenant's queue, nothing passes a mail that waits for the tenant's quota.
    private boolean isSearchedBehind(WaitingMail head) {
        return isOf(WaitingQueues.SHARED)
                || isOf(WaitingQueues.TENANT)
                        && head.use().filter(times::isBeyondTenant).isEmpty();
    }

    private boolean isOf(String mailbox) {
        return queue().mailbox().filter(mailbox::equals).isPresent();
    }

    private Optional<WaitingMail> promoted(WaitingMail head) {
        Optional<QuotaUse> use = head.use();
        if (use.isEmpty()) {
            return Optional.of(head).filter(mail -> waitingTime(mail).compareTo(Duration.ZERO) <= 0);
        }
        if (!isOf(WaitingQueues.TENANT) && times.isBeyondTenant(use.get())) {
            // Its delivery, without a slot, puts it into the tenant's queue. Here it would delay the mailbox's others.
            return Optional.of(head);
        }
        return takeSlot(use.get()) ? Optional.of(new WaitingMail(this, head.message(), true)) : Optional.empty();
    }

    // The mails of a mailbox stay in their order.
    private boolean takeSlot(QuotaUse use) {
        boolean isTaken = !withoutSlot.contains(use.mailbox()) && times.tryTakeSlot(use);
        if (!isTaken) {
            withoutSlot.add(use.mailbox());
        }
        return isTaken;
    }

    private Duration waitingTime(WaitingMail head) {
        return head.use()
                .map(use -> times.untilSlot(use, 0))
                .orElseGet(() -> times.untilDue(queue(), head.message(), state));
    }

    /** Reports that a mail has left the queue. */
    void left() {
        mails.gone();
    }
}
