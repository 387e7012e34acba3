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

/** Whose turn it is: a mailbox's mails go at its pace, and none before those of its mails that wait. Thread-safe. */
final class Turns {

    // RFC 5321 section 4.5.3.1: 64 octets, an @ and 255.
    private static final int LONGEST_MAILBOX = 320;

    private final SenderRateLimiter pace;
    private final Optional<RateLimitedMailQueue> queue;

    private Turns(SenderRateLimiter pace, Optional<RateLimitedMailQueue> queue) {
        this.pace = pace;
        this.queue = queue;
    }

    /**
     * @param queue where mails wait for their turn
     * @throws MailetException when they cannot
     */
    static Turns of(SenderRateLimiter pace, MailQueue queue) throws MailetException {
        if (!pace.isLimited()) {
            return new Turns(pace, Optional.empty());
        }
        if (queue instanceof RateLimitedMailQueue paced) {
            return new Turns(pace, Optional.of(paced));
        }
        throw new MailetException("RemoteDelivery: a sending rate is set, and queue "
                + queue.getName().asString() + " keeps none");
    }

    /**
     * Has the mail wait in the queue when it is not its turn.
     *
     * @return whether it may be sent now; it counts as sent then
     */
    boolean isNowOrQueued(Mail mail) throws MessagingException {
        // Counted when it left its line. Heeded once: the next try of a mail that comes back counts again.
        if (mail.removeAttribute(RateLimitedMailQueue.SLOT).isPresent() || queue.isEmpty()) {
            return true;
        }
        String mailbox = mailbox(mail);
        if (!queue.get().hasWaiting(mailbox) && pace.tryAcquire(mailbox)) {
            return true;
        }
        queue.get().enQueueForSender(mailbox, mail);
        return false;
    }

    /**
     * Whether the mail may be sent once more, as one message to Exchange is one transaction; when it may, that counts
     * as sent.
     */
    BooleanSupplier further(Mail mail) throws MessagingException {
        if (queue.isEmpty()) {
            return () -> true;
        }
        String mailbox = mailbox(mail);
        return () -> pace.tryAcquire(mailbox);
    }

    /**
     * Has the mail, or what is left of its recipients, wait in its line; for one that {@link #further} was not allowed.
     */
    void queue(Mail mail) throws MessagingException {
        queue.orElseThrow(() -> new IllegalStateException("without a rate it is always a mail's turn"))
                .enQueueForSender(mailbox(mail), mail);
    }

    /** A mailbox names a queue of the broker's; none that exists is as long as a header may make it. */
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
