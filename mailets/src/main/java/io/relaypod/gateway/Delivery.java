package io.relaypod.gateway;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import javax.mail.MessagingException;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.MailQueued;
import io.relaypod.events.MailEvent.MailWaiting;
import io.relaypod.events.MailEvent.QuotaReached;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.gateway.AttemptResult.Contact;
import io.relaypod.smtpclient.DeferralReason;
import io.relaypod.smtpclient.DeliveryStatus;
import io.relaypod.smtpclient.RecipientOutcome;
import org.apache.james.core.MailAddress;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.metrics.api.Metric;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.metrics.api.TimeMetric;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.transport.mailets.remote.delivery.DeliveryRunnable;
import org.apache.mailet.Mail;
import org.apache.mailet.MailetContext;
import org.apache.mailet.ProcessingState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes one delivery attempt for a mail and acts on its result. On return the mail is delivered, in the queue, or with
 * the bounce processor, and the caller need not keep it. Does what James' DeliveryRunnable does, whose attempt has no
 * public method. Thread-safe.
 */
final class Delivery {

    private static final Logger LOGGER = LoggerFactory.getLogger(Delivery.class);

    // A large mail first waits for the others on its thread, then in the queue.
    private static final Duration WAIT_FOR_ROOM = Duration.ofMinutes(1);
    private static final Duration REQUEUE_DELAY = Duration.ofSeconds(5);

    private final MailQueue queue;
    private final GatewayAdmission admission;
    private final Semaphore mayWait;
    private final PoisonGuard poison = new PoisonGuard();
    private final SenderSlots slots;
    private final Optional<HeldMails> held;
    private final Gateway gateway;
    private final UndeliveredMails undelivered;
    private final MailetContext context;
    private final MailEventPublisher events;
    private final MetricFactory metrics;
    private final Metric delivered;
    private final Metric poisonous;
    private final Optional<ProcessingState> onSuccess;
    // Undelivered recipients of mails that the queue could not store. Such mails are redelivered within seconds.
    private final Cache<String, List<MailAddress>> unfinished;

    /**
     * @param queue that holds mails until their next attempt
     * @param admission bounds the bytes in flight
     * @param waiting number of delivery threads that may wait for admission
     * @param unfinishedMails largest number of mails whose undelivered recipients are cached
     * @param held mails that stay in the queue until Graph has accepted them; empty if the gateway's reply is enough
     */
    Delivery(
            MailQueue queue,
            GatewayAdmission admission,
            int waiting,
            int unfinishedMails,
            SenderSlots slots,
            Optional<HeldMails> held,
            Gateway gateway,
            UndeliveredMails undelivered,
            Optional<ProcessingState> onSuccess,
            MailetContext context,
            MailEventPublisher events,
            MetricFactory metrics) {
        this.queue = queue;
        this.admission = admission;
        this.mayWait = new Semaphore(waiting);
        this.unfinished = Caffeine.newBuilder().maximumSize(unfinishedMails).build();
        this.slots = slots;
        this.held = held;
        this.gateway = gateway;
        this.undelivered = undelivered;
        this.context = context;
        this.events = events;
        this.metrics = metrics;
        this.delivered = metrics.generate(DeliveryRunnable.OUTGOING_MAILS);
        this.poisonous = metrics.generate("poisonMails");
        this.onSuccess = onSuccess;
    }

