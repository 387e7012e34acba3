package io.relaypod.gateway;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import javax.mail.MessagingException;

import com.google.common.hash.Hashing;
import io.relaypod.headers.SenderAlignment;
import io.relaypod.headers.SendingMailbox;
import io.relaypod.mime.HeaderSection;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.james.queue.api.MailQueue;
import org.apache.mailet.Mail;
import org.apache.mailet.MailetException;

/**
 * Applies the rate limit of the sending mailbox. A mail without a free slot waits in the queue of its mailbox, behind
 * the mails that wait there already. Thread-safe.
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
        String mailbox = mailbox(mail);
        if (!queue.get().hasWaiting(mailbox) && limiter.tryAcquire(mailbox)) {
            return true;
        }
        queue.get().enQueueForSender(mailbox, mail);
        return false;
    }

    /** Returns what takes a slot for another transaction of the mail: Exchange counts each as a message. */
    BooleanSupplier further(Mail mail) throws MessagingException {
        if (queue.isEmpty()) {
            return () -> true;
        }
        String mailbox = mailbox(mail);
        return () -> limiter.tryAcquire(mailbox);
    }

    /** Puts a mail into the queue of its mailbox, after {@link #further} took no slot. */
    void enqueue(Mail mail) throws MessagingException {
        queue.orElseThrow(() -> new IllegalStateException("there is no rate limit"))
                .enQueueForSender(mailbox(mail), mail);
    }

    /** Shortens the name of a mailbox, which may be as long as a header, to one that the broker can store. */
    static String shortened(String mailbox) {
        return mailbox.length() <= LONGEST_MAILBOX
                ? mailbox
                : mailbox.substring(0, LONGEST_MAILBOX) + "#"
                        + Hashing.sha256().hashString(mailbox, StandardCharsets.UTF_8);
    }

    private static String mailbox(Mail mail) throws MessagingException {
        try {
            return shortened(SendingMailbox.of(
                    HeaderSection.read(RawMessage.of(mail).source(), SenderAlignment.FIELDS),
                    mail.getMaybeSender().asString("")));
        } catch (IOException unreadable) {
            throw new MessagingException("mail " + mail.getName() + " could not be read", unreadable);
        }
    }
}
