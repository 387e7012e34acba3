package io.relaypod.gateway;

import java.io.IOException;
import java.util.Collection;
import java.util.Set;

import io.relaypod.headers.RecipientAlignment;
import io.relaypod.mime.Edits;
import io.relaypod.mime.HeaderSection;
import io.relaypod.mime.MessageSource;

/**
 * A header for fewer recipients than the mail had when {@code AlignRecipients} saw it: the gateway refused some, or has
 * the mail for some already, and Graph would deliver to whomever To and Cc still name.
 */
final class TransactionHeader {

    private TransactionHeader() {}

    /** What has to change for the header to name nobody but these; nothing when it does not. */
    static Edits edits(MessageSource message, Collection<String> recipients) throws IOException {
        return new RecipientAlignment(recipients, false, Set.of())
                .of(HeaderSection.read(message, RecipientAlignment.FIELDS));
    }
}
