package io.relaypod.smtpclient;

import java.util.Optional;

/**
 * What a delivery attempt meant for one recipient.
 *
 * @param code of the server's reply, if it replied
 * @param reason why the recipient was deferred; empty for any other status
 * @param text the server's reply with its code, or an error message; at most 1000 characters
 */
public record RecipientOutcome(
        DeliveryStatus status, Optional<Integer> code, Optional<DeferralReason> reason, String text) {

    // A reply may have 64 KiB, and its text is logged and stored with the mail.
    private static final int LONGEST_TEXT = 1000;

    private static final RecipientOutcome NOT_ATTEMPTED =
            new RecipientOutcome(DeliveryStatus.NOT_ATTEMPTED, Optional.empty(), Optional.empty(), "");

    public RecipientOutcome {
        text = text.strip();
        text = text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT) + "...";
    }

    public static RecipientOutcome notAttempted() {
        return NOT_ATTEMPTED;
    }

    /** The outcome of an attempt that ended without a reply. */
    public static RecipientOutcome deferred(DeferralReason reason, String text) {
        return new RecipientOutcome(DeliveryStatus.DEFERRED, Optional.empty(), Optional.of(reason), text);
    }

    /** The outcome of a mail that cannot be sent at all. */
    public static RecipientOutcome refused(String text) {
        return new RecipientOutcome(DeliveryStatus.REFUSED, Optional.empty(), Optional.empty(), text);
    }

    static RecipientOutcome of(SmtpReply reply) {
        if (reply.isPositive()) {
            return new RecipientOutcome(
                    DeliveryStatus.DELIVERED, Optional.of(reply.code()), Optional.empty(), reply.text());
        }
        return reply.isPermanentFailure() ? refused(reply) : deferred(reply);
    }

    private static RecipientOutcome refused(SmtpReply reply) {
        return new RecipientOutcome(DeliveryStatus.REFUSED, Optional.of(reply.code()), Optional.empty(), reply.text());
    }

    static RecipientOutcome deferred(SmtpReply reply) {
        DeferralReason reason = reply.isNextHopFailure() ? DeferralReason.NEXT_HOP : DeferralReason.REFUSED;
        return new RecipientOutcome(
                DeliveryStatus.DEFERRED, Optional.of(reply.code()), Optional.of(reason), reply.text());
    }

    public boolean is(DeliveryStatus other) {
        return status == other;
    }
}
