package io.relaypod.gateway;

import java.io.IOException;
import java.util.Collection;
import java.util.Set;
import javax.mail.MessagingException;

import io.relaypod.headers.RecipientAlignment;
import io.relaypod.mime.Edits;
import io.relaypod.mime.HeaderSection;
import io.relaypod.mime.MessageSource;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.mailet.Mail;

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

    /** Makes To and Cc list only the recipients that the mail has left; the others have it or were refused. */
    static void align(Mail mail) throws MailQueueException {
        try {
            RawMessage message = RawMessage.of(mail);
            Edits edits = edits(message.source(), MailEnvelope.addresses(mail.getRecipients()));
            if (!edits.isEmpty()) {
                message.replace(out -> edits.apply(message.source(), out));
            }
        } catch (IOException | MessagingException unreadable) {
            throw new MailQueueException("mail " + mail.getName() + " could not be read", unreadable);
        }
    }
}
