package io.relaypod.mailets;

import java.util.List;
import javax.inject.Inject;
import javax.mail.MessagingException;

import io.relaypod.calendar.Invitation;
import io.relaypod.events.MailEventPublisher;
import org.apache.mailet.Mail;
import org.apache.mailet.ProcessingState;
import org.apache.mailet.base.GenericMailet;

/**
 * In mode {@code auto}, takes the attendees that are no recipients of this copy out of its calendars, and a calendar
 * that would be left without any; one that names no other is not touched. {@link NotInvited} before it gives those who
 * are not invited a copy of their own; without it, a copy that one of them shares loses its calendars.
 *
 * <pre>{@code
 * <mailet match="io.relaypod.mailets.NotInvited=${env:STRIP_ICS_MODE}" class="io.relaypod.mailets.NarrowCalendar"> as below </mailet>
 * <mailet match="All" class="io.relaypod.mailets.NarrowCalendar">
 *   <mode>${env:STRIP_ICS_MODE}</mode>
 *   <summary>${env:CALENDAR_SUMMARY}</summary>
 *   <unreadableProcessor>bounces</unreadableProcessor>
 * </mailet>
 * }</pre>
 *
 * <p>{@code mode} (default listed): listed does nothing. {@code summary} (default false) and
 * {@code unreadableProcessor} (default bounces): as of {@link StripCalendar}.
 */
public final class NarrowCalendar extends GenericMailet {

    private final MailEventPublisher events;
    private StripMode mode = StripMode.LISTED;
    private boolean summary;
    private String unreadableProcessor = "";

    @Inject
    public NarrowCalendar(MailEventPublisher events) {
        this.events = events;
    }

    @Override
    public void init() throws MessagingException {
        mode = StripMode.of("NarrowCalendar", getInitParameter("mode", "listed"));
        summary = StripCalendar.summary(this);
        unreadableProcessor = getInitParameter("unreadableProcessor", "bounces");
    }

    @Override
    public List<ProcessingState> requiredProcessingState() {
        return List.of(new ProcessingState(unreadableProcessor));
    }

    @Override
    public void service(Mail mail) throws MessagingException {
        if (mode == StripMode.AUTO) {
            new CalendarChange(unreadableProcessor, events)
                    .apply(
                            mail,
                            message -> Invitation.in(
                                            message,
                                            mail.getRecipients().stream()
                                                    .map(Addresses::of)
                                                    .toList())
                                    .narrowed(summary));
        }
    }

    @Override
    public String getMailetInfo() {
        return "NarrowCalendar";
    }
}
