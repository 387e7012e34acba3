package io.relaypod.mailets;

import java.io.IOException;
import javax.inject.Inject;
import javax.mail.MessagingException;

import io.relaypod.events.MailEvent.SenderAligned;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.gateway.RawMessage;
import io.relaypod.headers.SenderAlignment;
import io.relaypod.mime.Edits;
import io.relaypod.mime.HeaderSection;
import org.apache.mailet.Mail;
import org.apache.mailet.base.GenericMailet;

/**
 * Puts the address of From and Sender on the field's first line, where smtp2graph looks for the mailbox to send from.
 * It has no parameters; a mail that is so already is not touched.
 *
 * <pre>{@code
 * <mailet match="All" class="io.relaypod.mailets.AlignSender"/>
 * }</pre>
 */
public final class AlignSender extends GenericMailet {

    private final MailEventPublisher events;

    @Inject
    public AlignSender(MailEventPublisher events) {
        this.events = events;
    }

    @Override
    public void service(Mail mail) throws MessagingException {
        RawMessage message = RawMessage.of(mail);
        try {
            Edits edits = SenderAlignment.of(HeaderSection.read(message.source(), SenderAlignment.FIELDS));
            if (!edits.isEmpty()) {
                message.replace(out -> edits.apply(message.source(), out));
                events.publish(new SenderAligned(mail.getName(), Addresses.texts(mail.getRecipients())));
            }
        } catch (IOException notRead) {
            throw new MessagingException("mail " + mail.getName() + " could not be read", notRead);
        }
    }

    @Override
    public String getMailetInfo() {
        return "AlignSender";
    }
}