    /**
     * As {@link #attempt}, without waiting.
     *
     * @return false if the mail was not admitted; the caller still has it
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
     * Waits for admission, on this thread or in the queue, and makes the attempt. For a mail of the queue.
     *
     * @return whether the gateway accepted the mail for all its recipients
     * @throws MessagingException if the caller still has the mail, as after a RuntimeException
     */
    boolean attempt(Mail mail) throws MessagingException {
        try {
            Optional<GatewayAdmission.Pass> pass = enter(mail);
            if (pass.isEmpty()) {
                WaitReason.write(mail, WaitReason.BYTES_IN_FLIGHT);
                queue.enQueue(mail, REQUEUE_DELAY);
                return false;
            }
            try (GatewayAdmission.Pass here = pass.get()) {
                return attempt(mail, here);
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
            // Only a suspect delays it, and for at most half a minute.
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

    // Nothing is sent of a mail that cannot be read.
    private static long size(Mail mail) {
        try {
            return mail.getMessageSize();
        } catch (MessagingException unreadable) {
            return 0;
        }
    }

    /**
     * If its end fails, the caller has the mail as it was. So the recipients not yet delivered are cached, and the next
     * attempt skips the others.
     */
    private boolean attempt(Mail mail, GatewayAdmission.Pass pass) throws MessagingException {
        WaitReason.clear(mail);
        Optional<List<MailAddress>> cached = Optional.ofNullable(unfinished.getIfPresent(mail.getName()));
        boolean isDelivered = cached.filter(List::isEmpty).isPresent();
        if (cached.isPresent() && !isDelivered) {
            mail.setRecipients(cached.get());
            TransactionHeader.align(mail);
        }
        if (!isDelivered && !mayBeSent(mail)) {
            unfinished.invalidate(mail.getName());
            return false;
        }
        TimeMetric timer = metrics.timer(DeliveryRunnable.REMOTE_DELIVERY_TRIAL);
        AttemptResult result = isDelivered
                ? AttemptResult.of(List.of(), RecipientOutcome.notAttempted(), Contact.UNDECIDED)
                : send(mail, pass);
        slots.settle(mail, result);
        if (held.isPresent()) {
            // If this fails, the caller has the mail with all recipients, and the follower knows who has a copy.
            held.get().sent(mail, result);
        }
        List<MailAddress> left = new ArrayList<>(
                result.with(DeliveryStatus.DEFERRED, DeliveryStatus.NOT_ATTEMPTED, DeliveryStatus.REFUSED));
        try {
            conclude(mail, result, left);
        } catch (MessagingException | RuntimeException callerHasTheMail) {
            unfinished.put(mail.getName(), List.copyOf(left));
            throw callerHasTheMail;
        }
        unfinished.invalidate(mail.getName());
        timer.stopAndPublish();
        return result.with(DeliveryStatus.DELIVERED).size()
                == result.recipients().size();
    }

    /** Takes a slot and a place for the mail, or has put it into the queue of its mailbox. */
    private boolean mayBeSent(Mail mail) throws MessagingException {
        if (held.isEmpty()) {
            boolean isSlotTaken = slots.takeOrEnqueue(mail);
            if (!isSlotTaken) {
                reportQueued(mail);
            }
            return isSlotTaken;
        }
        Optional<String> reason = held.get().reasonToWait(mail);
        reason.ifPresent(any -> WaitReason.write(mail, WaitReason.GRAPH));
        boolean isPlaceTaken = slots.takeOrEnqueue(mail);
        if (isPlaceTaken && !held.get().enter(mail)) {
            isPlaceTaken = false;
            WaitReason.write(mail, WaitReason.GRAPH);
            slots.putBack(mail);
        }
        if (isPlaceTaken) {
            WaitReason.clear(mail);
        } else if (reason.isEmpty() && slots.reached(mail).isPresent()) {
            reportQueued(mail);
        } else {
            reportWaiting(mail, reason.orElse("others of the mailbox before it, or its rate limit"));
        }
        return isPlaceTaken;
    }

    private void reportWaiting(Mail mail, String reason) {
        events.publish(new MailWaiting(mail.getName(), MailEnvelope.addresses(mail.getRecipients()), reason));
    }

    /** Number of mails whose undelivered recipients are cached. */
    long unfinished() {
        return unfinished.estimatedSize();
    }

    private AttemptResult send(Mail mail, GatewayAdmission.Pass pass) throws MessagingException {
        BooleanSupplier furtherSlot = slots.further(mail);
        boolean wasWell = poison.isGatewayWell();
        List<MailAddress> recipients = List.copyOf(mail.getRecipients());
        try {
            AttemptResult result = gateway.send(mail, furtherSlot);
            learn(mail, result.contact(), wasWell, pass.isAlone());
            return result;
        } catch (MessagingException unreadable) {
            return AttemptResult.of(
                    recipients,
                    RecipientOutcome.deferred(DeferralReason.UNKNOWN, String.valueOf(unreadable.getMessage())),
                    Contact.UNDECIDED);
        } catch (RuntimeException unexpected) {
            LOGGER.error(
                    "event=delivery-failed mail={} reason=\"{}\"", mail.getName(), unexpected.getMessage(), unexpected);
            return AttemptResult.of(
                    recipients, RecipientOutcome.refused(String.valueOf(unexpected.getMessage())), Contact.UNDECIDED);
        }
    }

    private void learn(Mail mail, Contact contact, boolean wasWell, boolean isAlone) {
        switch (contact) {
            case ANSWERED -> {
                poison.answered();
                PoisonGuard.clear(mail);
            }
            case LOST_WITH_MAIL -> {
                poison.lost();
                if (wasWell) {
                    PoisonGuard.blame(mail, isAlone);
                }
            }
            case UNREACHABLE, NO_ADDRESS -> poison.lost();
            case UNDECIDED -> {}
        }
    }

    /** @param left the recipients to be handled; those that were are removed */
    private void conclude(Mail mail, AttemptResult result, List<MailAddress> left) throws MessagingException {
        if (left.isEmpty()) {
            delivered.increment();
            reportOnSuccess(mail);
            return;
        }
        List<MailAddress> done = result.with(DeliveryStatus.DELIVERED);
        if (!done.isEmpty()) {
            reportOnSuccess(mail, done);
        }
        List<MailAddress> refused = result.with(DeliveryStatus.REFUSED);
        List<MailAddress> deferred = result.with(DeliveryStatus.DEFERRED, DeliveryStatus.NOT_ATTEMPTED);
        if (!refused.isEmpty()) {
            mail.setRecipients(refused);
            RecipientOutcome refusal = result.first(DeliveryStatus.REFUSED);
            undelivered.refuse(mail, refusal.code(), refusal.text());
            left.clear();
            left.addAll(deferred);
        }
        if (!deferred.isEmpty()) {
            mail.setRecipients(deferred);
            concludeDeferred(mail, result);
        }
    }

    private void concludeDeferred(Mail mail, AttemptResult result) throws MessagingException {
        RecipientOutcome deferral = result.first(DeliveryStatus.DEFERRED);
        if (result.isOutOfSlots()) {
            TransactionHeader.align(mail);
            slots.enqueue(mail);
            reportQueued(mail);
        } else if (PoisonGuard.isPoison(mail) && result.contact() == Contact.LOST_WITH_MAIL) {
            poisonous.increment();
            LOGGER.error("event=poison queue-id={} reason=\"{}\"", mail.getName(), PoisonGuard.reason(mail));
            undelivered.refuse(mail, Optional.empty(), PoisonGuard.reason(mail));
        } else if (result.contact() == Contact.NO_ADDRESS && !undelivered.hasDnsRetries(mail)) {
            undelivered.refuse(mail, Optional.empty(), deferral.text());
        } else {
            undelivered.tryLater(mail, deferral, Duration.ZERO);
        }
    }

    private void reportOnSuccess(Mail mail) throws MessagingException {
        if (onSuccess.isPresent()) {
            context.sendMail(mail, onSuccess.get().getValue());
        }
    }

    private void reportOnSuccess(Mail mail, List<MailAddress> done) throws MessagingException {
        if (onSuccess.isPresent()) {
            Mail copy = mail.duplicate();
            try {
                copy.setRecipients(done);
                reportOnSuccess(copy);
            } finally {
                LifecycleUtil.dispose(copy);
            }
        }
    }

    private void reportQueued(Mail mail) {
        List<String> recipients = MailEnvelope.addresses(mail.getRecipients());
        events.publish(slots.reached(mail)
                .<MailEvent>map(quota -> new QuotaReached(mail.getName(), recipients, quota))
                .orElseGet(() -> new MailQueued(mail.getName(), recipients)));
    }

    /**
     * Puts a mail whose copy smtp2graph lost or gave up into the queue for another attempt, which counts.
     *
     * @param shortest pause, if that before a retry is shorter
     */
    void tryAgain(Mail mail, String reason, Duration shortest) throws MailQueueException {
        // It may have been delivered to everybody and not leave the queue; now it has to be sent.
        unfinished.invalidate(mail.getName());
        undelivered.tryLater(mail, RecipientOutcome.deferred(DeferralReason.UNKNOWN, reason), shortest);
    }
}
