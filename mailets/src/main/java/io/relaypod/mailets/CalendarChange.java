package io.relaypod.mailets;

import java.io.IOException;

import javax.mail.MessagingException;

import org.apache.james.metrics.api.MetricFactory;
import org.apache.mailet.Mail;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.relaypod.calendar.ChangedMail;
import io.relaypod.gateway.RawMessage;
import io.relaypod.mime.MessageSource;
import io.relaypod.mime.UnreadableMailException;

/** Changes the calendars of a mail, counts and logs what was done, and sets aside a mail that nobody can read. */
final class CalendarChange {

    private static final Logger LOGGER = LoggerFactory.getLogger(CalendarChange.class);

    private final String action;
    private final String unreadableProcessor;
    private final MetricFactory metrics;

    /**
     * @param action              such as {@code stripped}, for log and counters
     * @param unreadableProcessor where a mail goes of which nobody can say what is in it
     */
    CalendarChange(String action, String unreadableProcessor, MetricFactory metrics) {
        this.action = action;
        this.unreadableProcessor = unreadableProcessor;
        this.metrics = metrics;
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
        count(action, changed.calendars());
        count("signature_dropped", changed.signatures());
        count("sealed", changed.sealed());
        if (changed.isChanged() || changed.sealed() > 0) {
            LOGGER.info("event=calendar-{} mail={} rcpts={} calendars={} signatures-dropped={} sealed={}", action, mail.getName(),
                mail.getRecipients().size(), changed.calendars(), changed.signatures(), changed.sealed());
        }
    }

    private void count(String what, int number) {
        if (number > 0) {
            metrics.generate("calendar_" + what).add(number);
        }
    }

    private void setAside(Mail mail, String reason) {
        count("unreadable", 1);
        LOGGER.warn("event=calendar-unreadable mail={} rcpts={} reason=\"{}\"", mail.getName(), mail.getRecipients().size(), reason);
        mail.setErrorMessage("cannot tell whether there is a calendar in it: " + reason);
        mail.setState(unreadableProcessor);
    }
}
