package io.relaypod.gateway;

import java.io.IOException;
import java.util.Collection;
import java.util.Set;

import io.relaypod.headers.RecipientAlignment;
import io.relaypod.mime.Edits;
import io.relaypod.mime.HeaderSection;
import io.relaypod.mime.MessageSource;

/**
 * Aligns a header with fewer recipients than the mail had when {@code AlignRecipients} processed it: the gateway
 * refused some or already has the mail for them. Graph would deliver to every address that To and Cc still list.
 */
final class TransactionHeader {

    private TransactionHeader() {}

    /** Returns the edits after which To and Cc list only these recipients; they may be empty. */
    static Edits edits(MessageSource message, Collection<String> recipients) throws IOException {
        return new RecipientAlignment(recipients, false, Set.of())
                .of(HeaderSection.read(message, RecipientAlignment.FIELDS));
    }
}
