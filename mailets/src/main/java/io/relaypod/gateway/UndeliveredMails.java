package io.relaypod.gateway;

import java.time.Clock;
import java.time.Duration;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import javax.mail.MessagingException;

import io.relaypod.events.MailEvent.DeliveryDeferred;
import io.relaypod.events.MailEvent.MailFailed;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.smtpclient.DeferralReason;
import io.relaypod.smtpclient.RecipientOutcome;
import org.apache.james.queue.api.MailPrioritySupport;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.transport.mailets.remote.delivery.Bouncer;
import org.apache.james.transport.mailets.remote.delivery.Delay;
import org.apache.james.transport.mailets.remote.delivery.DeliveryRetriesHelper;
import org.apache.james.transport.mailets.remote.delivery.RemoteDeliveryConfiguration;
import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeName;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.Mail;
import org.apache.mailet.MailetContext;

/**
 * Mails that were not delivered. Each waits in the queue for its next attempt, or goes to the bounce processor: when it
 * was refused, or after its last attempt. So does a mail with an empty sender, which James' Bouncer drops: a bounce
 * must not answer a bounce (RFC 5321 section 4.5.5), but here nothing is sent back. Thread-safe.
 */
final class UndeliveredMails {

    private final MailQueue queue;
    private final MailetContext context;
    private final String bounceProcessor;
    private final Clock clock;
    private final MailEventPublisher events;
    private final List<Duration> delays;
    private final int maxRetries;
    private final int maxDnsRetries;
    private final boolean retriesComeLast;

    UndeliveredMails(
            MailQueue queue,
            MailetContext context,
            String bounceProcessor,
            RemoteDeliveryConfiguration configuration,
            Clock clock,
            MailEventPublisher events) {
        this.queue = queue;
        this.context = context;
        this.bounceProcessor = bounceProcessor;
        this.clock = clock;
        this.events = events;
        this.delays = configuration.getDelayTimes();
        this.maxRetries = configuration.getMaxRetries();
        this.maxDnsRetries = configuration.getDnsProblemRetry();
        this.retriesComeLast = configuration.isUsePriority();
    }

    /**
     * Passes a mail that must not be sent again to the bounce processor.
     *
     * @param code of the gateway's reply, if it replied
     * @param reason for operators
     * @throws IllegalStateException if the processor fails; the caller still has the mail
     */
    void refuse(Mail mail, Optional<Integer> code, String reason) {
        finish(mail, true);
        code.ifPresent(some -> set(mail, Bouncer.DELIVERY_ERROR_CODE, AttributeValue.of(some)));
        bounce(mail, reason);
    }

    private void bounce(Mail mail, String reason) {
        set(mail, Bouncer.DELIVERY_ERROR, AttributeValue.of(reason));
        mail.setErrorMessage(reason);
        try {
            context.sendMail(mail, bounceProcessor);
        } catch (MessagingException notKept) {
            throw new IllegalStateException(
                    "mail " + mail.getName() + " could not be sent to processor " + bounceProcessor, notKept);
        }
        events.publish(new MailFailed(
                mail.getName(),
                mail.getMaybeSender().asString(""),
                MailEnvelope.addresses(mail.getRecipients()),
                reason));
    }

    /** Whether the mail may be tried again although the name of the gateway has no address. */
    boolean hasDnsRetries(Mail mail) {
        return DeliveryRetriesHelper.retrieveRetries(mail) < maxDnsRetries;
    }

    /**
     * Puts the mail into the queue for another attempt.
     *
     * @param shortest pause, if that before a retry is shorter
     */
    void tryLater(Mail mail, RecipientOutcome deferral, Duration shortest) throws MailQueueException {
        if (!mail.getState().equals(Mail.ERROR)) {
            mail.setState(Mail.ERROR);
            DeliveryRetriesHelper.initRetries(mail);
        }
        finish(mail, false);
        // Listings show it until the next attempt.
        mail.setErrorMessage(deferral.text());
        int retries = DeliveryRetriesHelper.retrieveRetries(mail);
        if (retries >= maxRetries) {
            bounce(mail, "not delivered after " + retries + " retries; last: " + deferral.text());
            return;
        }
        DeliveryRetriesHelper.incrementRetries(mail);
        if (retriesComeLast) {
            mail.setAttribute(MailPrioritySupport.LOW_PRIORITY_ATTRIBUTE);
        }
        TransactionHeader.align(mail);
        Duration usual = retries < delays.size() ? delays.get(retries) : Delay.DEFAULT_DELAY_TIME;
        Duration delay = usual.compareTo(shortest) < 0 ? shortest : usual;
        queue.enQueue(mail, delay);
        events.publish(new DeliveryDeferred(
                mail.getName(),
                MailEnvelope.addresses(mail.getRecipients()),
                deferral.reason().orElse(DeferralReason.UNKNOWN),
                deferral.text(),
                delay));
    }

    private void finish(Mail mail, boolean isPermanent) {
        set(mail, Bouncer.IS_DELIVERY_PERMANENT_ERROR, AttributeValue.of(isPermanent));
        mail.setLastUpdated(Date.from(clock.instant()));
    }

    private static void set(Mail mail, AttributeName name, AttributeValue<?> value) {
        mail.setAttribute(new Attribute(name, value));
    }
}
