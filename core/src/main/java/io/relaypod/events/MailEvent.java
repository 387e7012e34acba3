package io.relaypod.events;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.relaypod.smtpclient.DeferralReason;
import io.relaypod.verdict.RecipientAnswer;

/**
 * One thing that happened to a mail. Addresses are in full and a gateway's or a client's words as they came: whoever
 * shows an event decides what of it is shown. An empty sender is {@code MAIL FROM:<>}.
 */
public sealed interface MailEvent {

    /** At RCPT; the mail has no queue id yet. */
    record RecipientAccepted(Client client, String sender, String recipient, RecipientAnswer answer)
            implements MailEvent {}

    /** At RCPT; the other recipients of the mail go on. */
    record RecipientRefused(Client client, String sender, String recipient, RecipientAnswer answer)
            implements MailEvent {}

    /**
     * The mail was refused as a whole, at MAIL, at the end of data or when it was stored, and stays with the client.
     *
     * @param recipients those that were accepted before
     * @param code of the reply, such as 552
     * @param text of the reply, its enhanced status code first
     */
    record Refused(Client client, String sender, List<String> recipients, int code, String text) implements MailEvent {}

    /**
     * The mail is on the disk, and the client was told {@code 250} with the queue id.
     *
     * @param messageId of the header, with its angle brackets, or the one that the relay adds; cut to
     *     {@link MessageIds#LONGEST} characters
     * @param size in bytes, as the client sent it
     */
    record Received(Client client, String queueId, String messageId, String sender, List<String> recipients, long size)
            implements MailEvent {

        public Received {
            messageId = MessageIds.cut(messageId);
        }
    }

    /**
     * A mailet changed the mail.
     *
     * @param change what was done, such as {@code calendar-stripped}
     * @param counts how much of what, such as {@code calendars}; may be empty
     */
    record Changed(String queueId, String change, List<String> recipients, Map<String, Integer> counts)
            implements MailEvent {}

    /** The mail is in the outgoing queue. */
    record Queued(String queueId, List<String> recipients) implements MailEvent {}

    /** A try to deliver began. */
    record Tried(String queueId, List<String> recipients, String gateway) implements MailEvent {}

    /**
     * A try failed, and there will be another.
     *
     * @param cause why it failed, as a metric label
     * @param reason the gateway's reply, or an error message if there was no reply; empty if unknown
     * @param retryIn how long until the next try
     */
    record Deferred(String queueId, List<String> recipients, DeferralReason cause, String reason, Duration retryIn)
            implements MailEvent {}

    /**
     * The gateway has taken the mail for these recipients.
     *
     * @param reply the gateway's last words
     */
    record Delivered(String queueId, List<String> recipients, String gateway, String reply) implements MailEvent {}

    /** There will be no other try for these recipients; the mail is kept for an operator. */
    record Failed(String queueId, String sender, List<String> recipients, String reason) implements MailEvent {}

    /**
     * The mail is in a repository, until an operator sends it again or removes it.
     *
     * @param repository such as {@code var/mail/failed}
     * @param reason why; empty where there is none, as for mail to postmaster
     */
    record Kept(String queueId, String sender, List<String> recipients, String repository, String reason)
            implements MailEvent {}

    /** An operator has a mail that is kept put into the spool again. */
    record SentAgain(String queueId, String sender, List<String> recipients) implements MailEvent {}

    /**
     * The mail is no more: nobody else will get it.
     *
     * @param sender empty where it is not known, too
     * @param recipients empty where they are not known
     * @param from the queue or repository that it was in
     * @param reason who wanted that
     */
    record Removed(String queueId, String sender, List<String> recipients, String from, String reason)
            implements MailEvent {}
}
