package io.relaypod.mailets;

import java.util.List;
import javax.inject.Inject;
import javax.mail.MessagingException;

import io.relaypod.calendar.CalendarStripper;
import io.relaypod.events.MailEventPublisher;
import org.apache.mailet.Mail;
import org.apache.mailet.MailetException;
import org.apache.mailet.ProcessingState;
import org.apache.mailet.base.GenericMailet;

/**
 * Removes all calendar content from a mail: attachments and inline parts, at any depth. All other bytes stay.
 *
 * <pre>{@code
 * <mailet match="io.relaypod.mailets.StripCalendarFor=${env:STRIP_ICS_RECIPIENTS}" class="io.relaypod.mailets.StripCalendar">
 *   <summary>${env:CALENDAR_SUMMARY}</summary>
 *   <unreadableProcessor>bounces</unreadableProcessor>
 * </mailet>
 * }</pre>
 *
 * <p>{@code summary} (default false): whether a text describes the event even if the mail has other text.
 * {@code unreadableProcessor} (default bounces): the processor of mails in which calendars cannot be found.
 * docs/calendar.md defines what a calendar is.
 */
public final class StripCalendar extends GenericMailet {

    private final MailEventPublisher events;
    private CalendarStripper stripper = new CalendarStripper(false);
    private String unreadableProcessor = "";

    @Inject
    public StripCalendar(MailEventPublisher events) {
        this.events = events;
    }

    @Override
    public void init() throws MessagingException {
        stripper = new CalendarStripper(summary(this));
        unreadableProcessor = getInitParameter("unreadableProcessor", "bounces");
    }

    static boolean summary(GenericMailet mailet) throws MailetException {
        return ParameterException.isTrue(
                mailet.getMailetInfo() + ": summary", mailet.getInitParameter("summary", "false"));
    }

    @Override
    public List<ProcessingState> requiredProcessingState() {
        return List.of(new ProcessingState(unreadableProcessor));
    }

    @Override
    public void service(Mail mail) throws MessagingException {
        new CalendarChange(unreadableProcessor, events).apply(mail, stripper::strip);
    }

    @Override
    public String getMailetInfo() {
        return "StripCalendar";
    }
}
