package io.relaypod.gateway;

import java.time.Duration;
import java.util.Optional;
import javax.mail.MessagingException;

import io.relaypod.hold.HoldStatus;
import org.apache.james.queue.api.MailQueue.MailQueueItem;
import org.apache.mailet.Mail;

/**
 * Delivers a mail of the queue and acknowledges it when Graph has accepted it. A mail that a crash or a stop returned
 * to the queue is not sent again while smtp2graph has its copy, or if Graph accepted it meanwhile. One that nobody can
 * follow leaves the queue when the gateway has accepted it. Thread-safe.
 */
final class HeldDelivery implements QueuedDeliveries.Step {

    private final Delivery delivery;
    private final UndeliveredMails undelivered;
    private final HeldMails held;

    HeldDelivery(Delivery delivery, UndeliveredMails undelivered, HeldMails held) {
        this.delivery = delivery;
        this.undelivered = undelivered;
        this.held = held;
    }

    @Override
    public void take(MailQueueItem item) throws MessagingException {
        Mail mail = item.getMail();
        if (held.isAnothers(mail)) {
            held.lookAgain(mail);
            return;
        }
        HoldStatus standing = held.standing(mail);
        if (standing == HoldStatus.UNSENT) {
            held.removeDone(mail);
            boolean isFollowed = held.trace(mail);
            if (!delivery.attempt(mail)) {
                return;
            }
            if (!isFollowed) {
                held.forget(mail);
                return;
            }
            if (item instanceof HeldMailQueueItem waiting) {
                waiting.held();
            }
            standing = await(mail);
        }
        conclude(mail, standing);
    }

    private HoldStatus await(Mail mail) throws MessagingException {
        try {
            return held.await(mail);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new MessagingException("the relay stops", stopping);
        }
    }

    private void conclude(Mail mail, HoldStatus standing) throws MessagingException {
        held.removeDone(mail);
        switch (standing) {
            case DONE -> held.forget(mail);
            // UNSENT is a copy that nothing is known of any more; the next look decides.
            case WAITING, UNSENT -> {
                if (held.isExpired(mail)) {
                    refuse(mail);
                } else {
                    held.lookAgain(mail);
                }
            }
            case LOST -> {
                held.countLost(mail);
                if (held.isLostTooOften(mail)) {
                    refuse(mail);
                } else {
                    sendAgain(mail, held.pauseAfterLoss(mail));
                }
            }
            case GIVEN_UP -> sendAgain(mail, Duration.ZERO);
            case REFUSED -> refuse(mail);
        }
    }

    private void sendAgain(Mail mail, Duration pause) throws MessagingException {
        String reason = held.reason(mail);
        held.forget(mail);
        delivery.tryAgain(mail, reason, pause);
        held.countSentAgain();
    }

    private void refuse(Mail mail) throws MessagingException {
        String reason = held.reason(mail);
        held.forget(mail);
        held.forgetLosses(mail);
        undelivered.refuse(mail, Optional.empty(), reason);
    }
}
