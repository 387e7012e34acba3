package io.relaypod.server.queue;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

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

    /** A mail that may be promoted. */
    record WaitingMail(WaitingQueueReader source, ClientMessage message) {

        BrokerQueue queue() {
            return source.queue();
        }

        Optional<String> mailbox() {
            return StoredMail.mailbox(message, queue());
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
            Optional<WaitingMail> head = mails.next().map(message -> new WaitingMail(this, message));
            Optional<Instant> skippedUntil = head.map(mail -> immovable.get(mail.messageId()));
            if (skippedUntil.isPresent()) {
                passedOver++;
                state.pollBy(skippedUntil.get());
                continue;
            }
            state.setEmpty(head.isEmpty() && passedOver == 0);
            if (head.isEmpty() || mayBePromoted(head.get())) {
                return head;
            }
            state.pollBy(times.in(waitingTime(head.get())));
            if (!isShared() || passedOver++ == MAX_PASSED_OVER) {
                return Optional.empty();
            }
        }
    }

    private boolean isShared() {
        return queue().mailbox().filter(WaitingQueues.SHARED::equals).isPresent();
    }

    private boolean mayBePromoted(WaitingMail head) {
        return head.mailbox()
                .map(this::takeSlot)
                .orElseGet(() -> waitingTime(head).compareTo(Duration.ZERO) <= 0);
    }

    // The mails of a mailbox stay in their order.
    private boolean takeSlot(String mailbox) {
        boolean isTaken = !withoutSlot.contains(mailbox) && times.tryTakeSlot(mailbox);
        if (!isTaken) {
            withoutSlot.add(mailbox);
        }
        return isTaken;
    }

    private Duration waitingTime(WaitingMail head) {
        return head.mailbox()
                .map(mailbox -> times.untilSlot(mailbox, 0))
                .orElseGet(() -> times.untilDue(queue(), head.message(), state));
    }

    /** Reports that a mail has left the queue. */
    void left() {
        mails.gone();
    }
}
