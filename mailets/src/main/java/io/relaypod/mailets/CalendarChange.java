package io.relaypod.mailets;

import java.io.IOException;
import javax.mail.MessagingException;

import com.google.common.collect.ImmutableMap;
import io.relaypod.calendar.StrippedMail;
import io.relaypod.events.MailEvent.Changed;
import io.relaypod.events.MailEvent.Failed;
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
        if (changed.calendars() > 0 || changed.sealed() > 0 || changed.isChanged() && changed.narrowed() == 0) {
            report(mail, "calendar-stripped", changed.calendars(), changed);
        }
        if (changed.narrowed() > 0) {
            report(mail, "calendar-narrowed", changed.narrowed(), changed);
        }
    }

    private void report(Mail mail, String action, int calendars, StrippedMail changed) {
        // Signatures are counted once.
        int signatures = changed.narrowed() > 0 && action.equals("calendar-stripped") ? 0 : changed.signatures();
        events.tell(new Changed(
                mail.getName(),
                action,
                Addresses.texts(mail.getRecipients()),
                ImmutableMap.of("calendars", calendars, "signatures-dropped", signatures, "sealed", changed.sealed())));
    }

    private void setAside(Mail mail, String reason) {
        String why = "cannot tell whether there is a calendar in it: " + reason;
        events.tell(new Failed(
                mail.getName(), mail.getMaybeSender().asString(""), Addresses.texts(mail.getRecipients()), why));
        mail.setErrorMessage(why);
        mail.setState(unreadableProcessor);
    }
}
