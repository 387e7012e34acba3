package io.relaypod.mailets;

import java.util.List;

import javax.inject.Inject;
import javax.mail.MessagingException;

import org.apache.mailet.Mail;
import org.apache.mailet.ProcessingState;
import org.apache.mailet.base.GenericMailet;

import io.relaypod.calendar.Invitation;
import io.relaypod.events.MailEvents;

/**
 * In mode {@code auto}, takes the attendees that are no recipients of this copy out of its calendars; a calendar that names no other is
 * not touched. Put it behind {@link NotInvited} and {@link StripCalendar}, which leave it recipients who are invited.
 *
 * <pre>{@code
 * <mailet match="All" class="io.relaypod.mailets.NarrowCalendar">
 *   <mode>${env:STRIP_ICS_MODE}</mode>
 *   <unreadableProcessor>bounces</unreadableProcessor>
 * </mailet>
 * }</pre>
 *
 * <p>{@code mode} (default listed): listed does nothing. {@code unreadableProcessor} (default bounces): as of {@link StripCalendar}.
 */
public final class NarrowCalendar extends GenericMailet {

    private final MailEvents events;
    private StripMode mode = StripMode.LISTED;
    private String unreadableProcessor = "";

    @Inject
    public NarrowCalendar(MailEvents events) {
        this.events = events;
    }

    @Override
    public void init() throws MessagingException {
        mode = StripMode.of("NarrowCalendar", getInitParameter("mode", "listed"));
        unreadableProcessor = getInitParameter("unreadableProcessor", "bounces");
    }

    @Override
    public List<ProcessingState> requiredProcessingState() {
        return List.of(new ProcessingState(unreadableProcessor));
    }

    @Override
    public void service(Mail mail) throws MessagingException {
        if (mode == StripMode.AUTO) {
            new CalendarChange("narrowed", unreadableProcessor, events).apply(mail, message ->
                Invitation.in(message).narrowedTo(mail.getRecipients().stream().map(Addresses::of).toList()));
        }
    }

    @Override
    public String getMailetInfo() {
        return "NarrowCalendar";
    }
}
