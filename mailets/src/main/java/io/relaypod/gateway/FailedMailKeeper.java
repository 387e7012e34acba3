package io.relaypod.gateway;

import java.util.Optional;
import javax.mail.MessagingException;

import com.sun.mail.smtp.SMTPAddressFailedException;
import io.relaypod.events.MailEvent.MailFailed;
import io.relaypod.events.MailEventPublisher;
import org.apache.james.core.MailAddress;
import org.apache.james.transport.mailets.remote.delivery.Bouncer;
import org.apache.james.transport.mailets.remote.delivery.EnhancedMessagingException;
import org.apache.james.transport.mailets.remote.delivery.RemoteDeliveryConfiguration;
import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.Mail;
import org.apache.mailet.MailetContext;

/**
 * Sends what cannot be delivered to the bounce processor, mails with an empty sender too. James' own Bouncer drops
 * those: right for a bounce, which must not answer a bounce (RFC 5321 section 4.5.5), but here nothing is sent and
 * everything is kept.
 */
final class FailedMailKeeper extends Bouncer {

    private final MailetContext context;
    private final String processor;
    private final MailEventPublisher events;

    FailedMailKeeper(
            RemoteDeliveryConfiguration configuration,
            MailetContext context,
            String processor,
            MailEventPublisher events) {
        super(configuration, context);
        this.context = context;
        this.processor = processor;
        this.events = events;
    }

    @Override
    public void bounce(Mail mail, Exception failure) {
        Optional<SMTPAddressFailedException> refusal = FailureReason.of(failure, mail.getRecipients());
        String reason = FailureReason.shortened(refusal.map(Exception::getMessage)
                .or(() -> Optional.ofNullable(failure).map(this::getErrorMsg))
                .orElse("delivery failed for good"));
        refusal.map(SMTPAddressFailedException::getReturnCode)
                .or(() -> replyCode(failure))
                .ifPresent(code -> mail.setAttribute(new Attribute(DELIVERY_ERROR_CODE, AttributeValue.of(code))));
        mail.setAttribute(new Attribute(DELIVERY_ERROR, AttributeValue.of(reason)));
        mail.setErrorMessage(reason);
        try {
            context.sendMail(mail, processor);
            events.publish(new MailFailed(
                    mail.getName(),
                    mail.getMaybeSender().asString(""),
                    mail.getRecipients().stream().map(MailAddress::asString).toList(),
                    reason));
        } catch (MessagingException notKept) {
            // The delivery thread puts the mail back into its queue when we fail; swallowing this would lose it.
            throw new IllegalStateException(
                    "mail " + mail.getName() + " could not be sent to processor " + processor, notKept);
        }
    }

    private static Optional<Integer> replyCode(Exception failure) {
        return failure instanceof MessagingException messaging
                ? new EnhancedMessagingException(messaging).getReturnCode()
                : Optional.empty();
    }
}
