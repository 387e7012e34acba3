package io.relaypod.mailets;

import java.io.IOException;
import java.util.List;
import javax.mail.MessagingException;

import io.relaypod.calendar.StrippedMail;
import io.relaypod.events.MailEvent.CalendarNarrowed;
import io.relaypod.events.MailEvent.CalendarStripped;
import io.relaypod.events.MailEvent.MailFailed;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.gateway.RawMessage;
import io.relaypod.mime.MessageSource;
import io.relaypod.mime.UnreadableMailException;
import org.apache.mailet.Mail;

/** Changes the calendars of a mail, counts and logs what was done, and sets aside a mail that nobody can read. */
final class CalendarChange {

    private final String unreadableProcessor;
    private final MailEventPublisher events;

    /** @param unreadableProcessor where a mail goes of which nobody can say what is in it */
    CalendarChange(String unreadableProcessor, MailEventPublisher events) {
        this.unreadableProcessor = unreadableProcessor;
        this.events = events;
    }

    /** What becomes of a message. */
    @FunctionalInterface
    interface Rule {
        StrippedMail change(MessageSource message) throws IOException, UnreadableMailException;
    }

    void apply(Mail mail, Rule rule) throws MessagingException {
        RawMessage message = RawMessage.of(mail);
        try {
            StrippedMail changed = rule.change(message.source());
            if (changed.isChanged()) {
                message.replace(changed::writeTo);
            }
            report(mail, changed);
        } catch (UnreadableMailException unreadable) {
            setAside(mail, unreadable.getMessage());
        } catch (IOException notRead) {
            throw new MessagingException("mail " + mail.getName() + " could not be read", notRead);
        }
    }

    private void report(Mail mail, StrippedMail changed) {
        List<String> recipients = Addresses.texts(mail.getRecipients());
        boolean isNarrowed = changed.narrowed() > 0;
        if (changed.calendars() > 0 || changed.opaque() > 0 || changed.isChanged() && !isNarrowed) {
            // Signatures are counted once.
            int signatures = isNarrowed ? 0 : changed.signatures();
            events.publish(new CalendarStripped(
                    mail.getName(), recipients, changed.calendars(), signatures, changed.opaque()));
        }
        if (isNarrowed) {
            events.publish(new CalendarNarrowed(
                    mail.getName(), recipients, changed.narrowed(), changed.signatures(), changed.opaque()));
        }
    }

    private void setAside(Mail mail, String reason) {
        String why = "cannot tell whether there is a calendar in it: " + reason;
        events.publish(new MailFailed(
                mail.getName(), mail.getMaybeSender().asString(""), Addresses.texts(mail.getRecipients()), why));
        mail.setErrorMessage(why);
        mail.setState(unreadableProcessor);
    }
}
