package io.relaypod.events;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import io.relaypod.events.EventField.Audience;
import io.relaypod.graph.GraphError;
import io.relaypod.quota.QuotaKind;
import io.relaypod.smtpclient.DeferralReason;
import io.relaypod.verdict.RecipientAnswer;
import org.slf4j.event.Level;

/**
 * One thing that happened to a mail. Addresses and texts of peers are complete and unmasked; each listener decides how
 * it shows them. An empty sender is {@code MAIL FROM:<>}. Immutable.
 */
public sealed interface MailEvent {

    /** Name in the log and the trace, such as {@code delivered}. */
    String name();

    /** Fields in the order of the log line. */
    List<EventField> fields();

    /** Level of the log line: DEBUG for routine, WARN for a mail that is not delivered. */
    default Level level() {
        return Level.INFO;
    }

    /** Whether the event refuses a client's command; clients can cause any number of these. */
    default boolean isRefusal() {
        return false;
    }

    /** RCPT was answered 250. The mail has no queue id yet. */
    record RecipientAccepted(SubmittingClient client, String sender, String recipient, RecipientAnswer answer)
            implements MailEvent {

        @Override
        public String name() {
            return "rcpt-accepted";
        }

        @Override
        public List<EventField> fields() {
            return rcptFields(client, sender, recipient, answer, "");
        }

        @Override
        public Level level() {
            return Level.DEBUG;
        }
    }

    /** RCPT was refused. The other recipients of the mail are not affected. */
    record RecipientRefused(SubmittingClient client, String sender, String recipient, RecipientAnswer answer)
            implements MailEvent {

        @Override
        public String name() {
            return "rcpt-refused";
        }

        @Override
        public List<EventField> fields() {
            return rcptFields(client, sender, recipient, answer, answer.code() + " " + answer.text());
        }

        @Override
        public boolean isRefusal() {
            return true;
        }
    }

    private static List<EventField> rcptFields(
            SubmittingClient client, String sender, String recipient, RecipientAnswer answer, String reply) {
        int at = recipient.lastIndexOf('@');
        return List.of(
                EventField.session(client),
                EventField.client(client),
                // What has no @ may be a local part.
                EventField.detail("domain", at < 0 ? "" : recipient.substring(at + 1))
                        .only(Audience.LOG),
                EventField.detail("verdict", answer.outcome()),
                EventField.detail("code", answer.code()).only(Audience.LOG),
                EventField.detail("answer", reply).only(Audience.TRACE),
                EventField.sender(sender),
                EventField.recipient(recipient));
    }

    /**
     * The whole mail was refused at MAIL, at the end of data, or because it could not be stored.
     *
     * @param recipients accepted before
     * @param code of the reply, such as 552
     * @param text of the reply, beginning with its enhanced status code
     */
    record MailRefused(SubmittingClient client, String sender, List<String> recipients, int code, String text)
            implements MailEvent {

        @Override
        public String name() {
            return "mail-refused";
        }

        @Override
        public List<EventField> fields() {
            return List.of(
                    EventField.session(client),
                    EventField.client(client),
                    EventField.detail("code", code).only(Audience.LOG),
                    EventField.remoteText("reason", text).only(Audience.LOG),
                    EventField.detail("answer", code + " " + text).only(Audience.TRACE),
                    EventField.sender(sender),
                    EventField.recipients(recipients));
        }

        @Override
        public boolean isRefusal() {
            return true;
        }
    }

