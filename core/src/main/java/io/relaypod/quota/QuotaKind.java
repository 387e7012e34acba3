package io.relaypod.quota;

import java.util.Locale;

/** A daily limit of recipients. */
public enum QuotaKind {
    /** Of each sending mailbox. */
    MAILBOX,
    /** Of all mailboxes together, for recipients outside the tenant's domains. */
    TENANT;

    /** Name in metrics and log lines. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
