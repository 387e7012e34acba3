package io.relaypod.gateway;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.mail.MessagingException;

import io.relaypod.graph.GraphError;
import io.relaypod.hold.GraphHold;
import io.relaypod.hold.GraphHold.HoldStatus;
import io.relaypod.smtpclient.DeliveryStatus;
import org.apache.james.core.MailAddress;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeName;
import org.apache.mailet.AttributeUtils;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.Mail;

/**
 * Mails that the gateway accepted and Graph has not. Each stays in the outgoing queue: in flight for the seconds that
 * Graph usually takes, and then as a mail that is looked at again after a while. Thread-safe.
 */
final class HeldMails {

    private static final AttributeName COPY_OF = AttributeName.of("relaypod-copy-of");
    private static final AttributeName HELD_BY = AttributeName.of("relaypod-held-by");
    private static final AttributeName HELD_SINCE = AttributeName.of("relaypod-held-since");

    // Longer than smtp2graph takes for a mail that neither it nor Graph delays.
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(2);
    private static final Duration LONGEST = Duration.ofDays(5);
    // A relay at the same broker has its own smtp2graph, and its volume.
    private static final Duration ABSENCE = Duration.ofHours(1);

    private final MailQueue queue;
    private final GraphHold hold;
    private final String relay;
    private final Duration firstPause;
    private final Clock clock;

    HeldMails(MailQueue queue, GraphHold hold, Clock clock) {
        this.queue = queue;
        this.hold = hold;
        this.relay = hold.settings().relay();
        this.firstPause = hold.settings().firstPause();
        this.clock = clock;
    }

    /** Why a mail has no place in the window now; empty if it has one. */
    Optional<String> reasonToWait(Mail mail) throws MessagingException {
        return Optional.of(hold.reason(SenderSlots.mailbox(mail))).filter(reason -> !reason.isEmpty());
    }

    /** Takes a place in the window for a mail that is about to be sent. */
    boolean enter(Mail mail) throws MessagingException {
        return hold.enter(queueId(mail), recipients(mail), SenderSlots.mailbox(mail));
    }

    /**
     * Records what the gateway accepted. If that is only a part of the mail, the part is stored as a mail of its own.
     */
    void sent(Mail mail, AttemptResult result) throws MessagingException {
        List<List<String>> transactions =
                result.transactions().stream().map(HeldMails::addresses).toList();
        hold.sent(queueId(mail), transactions);
        List<MailAddress> delivered = result.with(DeliveryStatus.DELIVERED);
        if (!delivered.isEmpty() && delivered.size() < result.recipients().size()) {
            Mail part = mail.duplicate();
            try {
                part.setRecipients(delivered);
                part.setAttribute(new Attribute(COPY_OF, AttributeValue.of(queueId(mail))));
                lookAgain(part);
            } finally {
                LifecycleUtil.dispose(part);
            }
        }
    }

    /** What is known of the mail's copies. */
    HoldStatus standing(Mail mail) {
        return hold.standing(queueId(mail), recipients(mail), isHeld(mail));
    }

    /** Waits some seconds for Graph's answer. */
    HoldStatus await(Mail mail) throws InterruptedException {
        return hold.await(queueId(mail), PATIENCE);
    }

    /** The mail leaves the queue, or is sent again. */
    void forget(Mail mail) {
        hold.forget(queueId(mail));
        mail.removeAttribute(HELD_BY);
        mail.removeAttribute(HELD_SINCE);
    }

    void countSentAgain() {
        hold.countSentAgain();
    }

    /** Why Graph has not accepted the mail. */
    String reason(Mail mail) {
        return hold.error(queueId(mail), recipients(mail))
                .map(GraphError::words)
                .filter(words -> !words.isEmpty())
                .map(words -> "Graph: " + words)
                .orElse("smtp2graph has no copy of it any more, and Graph is not known to have accepted it");
    }

    /** Whether another relay delivered the mail to its smtp2graph, and may still hear of it. */
    boolean isAnothers(Mail mail) {
        Optional<String> by = AttributeUtils.getValueAndCastFromMail(mail, HELD_BY, String.class);
        return by.filter(other -> !other.equals(relay)).isPresent()
                && since(mail).plus(ABSENCE).isAfter(clock.instant());
    }

    /** Whether Graph has had five days. */
    boolean isExpired(Mail mail) {
        return since(mail).plus(LONGEST).isBefore(clock.instant());
    }

    private static boolean isHeld(Mail mail) {
        return mail.getAttribute(HELD_SINCE).isPresent();
    }

    private Instant since(Mail mail) {
        return AttributeUtils.getValueAndCastFromMail(mail, HELD_SINCE, Long.class)
                .map(Instant::ofEpochMilli)
                .orElseGet(clock::instant);
    }

    /** Stores the mail, to be looked at again; its caller need not keep it. */
    void lookAgain(Mail mail) throws MailQueueException {
        Duration waited = Duration.between(since(mail), clock.instant());
        if (!isAnothers(mail)) {
            mail.setAttribute(
                    new Attribute(HELD_SINCE, AttributeValue.of(since(mail).toEpochMilli())));
            mail.setAttribute(new Attribute(HELD_BY, AttributeValue.of(relay)));
        }
        Duration pause = firstPause;
        while (pause.compareTo(waited) < 0 && pause.compareTo(LONGEST_PAUSE) < 0) {
            pause = pause.multipliedBy(2);
        }
        WaitReason.write(mail, WaitReason.GRAPH);
        queue.enQueue(mail, pause);
    }

    /** The queue id in the mail's Received field, by which the follower knows its copy. */
    private static String queueId(Mail mail) {
        return AttributeUtils.getValueAndCastFromMail(mail, COPY_OF, String.class)
                .orElse(mail.getName());
    }

    private static List<String> recipients(Mail mail) {
        return addresses(new ArrayList<>(mail.getRecipients()));
    }

    private static List<String> addresses(List<MailAddress> recipients) {
        return recipients.stream().map(MailAddress::asString).toList();
    }
}
