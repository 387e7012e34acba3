package io.relaypod.gateway;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.IntStream;

import io.relaypod.smtpclient.DeliveryStatus;
import io.relaypod.smtpclient.RecipientOutcome;
import org.apache.james.core.MailAddress;

/**
 * The result of one attempt to hand a mail to the gateway.
 *
 * @param outcomes one for each of the recipients, in their order
 * @param contact what the attempt showed about the gateway
 * @param isOutOfSlots whether the attempt ended because the mailbox has no slot for a further transaction
 * @param transactions the recipients of each transaction that the gateway accepted
 */
record AttemptResult(
        List<MailAddress> recipients,
        List<RecipientOutcome> outcomes,
        Contact contact,
        boolean isOutOfSlots,
        List<List<MailAddress>> transactions) {

    /** What an attempt showed about the gateway. */
    enum Contact {
        /** The gateway replied to a whole mail. */
        ANSWERED,
        /** The gateway, or its next hop, was lost after it had been sent a whole mail. */
        LOST_WITH_MAIL,
        /** The gateway was not reached, or was lost before. */
        UNREACHABLE,
        /** The name of the gateway has no address. */
        NO_ADDRESS,
        /** The gateway replied, but was sent no whole mail; or nothing was sent. */
        UNDECIDED
    }

    AttemptResult {
        recipients = List.copyOf(recipients);
        outcomes = List.copyOf(outcomes);
        transactions = List.copyOf(transactions);
    }

    /** A result without a transaction, with the same outcome for all recipients. */
    static AttemptResult of(List<MailAddress> recipients, RecipientOutcome outcome, Contact contact) {
        return new AttemptResult(
                recipients, Collections.nCopies(recipients.size(), outcome), contact, false, List.of());
    }

    /** The recipients whose outcome has one of these statuses. */
    List<MailAddress> with(DeliveryStatus first, DeliveryStatus... others) {
        EnumSet<DeliveryStatus> wanted = EnumSet.of(first, others);
        return IntStream.range(0, recipients.size())
                .filter(at -> wanted.contains(outcomes.get(at).status()))
                .mapToObj(recipients::get)
                .toList();
    }

    /** The first outcome with this status; for a status that a recipient has. */
    RecipientOutcome first(DeliveryStatus status) {
        return outcomes.stream()
                .filter(outcome -> outcome.is(status))
                .findFirst()
                .orElseGet(RecipientOutcome::notAttempted);
    }
}