    /**
     * The mail is on disk, and the end of data was answered {@code 250} with the queue id.
     *
     * @param messageId of the header, with its angle brackets, or the one that the relay adds; truncated to
     *     {@link MessageIds#MAX_LENGTH} characters
     * @param subject decoded, printable and truncated; empty if it is not to be recorded
     * @param mailbox that Graph sends from; empty if unknown
     * @param size in bytes, as received
     */
    record MailReceived(
            SubmittingClient client,
            String queueId,
            String messageId,
            String subject,
            String mailbox,
            String sender,
            List<String> recipients,
            long size)
            implements MailEvent {

        public MailReceived {
            messageId = MessageIds.truncate(messageId);
        }

        @Override
        public String name() {
            return "received";
        }

        @Override
        public List<EventField> fields() {
            return List.of(
                    EventField.queueId(queueId),
                    EventField.session(client),
                    EventField.client(client),
                    EventField.detail("size", size),
                    EventField.messageId(messageId),
                    EventField.detail("subject", subject).only(Audience.TRACE),
                    EventField.detail("mailbox", mailbox.equalsIgnoreCase(sender) ? "" : mailbox)
                            .only(Audience.TRACE),
                    EventField.sender(sender),
                    EventField.recipients(recipients));
        }
    }

    /**
     * Calendar parts were removed, or a part that may contain a calendar was left.
     *
     * @param calendars parts removed
     * @param signaturesDropped signatures removed because the change made them invalid
     * @param sealed encrypted or opaque-signed parts that may contain a calendar, left as they are
     */
    record CalendarStripped(String queueId, List<String> recipients, int calendars, int signaturesDropped, int sealed)
            implements MailEvent {

        @Override
        public String name() {
            return "calendar-stripped";
        }

        @Override
        public List<EventField> fields() {
            return calendarFields(queueId, recipients, calendars, signaturesDropped, sealed);
        }
    }

    /**
     * Attendees outside the envelope were removed from calendar parts.
     *
     * @param calendars parts changed
     * @param signaturesDropped signatures removed because the change made them invalid
     * @param sealed encrypted or opaque-signed parts that may contain a calendar, left as they are
     */
    record CalendarNarrowed(String queueId, List<String> recipients, int calendars, int signaturesDropped, int sealed)
            implements MailEvent {

        @Override
        public String name() {
            return "calendar-narrowed";
        }

        @Override
        public List<EventField> fields() {
            return calendarFields(queueId, recipients, calendars, signaturesDropped, sealed);
        }
    }

    private static List<EventField> calendarFields(
            String queueId, List<String> recipients, int calendars, int signaturesDropped, int sealed) {
        return List.of(
                EventField.queueId(queueId),
                EventField.recipients(recipients),
                EventField.detail("calendars", calendars),
                EventField.detail("signatures-dropped", signaturesDropped),
                EventField.detail("sealed", sealed));
    }

    /** To and Cc were rewritten to list the envelope's recipients. */
    record RecipientsAligned(String queueId, List<String> recipients) implements MailEvent {

        @Override
        public String name() {
            return "recipients-aligned";
        }

        @Override
        public List<EventField> fields() {
            return List.of(EventField.queueId(queueId), EventField.recipients(recipients));
        }
    }

    /** From or Sender was unfolded, so that its address is on its first line. */
    record SenderAligned(String queueId, List<String> recipients) implements MailEvent {

        @Override
        public String name() {
            return "sender-aligned";
        }

        @Override
        public List<EventField> fields() {
            return List.of(EventField.queueId(queueId), EventField.recipients(recipients));
        }
    }

    /**
     * The mail was split into copies, because it has more recipients than a transaction may have.
     *
     * @param copies all of them, the original included
     */
    record RecipientsSplit(String queueId, List<String> recipients, int copies) implements MailEvent {

        @Override
        public String name() {
            return "split";
        }

        @Override
        public List<EventField> fields() {
            return List.of(
                    EventField.queueId(queueId),
                    EventField.recipients(recipients),
                    EventField.detail("copies", copies));
        }
    }

    /** The mail is in the outgoing queue. */
    record MailQueued(String queueId, List<String> recipients) implements MailEvent {

        @Override
        public String name() {
            return "queued";
        }

        @Override
        public List<EventField> fields() {
            return List.of(EventField.queueId(queueId), EventField.recipients(recipients));
        }

