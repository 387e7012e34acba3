package io.relaypod.server.queue;

import java.time.Instant;
import java.util.Optional;

import io.relaypod.events.LogText;
import io.relaypod.gateway.WaitReason;
import io.relaypod.quota.QuotaKind;
import io.relaypod.server.queue.broker.BrokerQueue;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.transport.mailets.remote.delivery.DeliveryRetriesHelper;
import org.apache.mailet.Mail;

/**
 * Why a queued mail waits. Immutable.
 *
 * @param cause {@code rate-limit}, {@code quota-mailbox}, {@code quota-tenant}, {@code retry} (its time has not come),
 *     {@code turn} (it is due, behind others), {@code connection}, {@code processing}, or a {@link WaitReason}
 * @param mailbox whose rate limit or quota is reached
 * @param attempts delivery attempts that failed
 * @param lastAttempt when the last of them failed
 * @param reason why it failed; empty without one
 */
public record QueueWait(
        String cause, Optional<String> mailbox, int attempts, Optional<Instant> lastAttempt, String reason) {

    private static final String RATE_LIMIT = "rate-limit";
    private static final String QUOTA = "quota-";
    private static final String RETRY = "retry";
    private static final String TURN = "turn";
    private static final String CONNECTION = "connection";
    private static final String PROCESSING = "processing";

    /**
     * @param mailbox in whose per-sender queue the mail is
     * @param reached the quota that the mail would exceed
     * @param due when a waiting mail is due
     */
    static QueueWait of(
            Mail mail,
            BrokerQueue queue,
            Optional<String> mailbox,
            Optional<QuotaKind> reached,
            Instant due,
            Instant now) {
        boolean hasFailed = Mail.ERROR.equals(mail.getState());
        return new QueueWait(
                cause(mail, queue, mailbox, reached, due.isAfter(now)),
                mailbox,
                hasFailed ? DeliveryRetriesHelper.retrieveRetries(mail) : 0,
                hasFailed ? Optional.ofNullable(mail.getLastUpdated()).map(date -> date.toInstant()) : Optional.empty(),
                hasFailed
                        ? LogText.value(
                                Optional.ofNullable(mail.getErrorMessage()).orElse(""))
                        : "");
    }

    private static String cause(
            Mail mail, BrokerQueue queue, Optional<String> mailbox, Optional<QuotaKind> reached, boolean isLater) {
        if (mailbox.isPresent()) {
            return reached.map(quota -> QUOTA + quota.label())
                    .or(() -> WaitReason.read(mail))
                    .orElse(RATE_LIMIT);
        }
        if (queue.isWaiting()) {
            return WaitReason.read(mail).orElse(isLater ? RETRY : TURN);
        }
        return queue.mails().equals(MailQueueFactory.SPOOL) ? PROCESSING : CONNECTION;
    }
}
