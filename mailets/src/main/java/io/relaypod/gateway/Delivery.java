package io.relaypod.gateway;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.mail.Address;
import javax.mail.MessagingException;
import javax.mail.SendFailedException;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.relaypod.events.MailEvent.DeliveryDeferred;
import io.relaypod.events.MailEvent.MailQueued;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.mime.Edits;
import org.apache.james.core.MailAddress;
import org.apache.james.lifecycle.api.LifecycleUtil;
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
import org.apache.james.transport.mailets.remote.delivery.EnhancedMessagingException;
import org.apache.james.transport.mailets.remote.delivery.RemoteDeliveryConfiguration;
import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.Mail;
import org.apache.mailet.MailetContext;
import org.apache.mailet.ProcessingState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries once to hand a mail to the gateway. When this returns, the mail is delivered, or waits in the queue for its
 * turn or its next try, or is with the bounce processor; whoever had it need not keep it. As James' DeliveryRunnable
 * does it, whose own attempt cannot be called from elsewhere. Thread-safe.
 */
final class Delivery {

    private static final Logger LOGGER = LoggerFactory.getLogger(Delivery.class);

    // A large mail waits so long for the others on a thread, and then in the queue.
    private static final Duration WAIT_FOR_ROOM = Duration.ofMinutes(1);
    private static final Duration COME_AGAIN = Duration.ofSeconds(5);

    private final MailQueue queue;
    private final GatewayAdmission admission;
    private final Semaphore mayWait;
    private final PoisonGuard poison = new PoisonGuard();
    private final Turns turns;
    private final ToGateway gateway;
    private final Bouncer bouncer;
    private final MailetContext context;
    private final Clock clock;
    private final MailEventPublisher events;
    private final MetricFactory metrics;
    private final Metric delivered;
    private final Metric poisonous;
    private final List<Duration> delays;
    private final int maxRetries;
    private final boolean retriesComeLast;
    private final int maxDnsRetries;
    private final Optional<ProcessingState> onSuccess;
    // Mails whose queue could not take what is left of them. They come again within seconds.
    private final Cache<String, List<MailAddress>> unfinished;

    /**
     * @param queue where a mail waits for its next try
     * @param admission how many bytes may be on their way
     * @param waiting how many threads of the queue's may wait for room
     * @param remembered how many mails, at most, of which some recipients have them while the queue could not take the
     *     others
     * @param turns whether a mail may be tried now
     */
    Delivery(
            MailQueue queue,
            GatewayAdmission admission,
            int waiting,
            int remembered,
            Turns turns,
            ToGateway gateway,
            Bouncer bouncer,
            RemoteDeliveryConfiguration configuration,
            MailetContext context,
            Clock clock,
            MailEventPublisher events,
            MetricFactory metrics) {
        this.queue = queue;
        this.admission = admission;
        this.mayWait = new Semaphore(waiting);
        this.unfinished = Caffeine.newBuilder().maximumSize(remembered).build();
        this.turns = turns;
        this.gateway = gateway;
        this.bouncer = bouncer;
        this.context = context;
        this.clock = clock;
        this.events = events;
        this.metrics = metrics;
        this.delivered = metrics.generate(DeliveryRunnable.OUTGOING_MAILS);
        this.poisonous = metrics.generate("poisonMails");
        this.delays = configuration.getDelayTimes();
        this.maxRetries = configuration.getMaxRetries();
        this.maxDnsRetries = configuration.getDnsProblemRetry();
        this.retriesComeLast = configuration.isUsePriority();
        this.onSuccess = configuration.getOnSuccess();
    }

    /**
     * As {@link #attempt}, at once.
     *
     * @return whether it was tried; if not, as the mail is large and others are on their way, it is still in the hands
     *     of the caller
     */
    boolean tryAttempt(Mail mail) throws MessagingException {
        if (PoisonGuard.isSuspect(mail)) {
            return false;
        }
        Optional<GatewayAdmission.Pass> pass = admission.tryEnter(size(mail));
        if (pass.isPresent()) {
            try (GatewayAdmission.Pass here = pass.get()) {
                attempt(mail, here);
            }
        }
        return pass.isPresent();
    }

