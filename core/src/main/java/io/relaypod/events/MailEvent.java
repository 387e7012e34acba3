package io.relaypod.events;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import com.google.common.collect.ImmutableMap;
import io.relaypod.smtpclient.DeferralReason;
import io.relaypod.verdict.RecipientAnswer;

/**
 * One thing that happened to a mail. Addresses are in full and a gateway's or a client's words as they came: whoever
 * shows an event decides what of it is shown. An empty sender is {@code MAIL FROM:<>}.
 */
public sealed interface MailEvent {

    /** At RCPT; the mail has no queue id yet. */
    record RecipientAccepted(SubmittingClient client, String sender, String recipient, RecipientAnswer answer)
            implements MailEvent {}

    /** At RCPT; the other recipients of the mail go on. */
    record RecipientRefused(SubmittingClient client, String sender, String recipient, RecipientAnswer answer)
            implements MailEvent {}

    /**
     * The mail was refused as a whole, at MAIL, at the end of data or when it was stored, and stays with the client.
     *
     * @param recipients those that were accepted before
     * @param code of the reply, such as 552
     * @param text of the reply, its enhanced status code first
     */
    record MailRefused(SubmittingClient client, String sender, List<String> recipients, int code, String text)
            implements MailEvent {}

    /**
     * The mail is on the disk, and the client was told {@code 250} with the queue id.
     *
     * @param messageId of the header, with its angle brackets, or the one that the relay adds; cut to
     *     {@link MessageIds#LONGEST} characters
     * @param size in bytes, as the client sent it
     */
    record MailReceived(
            SubmittingClient client,
            String queueId,
            String messageId,
            String sender,
            List<String> recipients,
            long size)
            implements MailEvent {

        public MailReceived {
            messageId = MessageIds.truncate(messageId);
        }
    }

    /** A mailet changed the mail. */
    sealed interface MailChanged extends MailEvent {

        String queueId();

        List<String> recipients();

        /** Name of the change in the log, such as {@code calendar-stripped}. */
        String change();

        /** Numbers of the change, such as {@code calendars}; may be empty. */
        Map<String, Integer> counts();
    }

    /**
     * Calendar parts were removed, or a part that may contain a calendar was left.
     *
     * @param calendars parts removed
     * @param signaturesDropped signatures removed because the change made them invalid
     * @param sealed encrypted or opaque-signed parts that may contain a calendar, left as they are
     */
    record CalendarStripped(String queueId, List<String> recipients, int calendars, int signaturesDropped, int sealed)
            implements MailChanged {

        @Override
        public String change() {
            return "calendar-stripped";
        }

        @Override
        public Map<String, Integer> counts() {
            return ImmutableMap.of("calendars", calendars, "signatures-dropped", signaturesDropped, "sealed", sealed);
        }
    }

    /**
     * Attendees outside the envelope were removed from calendar parts.
     *
     * @param calendars parts changed
     * @param signaturesDropped signatures removed because the change made them invalid
     * @param sealed as in {@link CalendarStripped}
     */
    record CalendarNarrowed(String queueId, List<String> recipients, int calendars, int signaturesDropped, int sealed)
            implements MailChanged {

        @Override
        public String change() {
            return "calendar-narrowed";
        }

        @Override
        public Map<String, Integer> counts() {
            return ImmutableMap.of("calendars", calendars, "signatures-dropped", signaturesDropped, "sealed", sealed);
        }
    }

    /** To and Cc were rewritten to list the envelope's recipients. */
    record RecipientsAligned(String queueId, List<String> recipients) implements MailChanged {

        @Override
        public String change() {
            return "recipients-aligned";
        }

        @Override
        public Map<String, Integer> counts() {
            return Map.of();
        }
    }

    /** From or Sender was unfolded, so that its address is on its first line. */
    record SenderAligned(String queueId, List<String> recipients) implements MailChanged {

        @Override
        public String change() {
            return "sender-aligned";
        }

        @Override
        public Map<String, Integer> counts() {
            return Map.of();
        }
    }

    /**
     * The mail was split into copies, because it has more recipients than a transaction may have.
     *
     * @param copies all of them, the original included
     */
    record RecipientsSplit(String queueId, List<String> recipients, int copies) implements MailChanged {

        @Override
        public String change() {
            return "split";
        }

        @Override
        public Map<String, Integer> counts() {
            return Map.of("copies", copies);
        }
    }

    /** The mail is in the outgoing queue. */
    record MailQueued(String queueId, List<String> recipients) implements MailEvent {}

    /** A try to deliver began. */
    record DeliveryAttempted(String queueId, List<String> recipients, String gateway) implements MailEvent {}

    /**
     * A try failed, and there will be another.
     *
     * @param cause why it failed, as a metric label
     * @param reason the gateway's reply, or an error message if there was no reply; empty if unknown
     * @param retryIn how long until the next try
     */
    record DeliveryDeferred(
            String queueId, List<String> recipients, DeferralReason cause, String reason, Duration retryIn)
            implements MailEvent {}

    /**
     * The gateway has taken the mail for these recipients.
     *
     * @param reply the gateway's last words
     */
    record MailDelivered(String queueId, List<String> recipients, String gateway, String reply) implements MailEvent {}

    /** There will be no other try for these recipients; the mail is kept for an operator. */
    record MailFailed(String queueId, String sender, List<String> recipients, String reason) implements MailEvent {}

    /**
     * The mail is in a repository, until an operator sends it again or removes it.
     *
     * @param repository such as {@code var/mail/failed}
     * @param reason why; empty where there is none, as for mail to postmaster
     */
    record MailStored(String queueId, String sender, List<String> recipients, String repository, String reason)
            implements MailEvent {}

    /** An operator has a mail that is kept put into the spool again. */
    record MailReprocessed(String queueId, String sender, List<String> recipients) implements MailEvent {}

    /**
     * The mail is no more: nobody else will get it.
     *
     * @param sender empty where it is not known, too
     * @param recipients empty where they are not known
     * @param from the queue or repository that it was in
     * @param reason who wanted that
     */
    record MailRemoved(String queueId, String sender, List<String> recipients, String from, String reason)
            implements MailEvent {}
}
