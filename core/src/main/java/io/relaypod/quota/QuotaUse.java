package io.relaypod.quota;

/**
 * What a message takes of the quotas.
 *
 * @param mailbox that Graph sends it from
 * @param recipients of the envelope
 * @param external those of them outside the tenant's domains
 */
public record QuotaUse(String mailbox, int recipients, int external) {

    /** A message of which only the mailbox is known: one recipient, inside the tenant. */
    public static QuotaUse ofOne(String mailbox) {
        return new QuotaUse(mailbox, 1, 0);
    }

    /** Both messages together, with this one's mailbox. */
    public QuotaUse plus(QuotaUse other) {
        return new QuotaUse(mailbox, (int) Math.min(Integer.MAX_VALUE, (long) recipients + other.recipients), (int)
                Math.min(Integer.MAX_VALUE, (long) external + other.external));
    }
}
