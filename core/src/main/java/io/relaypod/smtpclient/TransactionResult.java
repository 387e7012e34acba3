package io.relaypod.smtpclient;

import java.util.List;

/**
 * The result of one SMTP transaction.
 *
 * @param stage the last stage that was begun
 * @param outcomes one for each recipient of the envelope, in its order
 */
public record TransactionResult(TransactionStage stage, List<RecipientOutcome> outcomes) {

    public TransactionResult {
        outcomes = List.copyOf(outcomes);
    }

    /** Whether the server may have the mail. */
    public boolean isContentSent() {
        return stage == TransactionStage.END_OF_DATA;
    }

    /** Whether the server, or its next hop, was lost after it had been sent the whole mail. */
    public boolean isServerLost() {
        return isContentSent()
                && outcomes.stream()
                        .flatMap(outcome -> outcome.reason().stream())
                        .anyMatch(reason -> reason != DeferralReason.REFUSED);
    }

    /** Whether the server has permanently refused the sender. */
    public boolean isSenderRefused() {
        return stage == TransactionStage.MAIL && outcomes.get(0).is(DeliveryStatus.REFUSED);
    }
}