    /**
     * For a mail of the queue: waits for the gateway to have room, here or in the queue again.
     *
     * @throws MessagingException when the mail is still in the hands of the caller, as after a RuntimeException
     */
    void attempt(Mail mail) throws MessagingException {
        try {
            Optional<GatewayAdmission.Pass> pass = enter(mail);
            if (pass.isEmpty()) {
                queue.enQueue(mail, COME_AGAIN);
                return;
            }
            try (GatewayAdmission.Pass here = pass.get()) {
                attempt(mail, here);
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new MessagingException("the relay stops", stopping);
        }
    }

    private Optional<GatewayAdmission.Pass> enter(Mail mail) throws InterruptedException {
        long bytes = size(mail);
        if (PoisonGuard.isSuspect(mail)) {
            return admission.enter(bytes, true, WAIT_FOR_ROOM);
        }
        if (bytes <= GatewayAdmission.SMALL) {
            // It is only held up by a suspect, and not for long.
            return admission.enter(bytes, false, WAIT_FOR_ROOM);
        }
        Optional<GatewayAdmission.Pass> now = admission.tryEnter(bytes);
        if (now.isPresent() || !mayWait.tryAcquire()) {
            return now;
        }
        try {
            return admission.enter(bytes, false, WAIT_FOR_ROOM);
        } finally {
            mayWait.release();
        }
    }

    // Of one that cannot be read nothing is sent.
    private static long size(Mail mail) {
        try {
            return mail.getMessageSize();
        } catch (MessagingException unreadable) {
            return 0;
        }
    }

    /**
     * Whoever keeps the mail after a failure has it as it was. So it is remembered who is left then, until the mail
     * comes again.
     */
    private void attempt(Mail mail, GatewayAdmission.Pass pass) throws MessagingException {
        Optional<List<MailAddress>> remembered = Optional.ofNullable(unfinished.getIfPresent(mail.getName()));
        boolean isDelivered = remembered.filter(List::isEmpty).isPresent();
        if (remembered.isPresent() && !isDelivered) {
            mail.setRecipients(remembered.get());
            nameOnlyWhoIsLeft(mail);
        }
        if (!isDelivered && !turns.isNowOrQueued(mail)) {
            unfinished.invalidate(mail.getName());
            tellQueued(mail);
            return;
        }
        TimeMetric timer = metrics.timer(DeliveryRunnable.REMOTE_DELIVERY_TRIAL);
        Optional<Exception> failure = isDelivered ? Optional.empty() : send(mail, pass);
        List<MailAddress> left =
                new ArrayList<>(failure.map(some -> left(mail, some)).orElseGet(List::of));
        try {
            conclude(mail, failure, left);
        } catch (MessagingException | RuntimeException inOurHands) {
            unfinished.put(mail.getName(), List.copyOf(left));
            throw inOurHands;
        }
        unfinished.invalidate(mail.getName());
        timer.stopAndPublish();
    }

    /** Of how many mails it is remembered who is left. */
    long unfinished() {
        return unfinished.estimatedSize();
    }

    private Optional<Exception> send(Mail mail, GatewayAdmission.Pass pass) throws MessagingException {
        BooleanSupplier furtherTurn = turns.further(mail);
        boolean wasWell = poison.isGatewayWell();
        try {
            gateway.deliver(mail, furtherTurn);
            poison.answered();
            return Optional.empty();
        } catch (MessagingException failure) {
            learn(mail, failure, wasWell, pass.isAlone());
            return Optional.of(failure);
        } catch (RuntimeException unexpected) {
            LOGGER.error(
                    "event=delivery-failed mail={} reason=\"{}\"", mail.getName(), unexpected.getMessage(), unexpected);
            return Optional.of(unexpected);
        }
    }

    private void learn(Mail mail, MessagingException failure, boolean wasWell, boolean isAlone) {
        if (GatewayLostException.isIn(failure)) {
            poison.lost();
            if (wasWell) {
                PoisonGuard.blame(mail, isAlone);
            }
        } else if (new EnhancedMessagingException(failure).hasReturnCode()) {
            poison.answered();
            PoisonGuard.clear(mail);
        } else {
            poison.lost();
        }
    }

    private static List<MailAddress> left(Mail mail, Exception failure) {
        List<MailAddress> named = Stream.of(unsent(mail, failure), refused(mail, failure))
                .flatMap(List::stream)
                .toList();
        return named.isEmpty() ? List.copyOf(mail.getRecipients()) : named;
    }

    private static List<MailAddress> unsent(Mail mail, Exception failure) {
        return failure instanceof SendFailedException some
                ? recipients(mail, some.getValidUnsentAddresses())
                : List.of();
    }

    private static List<MailAddress> refused(Mail mail, Exception failure) {
        return failure instanceof SendFailedException some ? recipients(mail, some.getInvalidAddresses()) : List.of();
    }

    // The mail's own: James reads addresses back from their text, and drops those that its parser does not take.
    private static List<MailAddress> recipients(Mail mail, Address[] addresses) {
        Set<String> texts = Stream.ofNullable(addresses)
                .flatMap(Stream::of)
                .map(Address::toString)
                .collect(Collectors.toSet());
        return mail.getRecipients().stream()
                .filter(recipient -> texts.contains(recipient.asString()))
                .toList();
    }

    /** @param left who has to be seen to yet; those who were are taken out */
    private void conclude(Mail mail, Optional<Exception> failure, List<MailAddress> left) throws MessagingException {
        if (failure.isEmpty()) {
            delivered.increment();
            tellOnSuccess(mail);
            return;
        }
        Exception why = failure.get();
        List<MailAddress> unsent = unsent(mail, why);
        List<MailAddress> refused = refused(mail, why);
        if (left.size() < mail.getRecipients().size()) {
            tellOnSuccess(mail, left);
        }
        if (!refused.isEmpty()) {
            mail.setRecipients(refused);
            fail(mail, why);
            left.removeAll(refused);
        }
        if (!left.isEmpty()) {
            mail.setRecipients(left);
            if (why instanceof OutOfTurnException) {
                nameOnlyWhoIsLeft(mail);
                turns.queue(mail);
                tellQueued(mail);
            } else if (PoisonGuard.isPoison(mail) && GatewayLostException.isIn(why)) {
                poisonous.increment();
                LOGGER.error("event=poison queue-id={} reason=\"{}\"", mail.getName(), PoisonGuard.reason(mail));
                fail(mail, new MessagingException(PoisonGuard.reason(mail)));
            } else if (isForGood(mail, why, unsent.isEmpty())) {
                fail(mail, why);
            } else {
                tryLater(mail, why);
            }
        }
    }

    /** A refusal of the mail; what was said of one recipient counts for nobody else. */
    private boolean isForGood(Mail mail, Exception failure, boolean isForAll) {
        if (failure instanceof ToGateway.NotFoundException) {
            return DeliveryRetriesHelper.retrieveRetries(mail) >= maxDnsRetries;
        }
        if (failure instanceof MessagingException messaging) {
            EnhancedMessagingException reply = new EnhancedMessagingException(messaging);
            return reply.isServerError() && (isForAll || reply.hasReturnCode());
        }
        return true;
    }

    private void fail(Mail mail, Exception failure) {
        mail.setAttribute(permanent(true));
        bouncer.bounce(mail, failure);
    }

    private void tellOnSuccess(Mail mail) throws MessagingException {
        if (onSuccess.isPresent()) {
            context.sendMail(mail, onSuccess.get().getValue());
        }
    }

    private void tellOnSuccess(Mail mail, List<MailAddress> left) throws MessagingException {
        if (onSuccess.isPresent()) {
            Mail copy = mail.duplicate();
            try {
                copy.setRecipients(mail.getRecipients().stream()
                        .filter(recipient -> !left.contains(recipient))
                        .toList());
                tellOnSuccess(copy);
            } finally {
                LifecycleUtil.dispose(copy);
            }
        }
    }

    private void tellQueued(Mail mail) {
        events.publish(new MailQueued(
                mail.getName(),
                mail.getRecipients().stream().map(MailAddress::asString).toList()));
    }

    private void tryLater(Mail mail, Exception failure) throws MailQueueException {
        if (!mail.getState().equals(Mail.ERROR)) {
            mail.setState(Mail.ERROR);
            DeliveryRetriesHelper.initRetries(mail);
        }
        mail.setAttribute(permanent(false));
        mail.setLastUpdated(Date.from(clock.instant()));
        int retries = DeliveryRetriesHelper.retrieveRetries(mail);
        if (retries >= maxRetries) {
            bouncer.bounce(
                    mail, new Exception("Too many retries failure. Bouncing after " + retries + " retries.", failure));
            return;
        }
        DeliveryRetriesHelper.incrementRetries(mail);
        if (retriesComeLast) {
            mail.setAttribute(MailPrioritySupport.LOW_PRIORITY_ATTRIBUTE);
        }
        nameOnlyWhoIsLeft(mail);
        Duration delay = retries < delays.size() ? delays.get(retries) : Delay.DEFAULT_DELAY_TIME;
        queue.enQueue(mail, delay);
        String reason = reason(failure, mail);
        events.publish(new DeliveryDeferred(
                mail.getName(),
                mail.getRecipients().stream().map(MailAddress::asString).toList(),
                FailureReason.cause(reason),
                reason,
                delay));
    }

    private String reason(Exception failure, Mail mail) {
        return FailureReason.shortened(FailureReason.of(failure, mail.getRecipients())
                .map(Exception::getMessage)
                .orElseGet(() -> bouncer.getErrorMsg(failure)));
    }

    /** Some of its recipients may have got the mail, or were refused, in the try that failed. */
    private static void nameOnlyWhoIsLeft(Mail mail) throws MailQueueException {
        try {
            RawMessage message = RawMessage.of(mail);
            Edits edits = TransactionHeader.edits(
                    message.source(),
                    mail.getRecipients().stream().map(MailAddress::asString).toList());
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
