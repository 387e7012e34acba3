package io.relaypod.server.webadmin;

import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

import io.relaypod.events.MailSummary;
import io.relaypod.events.QueueId;
import io.relaypod.mailets.RecordedSummary;
import io.relaypod.server.queue.QueueWait;
import io.relaypod.server.queue.QueuedMailView;
import org.apache.james.core.MailAddress;
import org.apache.mailet.Mail;

/**
 * A queued mail in a listing: James' fields, and what an operator asks next. Times are whole seconds.
 *
 * @param received when the client got 250; empty if the queue id does not tell
 * @param size in bytes, if known
 * @param mailbox that Graph sends from; empty if unknown
 * @param subject empty if unknown or not recorded
 */
record QueuedMailDto(
        String name,
        Optional<String> sender,
        List<String> recipients,
        Optional<ZonedDateTime> nextDelivery,
        Optional<Instant> received,
        Optional<Long> size,
        String messageId,
        String mailbox,
        String subject,
        WaitDto waits) {

    /** As {@link QueueWait}. */
    record WaitDto(String cause, Optional<String> mailbox, int attempts, Optional<Instant> lastAttempt, String reason) {

        static WaitDto of(QueueWait wait) {
            return new WaitDto(
                    wait.cause(),
                    wait.mailbox(),
                    wait.attempts(),
                    wait.lastAttempt().map(QueuedMailDto::seconds),
                    wait.reason());
        }
    }

    static QueuedMailDto of(QueuedMailView view) {
        Mail mail = view.mail();
        MailSummary summary = RecordedSummary.read(mail);
        return new QueuedMailDto(
                mail.getName(),
                mail.getMaybeSender().asOptional().map(MailAddress::asString),
                mail.getRecipients().stream().map(MailAddress::asString).toList(),
                view.getNextDelivery().map(due -> due.truncatedTo(ChronoUnit.SECONDS)),
                QueueId.receivedAt(mail.getName()).map(QueuedMailDto::seconds),
                view.size().isPresent() ? Optional.of(view.size().getAsLong()) : Optional.empty(),
                summary.messageId(),
                summary.mailbox(),
                summary.subject(),
                WaitDto.of(view.waits()));
    }

    private static Instant seconds(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS);
    }
}