        @Override
        public Level level() {
            return Level.DEBUG;
        }
    }

    /** The mail is in the outgoing queue because it would exceed a daily quota of recipients. */
    record QuotaReached(String queueId, List<String> recipients, QuotaKind quota) implements MailEvent {

        @Override
        public String name() {
            return "quota-reached";
        }

        @Override
        public List<EventField> fields() {
            return List.of(
                    EventField.queueId(queueId), EventField.recipients(recipients), EventField.detail("quota", quota));
        }
    }

    /**
     * The mail waits in the queue of its mailbox.
     *
     * @param reason what it waits for
     */
    record MailWaiting(String queueId, List<String> recipients, String reason) implements MailEvent {

        @Override
        public String name() {
            return "waiting";
        }

        @Override
        public List<EventField> fields() {
            return List.of(
                    EventField.queueId(queueId),
                    EventField.recipients(recipients),
                    EventField.detail("reason", reason));
        }

        @Override
        public Level level() {
            return Level.DEBUG;
        }
    }

    /** A delivery attempt began. */
    record DeliveryAttempted(String queueId, List<String> recipients, String gateway) implements MailEvent {

        @Override
        public String name() {
            return "tried";
        }

        @Override
        public List<EventField> fields() {
            return List.of(
                    EventField.queueId(queueId),
                    EventField.recipients(recipients),
                    EventField.detail("gateway", gateway));
        }

        @Override
        public Level level() {
            return Level.DEBUG;
        }
    }

    /**
     * A delivery attempt failed, and another follows.
     *
     * @param cause why it failed, as a metric label
     * @param reason the gateway's reply, or an error message if there was no reply; empty if unknown
     * @param retryIn time until the next delivery attempt
     */
    record DeliveryDeferred(
            String queueId, List<String> recipients, DeferralReason cause, String reason, Duration retryIn)
            implements MailEvent {

        @Override
        public String name() {
            return "deferred";
        }

        @Override
        public List<EventField> fields() {
            return List.of(
                    EventField.queueId(queueId),
                    EventField.recipients(recipients),
                    EventField.detail("cause", cause).only(Audience.METERS),
                    EventField.detail("retry-in", retryIn),
                    EventField.remoteText("reason", reason));
        }
    }

    /**
     * The gateway accepted the mail for these recipients.
     *
     * @param reply the gateway's reply
     * @param delay time since the mail was received, with a resolution of a millisecond; empty if the queue id does not
     *     tell when that was
     */
    record MailDelivered(
            String queueId, List<String> recipients, String gateway, String reply, Optional<Duration> delay)
            implements MailEvent {

        private static final int MILLISECONDS = 3;

        /** The mail was delivered at {@code now}. */
        public MailDelivered(String queueId, List<String> recipients, String gateway, String reply, Instant now) {
            this(queueId, recipients, gateway, reply, delay(queueId, now));
        }

        /** The mail was delivered just now. */
        public MailDelivered(String queueId, List<String> recipients, String gateway, String reply) {
            this(queueId, recipients, gateway, reply, Instant.now());
        }

        // A clock that was set back does not make a delay negative.
        private static Optional<Duration> delay(String queueId, Instant now) {
            return QueueId.receivedAt(queueId)
                    .map(received -> Duration.between(received, now))
                    .map(delay -> delay.isNegative() ? Duration.ZERO : delay);
        }

        @Override
        public String name() {
            return "delivered";
        }

        /** {@code delay} is in seconds. */
        @Override
        public List<EventField> fields() {
            Optional<Object> seconds = delay.map(time -> BigDecimal.valueOf(time.toMillis(), MILLISECONDS));
            return List.of(
                    EventField.queueId(queueId),
                    EventField.recipients(recipients),
                    EventField.detail("gateway", gateway),
                    EventField.remoteText("reply", reply),
                    EventField.detail("delay", seconds.orElse("")));
        }
    }

