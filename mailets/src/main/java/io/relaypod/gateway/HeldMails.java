package io.relaypod.gateway;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import javax.mail.MessagingException;

import io.relaypod.graph.CopyHeader;
import io.relaypod.graph.GraphError;
import io.relaypod.hold.GraphHold;
import io.relaypod.hold.HoldStatus;
import io.relaypod.mime.TraceInformation;
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
    private static final AttributeName TIMES_LOST = AttributeName.of("relaypod-times-lost");
    private static final AttributeName HELD_BY = AttributeName.of("relaypod-held-by");
    private static final AttributeName HELD_SINCE = AttributeName.of("relaypod-held-since");
    private static final AttributeName HELD_SEEN = AttributeName.of("relaypod-held-seen");

    // Longer than smtp2graph takes for a mail that neither it nor Graph delays.
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(2);
    // Each may be a second copy for the recipient, if what tells of losses is wrong.
    private static final int MOST_LOST = 5;
    private static final Duration LONGEST = Duration.ofDays(5);
    // A relay at the same broker has its own smtp2graph, and its volume. It sees its mails each few minutes.
    private static final Duration ABSENCE = Duration.ofHours(1);

    private final MailQueue queue;
    private final GraphHold hold;
    private final String relay;
    private final Duration firstPause;
    private final Clock clock;

    /** @param firstPause until a mail without an answer is looked at again; the pauses grow */
    HeldMails(MailQueue queue, GraphHold hold, Duration firstPause, Clock clock) {
        this.queue = queue;
        this.hold = hold;
        this.relay = hold.settings().relay();
        this.firstPause = firstPause;
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
                result.transactions().stream().map(MailEnvelope::addresses).toList();
        hold.sent(queueId(mail), MailEnvelope.addresses(result.recipients()), transactions);
        List<MailAddress> delivered = result.with(DeliveryStatus.DELIVERED);
        if (!delivered.isEmpty() && delivered.size() < result.recipients().size()) {
            Mail part = mail.duplicate();
            try {
                part.setRecipients(delivered);
                lookAgain(part);
            } finally {
                LifecycleUtil.dispose(part);
            }
        }
    }

    /** What is known of the mail's copies. To be called first. */
    HoldStatus standing(Mail mail) {
        // Its last copy was sent under the id in the queue's message, or, if a crash followed, under the mail's name.
        identify(mail, inMessage(mail).orElse(mail.getName()));
        HoldStatus found = hold.standing(queueId(mail), recipients(mail), isHeld(mail));
        if (found == HoldStatus.UNSENT) {
            identify(mail, mail.getName());
            found = hold.standing(queueId(mail), recipients(mail), isHeld(mail));
        }
        return found;
    }

    /**
     * Gives the mail its own name as queue id, before it is sent.
     *
     * @return false if nobody can follow it: smtp2graph's file will have no queue id, because the mail did not come by
     *     SMTP, or the system reports no changes of the directories
     */
    boolean trace(Mail mail) {
        try {
            RawMessage message = RawMessage.of(mail);
            Optional<TraceInformation> changed = TraceInformation.of(
                    message.source(), mail.getName(), mail.getMaybeSender().asString(""));
            if (changed.isPresent()) {
                message.begin(changed.get());
            }
            Optional<String> id = inMessage(mail);
            identify(mail, id.orElse(mail.getName()));
            return id.isPresent() && hold.canHold();
        } catch (IOException | MessagingException unreadable) {
            return true; // its delivery tells why, and sends nothing
        }
    }

    private static Optional<String> inMessage(Mail mail) {
        try {
            return CopyHeader.queueId(RawMessage.of(mail).source());
        } catch (IOException | MessagingException unreadable) {
            return Optional.empty(); // its delivery tells why
        }
    }

    private static void identify(Mail mail, String queueId) {
        mail.setAttribute(new Attribute(COPY_OF, AttributeValue.of(queueId)));
    }

    /** Waits some seconds for Graph's answer. */
    HoldStatus await(Mail mail) throws InterruptedException {
        return hold.await(queueId(mail), recipients(mail), PATIENCE);
    }

    /** The mail leaves the queue, or is sent again. */
    void forget(Mail mail) {
        hold.forget(queueId(mail), recipients(mail));
        mail.removeAttribute(HELD_BY);
        mail.removeAttribute(HELD_SEEN);
        mail.removeAttribute(HELD_SINCE);
    }

    void countSentAgain() {
        hold.countSentAgain();
    }

    /** Counts that smtp2graph lost a copy of the mail. */
    void countLost(Mail mail) {
        mail.setAttribute(new Attribute(TIMES_LOST, AttributeValue.of(timesLost(mail) + 1)));
    }

    /** Whether the mail was lost too often to be sent again without being asked. */
    boolean isLostTooOften(Mail mail) {
        return timesLost(mail) > MOST_LOST;
    }

    /** Pause before the mail is sent again; twice as long each time that smtp2graph lost it. */
    Duration pauseAfterLoss(Mail mail) {
        return firstPause.multipliedBy(1L << Math.min(MOST_LOST, Math.max(0, timesLost(mail) - 1)));
    }

    /** Begins to count anew. */
    void forgetLosses(Mail mail) {
        mail.removeAttribute(TIMES_LOST);
    }

    private static int timesLost(Mail mail) {
        return AttributeUtils.getValueAndCastFromMail(mail, TIMES_LOST, Integer.class)
                .orElse(0);
    }

    /** Why Graph has not accepted the mail. */
    String reason(Mail mail) {
        return hold.error(queueId(mail), recipients(mail))
                .map(GraphError::words)
                .filter(words -> !words.isEmpty())
                .map(words -> "Graph: " + words)
                .orElseGet(() -> "smtp2graph has no copy of it any more, and Graph is not known to have accepted it"
                        + (isLostTooOften(mail) ? "; sent " + timesLost(mail) + " times" : ""));
    }

    /** Whether another relay delivered the mail to its smtp2graph, and may still hear of it. */
    boolean isAnothers(Mail mail) {
        Optional<String> by = AttributeUtils.getValueAndCastFromMail(mail, HELD_BY, String.class);
        return by.filter(other -> !other.equals(relay)).isPresent()
                && seen(mail).plus(ABSENCE).isAfter(clock.instant());
    }

    /** Whether Graph has had five days. */
    boolean isExpired(Mail mail) {
        return since(mail).plus(LONGEST).isBefore(clock.instant());
    }

    /**
     * Takes from the mail the recipients whose copies Graph accepted, if others are left: only those are sent again or
     * reported.
     */
    void removeDone(Mail mail) throws MessagingException {
        List<String> done = hold.done(queueId(mail), recipients(mail), isHeld(mail));
        List<MailAddress> left = mail.getRecipients().stream()
                .filter(recipient -> !done.contains(recipient.asString()))
                .toList();
        if (!done.isEmpty() && !left.isEmpty()) {
            hold.forget(queueId(mail), done);
            mail.setRecipients(left);
            TransactionHeader.align(mail);
        }
    }

    private static boolean isHeld(Mail mail) {
        return mail.getAttribute(HELD_SINCE).isPresent();
    }

    private Instant since(Mail mail) {
        return time(mail, HELD_SINCE).orElseGet(clock::instant);
    }

    /** When the relay that holds the mail looked at it last. */
    private Instant seen(Mail mail) {
        return time(mail, HELD_SEEN).orElseGet(() -> since(mail));
    }

    private static Optional<Instant> time(Mail mail, AttributeName name) {
        return AttributeUtils.getValueAndCastFromMail(mail, name, Long.class).map(Instant::ofEpochMilli);
    }

    /** Stores the mail, to be looked at again; its caller need not keep it. */
    void lookAgain(Mail mail) throws MailQueueException {
        Duration waited = Duration.between(since(mail), clock.instant());
        if (!isAnothers(mail)) {
            mail.setAttribute(
                    new Attribute(HELD_SINCE, AttributeValue.of(since(mail).toEpochMilli())));
            mail.setAttribute(new Attribute(HELD_BY, AttributeValue.of(relay)));
            mail.setAttribute(
                    new Attribute(HELD_SEEN, AttributeValue.of(clock.instant().toEpochMilli())));
        }
        Duration pause = firstPause;
        while (pause.compareTo(waited) < 0 && pause.compareTo(LONGEST_PAUSE) < 0) {
            pause = pause.multipliedBy(2);
        }
        WaitReason.write(mail, WaitReason.GRAPH);
        queue.enQueue(mail, pause);
    }

    /** The queue id in the Received field of the mail's copies, by which the follower knows them. */
    private static String queueId(Mail mail) {
        return AttributeUtils.getValueAndCastFromMail(mail, COPY_OF, String.class)
                .orElse(mail.getName());
    }

    private static List<String> recipients(Mail mail) {
        return MailEnvelope.addresses(mail.getRecipients());
    }
}
