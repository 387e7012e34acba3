package io.relaypod.mailets;

import java.io.IOException;

import javax.mail.MessagingException;

import org.apache.mailet.Mail;

import com.google.common.collect.ImmutableMap;

import io.relaypod.calendar.ChangedMail;
import io.relaypod.events.MailEvent.Changed;
import io.relaypod.events.MailEvent.Failed;
import io.relaypod.events.MailEvents;
import io.relaypod.gateway.RawMessage;
import io.relaypod.mime.MessageSource;
import io.relaypod.mime.UnreadableMailException;

/** Changes the calendars of a mail, counts and logs what was done, and sets aside a mail that nobody can read. */
final class CalendarChange {

    private final String action;
    private final String unreadableProcessor;
    private final MailEvents events;

    /**
     * @param action              such as {@code stripped}, for log and metrics
     * @param unreadableProcessor where a mail goes of which nobody can say what is in it
     */
    CalendarChange(String action, String unreadableProcessor, MailEvents events) {
        this.action = action;
        this.unreadableProcessor = unreadableProcessor;
        this.events = events;
    }

    /** What becomes of a message. */
    @FunctionalInterface
    interface Rule {
        ChangedMail change(MessageSource message) throws IOException, UnreadableMailException;
    }

    void apply(Mail mail, Rule rule) throws MessagingException {
        RawMessage message = RawMessage.of(mail);
        try {
            ChangedMail changed = rule.change(message.source());
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

    private void report(Mail mail, ChangedMail changed) {
        if (changed.isChanged() || changed.sealed() > 0) {
            events.tell(new Changed(mail.getName(), "calendar-" + action, Clients.addresses(mail.getRecipients()),
                ImmutableMap.of("calendars", changed.calendars(), "signatures-dropped", changed.signatures(), "sealed", changed.sealed())));
        }
    }

    private void setAside(Mail mail, String reason) {
        String why = "cannot tell whether there is a calendar in it: " + reason;
        events.tell(new Failed(mail.getName(), mail.getMaybeSender().asString(""), Clients.addresses(mail.getRecipients()), why));
        mail.setErrorMessage(why);
        mail.setState(unreadableProcessor);
    }
}
