package io.relaypod.gateway;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import javax.mail.MessagingException;

import com.google.common.hash.Hashing;
import io.relaypod.gateway.AttemptResult.Contact;
import io.relaypod.headers.SenderAlignment;
import io.relaypod.headers.SendingMailbox;
import io.relaypod.mime.HeaderSection;
import io.relaypod.quota.QuotaKind;
import io.relaypod.quota.QuotaUse;
import io.relaypod.smtpclient.DeliveryStatus;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.james.core.MailAddress;
import org.apache.james.queue.api.MailQueue;
import org.apache.mailet.Mail;
import org.apache.mailet.MailetException;

/**
 * Applies the rate limit of the sending mailbox and the quotas of recipients. A mail without a free slot waits in the
 * queue of its mailbox, behind the mails that wait there already. Thread-safe.
 */
final class SenderSlots {

    // RFC 5321 section 4.5.3.1: 64 octets, an @ and 255.
    private static final int LONGEST_MAILBOX = 320;

    private final SenderRateLimiter limiter;
    private final Optional<RateLimitedMailQueue> queue;

    private SenderSlots(SenderRateLimiter limiter, Optional<RateLimitedMailQueue> queue) {
        this.limiter = limiter;
        this.queue = queue;
    }

    /**
     * @param queue that mails wait in
     * @throws MailetException if there is a limit and the queue has no per-sender queues
     */
    static SenderSlots of(SenderRateLimiter limiter, MailQueue queue) throws MailetException {
        if (!limiter.isLimited()) {
            return new SenderSlots(limiter, Optional.empty());
        }
        if (queue instanceof RateLimitedMailQueue limited) {
            return new SenderSlots(limiter, Optional.of(limited));
        }
        throw new MailetException("RemoteDelivery: a rate limit is set, but queue "
                + queue.getName().asString() + " has no per-sender queues");
    }

    /** Takes a slot for the mail, or puts it into the queue of its mailbox and returns false. */
    boolean takeOrEnqueue(Mail mail) throws MessagingException {
        // The attribute counts for one attempt; a retry takes another slot.
        if (mail.removeAttribute(RateLimitedMailQueue.SLOT).isPresent() || queue.isEmpty()) {
            return true;
        }
        QuotaUse use = use(mail, mail.getRecipients());
        if (isForTenant(use)) {
            queue.get().enQueueForTenant(use, mail);
            return false;
        }
        if (!queue.get().hasWaiting(use.mailbox()) && limiter.tryAcquire(use)) {
            return true;
        }
        queue.get().enQueueForSender(use, mail);
        return false;
    }

    // Mails inside the tenant must not wait behind those that leave it.
    private boolean isForTenant(QuotaUse use) {
        return use.external() > 0
                && (queue.filter(RateLimitedMailQueue::hasWaitingForTenant).isPresent()
                        || limiter.quota().reached(use).equals(Optional.of(QuotaKind.TENANT)));
    }

    /**
     * Gives the recipients back to the quotas that the gateway did not accept. If it was lost with the mail, it may
     * have accepted them.
     */
    void settle(Mail mail, AttemptResult result) throws MessagingException {
        List<MailAddress> undelivered =
                result.with(DeliveryStatus.DEFERRED, DeliveryStatus.NOT_ATTEMPTED, DeliveryStatus.REFUSED);
        if (limiter.quota().isLimited() && !undelivered.isEmpty() && result.contact() != Contact.LOST_WITH_MAIL) {
            limiter.quota().giveBack(use(mail, undelivered));
        }
    }

    /** The quota that the mail would exceed now. */
    Optional<QuotaKind> reached(Mail mail) {
        try {
            return limiter.quota().reached(use(mail, mail.getRecipients()));
        } catch (MessagingException unreadable) {
            return Optional.empty();
        }
    }

    private QuotaUse use(Mail mail, Collection<MailAddress> recipients) throws MessagingException {
        return limiter.quota()
                .use(
                        mailbox(mail),
                        recipients.stream()
                                .map(recipient -> recipient.getDomain().asString())
                                .toList());
    }

    /** Returns what takes a slot for another transaction of the mail: Exchange counts each as a message. */
    BooleanSupplier further(Mail mail) {
        return () -> queue.isEmpty() || hasFurtherSlot(mail);
    }

    private boolean hasFurtherSlot(Mail mail) {
        try {
            return limiter.tryAcquireFurther(mailbox(mail));
        } catch (MessagingException unreadable) {
            // The mail then waits in the queue, whose reader finds out.
            return false;
        }
    }

    /** Puts a mail into the queue of its mailbox that took a slot and is not sent. */
    void putBack(Mail mail) throws MessagingException {
        limiter.quota().giveBack(use(mail, mail.getRecipients()));
        enqueue(mail);
    }

    /** Puts a mail into the queue of its mailbox, after {@link #further} took no slot. */
    void enqueue(Mail mail) throws MessagingException {
        queue.orElseThrow(() -> new IllegalStateException("there is no rate limit"))
                .enQueueForSender(use(mail, mail.getRecipients()), mail);
    }

    /** Shortens the name of a mailbox, which may be as long as a header, to one that the broker can store. */
    static String shortened(String mailbox) {
        return mailbox.length() <= LONGEST_MAILBOX
                ? mailbox
                : mailbox.substring(0, LONGEST_MAILBOX) + "#"
                        + Hashing.sha256().hashString(mailbox, StandardCharsets.UTF_8);
    }

    /** The mailbox from which smtp2graph will send the mail. */
    static String mailbox(Mail mail) throws MessagingException {
        try {
            return shortened(SendingMailbox.of(
                    HeaderSection.read(RawMessage.of(mail).source(), SenderAlignment.FIELDS),
                    mail.getMaybeSender().asString("")));
        } catch (IOException unreadable) {
            throw new MessagingException("mail " + mail.getName() + " could not be read", unreadable);
        }
    }
}
