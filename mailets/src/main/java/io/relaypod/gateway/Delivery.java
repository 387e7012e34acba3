package io.relaypod.gateway;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Date;
import java.util.List;
import java.util.Optional;

import javax.mail.MessagingException;

import org.apache.james.core.MailAddress;
import org.apache.james.metrics.api.Metric;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.metrics.api.TimeMetric;
import org.apache.james.queue.api.MailPrioritySupport;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.transport.mailets.remote.delivery.Bouncer;
import org.apache.james.transport.mailets.remote.delivery.Delay;
import org.apache.james.transport.mailets.remote.delivery.DeliveryRetriesHelper;
import org.apache.james.transport.mailets.remote.delivery.DeliveryRunnable;
import org.apache.james.transport.mailets.remote.delivery.ExecutionResult;
import org.apache.james.transport.mailets.remote.delivery.MailDelivrer;
import org.apache.james.transport.mailets.remote.delivery.RemoteDeliveryConfiguration;
import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.Mail;
import org.apache.mailet.MailetContext;
import org.apache.mailet.ProcessingState;

import io.relaypod.events.MailEvent.Deferred;
import io.relaypod.events.MailEvent.Queued;
import io.relaypod.events.MailEvents;
import io.relaypod.mime.Edits;

/**
 * Tries once to hand a mail to the gateway. When this returns, the mail is delivered, or waits in the queue for its turn or its next try, or is
 * with the bounce processor; whoever had it need not keep it. As James' DeliveryRunnable does it, whose own attempt cannot be called from
 * elsewhere. Thread-safe.
 */
final class Delivery {

    private final MailQueue queue;
    private final Turns turns;
    private final MailDelivrer deliverer;
    private final Bouncer bouncer;
    private final MailetContext context;
    private final Clock clock;
    private final MailEvents events;
    private final MetricFactory metrics;
    private final Metric delivered;
    private final List<Duration> delays;
    private final int maxRetries;
    private final boolean retriesComeLast;
    private final Optional<ProcessingState> onSuccess;

    /**
     * @param queue where a mail waits for its next try
     * @param turns whether a mail may be tried now
     */
    Delivery(MailQueue queue, Turns turns, MailDelivrer deliverer, Bouncer bouncer, RemoteDeliveryConfiguration configuration, MailetContext context,
             Clock clock, MailEvents events, MetricFactory metrics) {
        this.queue = queue;
        this.turns = turns;
        this.deliverer = deliverer;
        this.bouncer = bouncer;
        this.context = context;
        this.clock = clock;
        this.events = events;
        this.metrics = metrics;
        this.delivered = metrics.generate(DeliveryRunnable.OUTGOING_MAILS);
        this.delays = configuration.getDelayTimes();
        this.maxRetries = configuration.getMaxRetries();
        this.retriesComeLast = configuration.isUsePriority();
        this.onSuccess = configuration.getOnSuccess();
    }

    /**
     * @throws MessagingException when the mail is still in the hands of the caller
     */
    void attempt(Mail mail) throws MessagingException {
        if (!turns.isNowOrQueued(mail)) {
            events.tell(new Queued(mail.getName(), mail.getRecipients().stream().map(MailAddress::asString).toList()));
            return;
        }
        TimeMetric timer = metrics.timer(DeliveryRunnable.REMOTE_DELIVERY_TRIAL);
        ExecutionResult result = deliverer.deliver(mail);
        switch (result.getExecutionState()) {
            case SUCCESS -> {
                delivered.increment();
                if (onSuccess.isPresent()) {
                    context.sendMail(mail, onSuccess.get().getValue());
                }
            }
            case TEMPORARY_FAILURE -> tryLater(mail, result);
            case PERMANENT_FAILURE -> {
                mail.setAttribute(permanent(true));
                bouncer.bounce(mail, result.getException().orElse(null)); // James' way to say that there was no exception
            }
        }
        timer.stopAndPublish();
    }

    private void tryLater(Mail mail, ExecutionResult result) throws MailQueueException {
        if (!mail.getState().equals(Mail.ERROR)) {
            mail.setState(Mail.ERROR);
            DeliveryRetriesHelper.initRetries(mail);
        }
        mail.setAttribute(permanent(false));
        mail.setLastUpdated(Date.from(clock.instant()));
        int retries = DeliveryRetriesHelper.retrieveRetries(mail);
        if (retries >= maxRetries) {
            bouncer.bounce(mail, new Exception("Too many retries failure. Bouncing after " + retries + " retries.",
                result.getException().orElse(null)));
            return;
        }
        DeliveryRetriesHelper.incrementRetries(mail);
        if (retriesComeLast) {
            mail.setAttribute(MailPrioritySupport.LOW_PRIORITY_ATTRIBUTE);
        }
        nameOnlyWhoIsLeft(mail);
        Duration delay = retries < delays.size() ? delays.get(retries) : Delay.DEFAULT_DELAY_TIME;
        queue.enQueue(mail, delay);
        events.tell(new Deferred(mail.getName(), mail.getRecipients().stream().map(MailAddress::asString).toList(),
            result.getException().map(failure -> reason(failure, mail)).orElse(""), delay));
    }

    private String reason(Exception failure, Mail mail) {
        return FailureReason.of(failure, mail.getRecipients()).map(Exception::getMessage).orElseGet(() -> bouncer.getErrorMsg(failure)).strip();
    }

    /** Some of its recipients may have got the mail, or were refused, in the try that failed. */
    private static void nameOnlyWhoIsLeft(Mail mail) throws MailQueueException {
        try {
            RawMessage message = RawMessage.of(mail);
            Edits edits = TransactionHeader.edits(message.source(), mail.getRecipients().stream().map(MailAddress::asString).toList());
            if (!edits.isEmpty()) {
                message.replace(out -> edits.apply(message.source(), out));
            }
        } catch (IOException | MessagingException unreadable) {
            throw new MailQueueException("mail " + mail.getName() + " could not be read", unreadable);
        }
    }

    private static Attribute permanent(boolean isPermanent) {
        return new Attribute(Bouncer.IS_DELIVERY_PERMANENT_ERROR, AttributeValue.of(isPermanent));
    }
}
