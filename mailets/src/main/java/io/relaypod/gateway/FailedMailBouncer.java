package io.relaypod.gateway;

import java.util.Optional;
import javax.mail.MessagingException;

import io.relaypod.events.MailEvent.MailFailed;
import io.relaypod.events.MailEventPublisher;
import org.apache.james.core.MailAddress;
import org.apache.james.transport.mailets.remote.delivery.Bouncer;
import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.Mail;
import org.apache.mailet.MailetContext;

/**
 * Sends mails that cannot be delivered to the bounce processor, with James' attributes. Mails with an empty sender too,
 * which James' own Bouncer drops: a bounce must not answer a bounce (RFC 5321 section 4.5.5), but here nothing is sent
 * back.
 */
final class FailedMailBouncer {

    private final MailetContext context;
    private final String processor;
    private final MailEventPublisher events;

    FailedMailBouncer(MailetContext context, String processor, MailEventPublisher events) {
        this.context = context;
        this.processor = processor;
        this.events = events;
    }

    /**
     * @param code of the gateway's reply, if it replied
     * @param reason for operators
     * @throws IllegalStateException if the processor fails; the caller still has the mail
     */
    void bounce(Mail mail, Optional<Integer> code, String reason) {
        code.ifPresent(some -> mail.setAttribute(new Attribute(Bouncer.DELIVERY_ERROR_CODE, AttributeValue.of(some))));
        mail.setAttribute(new Attribute(Bouncer.DELIVERY_ERROR, AttributeValue.of(reason)));
        mail.setErrorMessage(reason);
        try {
            context.sendMail(mail, processor);
        } catch (MessagingException notKept) {
            throw new IllegalStateException(
                    "mail " + mail.getName() + " could not be sent to processor " + processor, notKept);
        }
        events.publish(new MailFailed(
                mail.getName(),
                mail.getMaybeSender().asString(""),
                mail.getRecipients().stream().map(MailAddress::asString).toList(),
                reason));
    }
}
