package io.relaypod.mailets;

import java.io.IOException;
import java.util.List;
import javax.inject.Inject;
import javax.mail.MessagingException;

import io.relaypod.events.MailEvent.RecipientsAligned;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.gateway.RawMessage;
import io.relaypod.headers.RecipientAlignment;
import io.relaypod.mime.Edits;
import io.relaypod.mime.HeaderSection;
import org.apache.mailet.Mail;
import org.apache.mailet.base.GenericMailet;

/**
 * Makes To and Cc list exactly the recipients of this copy, since Graph delivers to the addresses in them. It is the
 * last mailet before RemoteDelivery, behind all that split a mail.
 *
 * <pre>{@code
 * <mailet match="All" class="io.relaypod.mailets.AlignRecipients">
 *   <keepOriginal>true</keepOriginal>
 * </mailet>
 * }</pre>
 *
 * <p>{@code keepOriginal} (default true): a changed To or Cc is recorded as {@code X-Relaypod-Original-To} or
 * {@code -Cc}, refused recipients left out. A mail whose headers agree with its envelope is not touched.
 * docs/recipients.md has the consequences.
 */
public final class AlignRecipients extends GenericMailet {

    private final MailEventPublisher events;
    private boolean keepOriginal;

    @Inject
    public AlignRecipients(MailEventPublisher events) {
        this.events = events;
    }

    @Override
    public void init() throws MessagingException {
        keepOriginal =
                ParameterException.isTrue("AlignRecipients: keepOriginal", getInitParameter("keepOriginal", "true"));
    }

    @Override
    public void service(Mail mail) throws MessagingException {
        RawMessage message = RawMessage.of(mail);
        List<String> recipients = Addresses.texts(mail.getRecipients());
        Edits edits =
                new RecipientAlignment(recipients, keepOriginal, RefusedRecipients.of(mail)).of(header(mail, message));
        if (!edits.isEmpty()) {
            message.replace(out -> edits.apply(message.source(), out));
            events.publish(new RecipientsAligned(mail.getName(), recipients));
        }
    }

    private static HeaderSection header(Mail mail, RawMessage message) throws MessagingException {
        try {
            return HeaderSection.read(message.source(), RecipientAlignment.FIELDS);
        } catch (IOException notRead) {
            throw new MessagingException("mail " + mail.getName() + " could not be read", notRead);
        }
    }

    @Override
    public String getMailetInfo() {
        return "AlignRecipients";
    }
}