    /** There is no further delivery attempt for these recipients; the mail is kept for an operator. */
    record MailFailed(String queueId, String sender, List<String> recipients, String reason) implements MailEvent {

        @Override
        public String name() {
            return "failed";
        }

        @Override
        public List<EventField> fields() {
            return List.of(
                    EventField.queueId(queueId),
                    EventField.remoteText("reason", reason),
                    EventField.sender(sender),
                    EventField.recipients(recipients));
        }

        @Override
        public Level level() {
            return Level.WARN;
        }
    }

    /**
     * The mail is in a repository, until an operator sends it again or removes it.
     *
     * @param repository such as {@code var/mail/failed}
     * @param reason why; empty if there is none, as for mail to postmaster
     */
    record MailStored(String queueId, String sender, List<String> recipients, String repository, String reason)
            implements MailEvent {

        @Override
        public String name() {
            return "kept";
        }

        @Override
        public List<EventField> fields() {
            return List.of(
                    EventField.queueId(queueId),
                    EventField.detail("repository", repository),
                    EventField.remoteText("reason", reason),
                    EventField.sender(sender),
                    EventField.recipients(recipients));
        }
    }

    /** An operator put a stored mail into the spool again. */
    record MailReprocessed(String queueId, String sender, List<String> recipients) implements MailEvent {

        @Override
        public String name() {
            return "sent-again";
        }

        @Override
        public List<EventField> fields() {
            return List.of(EventField.queueId(queueId), EventField.sender(sender), EventField.recipients(recipients));
        }
    }

    /**
     * The mail was removed and is not delivered to these recipients.
     *
     * @param sender empty if unknown
     * @param recipients empty if unknown
     * @param place queue or repository from which it was removed
     * @param reason who or what removed it
     */
    record MailRemoved(String queueId, String sender, List<String> recipients, String place, String reason)
            implements MailEvent {

        @Override
        public String name() {
            return "removed";
        }

        @Override
        public List<EventField> fields() {
            return List.of(
                    EventField.queueId(queueId),
                    EventField.detail("place", place),
                    EventField.detail("reason", reason),
                    EventField.sender(sender),
                    EventField.recipients(recipients));
        }

        @Override
        public Level level() {
            return Level.WARN;
        }
    }

    /**
     * Something happened to a copy behind Mailpit.
     *
     * @param kind what
     * @param queueId of the copy; empty if the file did not come from a relay
     * @param recipients of the copy
     * @param mailbox from which smtp2graph sends; empty if unknown
     * @param file of smtp2graph; empty if none was seen
     * @param error of the last attempt, if one failed
     * @param delay from our 250 to Graph's acceptance, with a resolution of a millisecond; only of an accepted copy
     */
    record CopyFollowed(
            CopyEventKind kind,
            String queueId,
            List<String> recipients,
            String mailbox,
            String file,
            Optional<GraphError> error,
            Optional<Duration> delay)
            implements MailEvent {

        private static final int MILLISECONDS = 3;

        @Override
        public String name() {
            return kind.eventName();
        }

        /** {@code delay} is in seconds. */
        @Override
        public List<EventField> fields() {
            Optional<Object> seconds = delay.map(time -> BigDecimal.valueOf(time.toMillis(), MILLISECONDS));
            return List.of(
                    EventField.queueId(queueId),
                    EventField.detail(
                            "code", error.map(known -> known.code().label()).orElse("")),
                    EventField.detail("error", error.map(GraphError::name).orElse("")),
                    EventField.remoteText("reason", error.map(GraphError::words).orElse("")),
                    EventField.detail("file", file),
                    EventField.detail("delay", seconds.orElse("")),
                    EventField.sender(mailbox),
                    EventField.recipients(recipients));
        }

        @Override
        public Level level() {
            return kind.isTrouble() ? Level.WARN : Level.INFO;
        }
    }
}
