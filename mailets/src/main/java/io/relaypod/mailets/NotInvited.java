package io.relaypod.mailets;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import javax.mail.MessagingException;

import io.relaypod.address.EmailAddress;
import io.relaypod.calendar.Invitation;
import io.relaypod.gateway.RawMessage;
import io.relaypod.mime.UnreadableMailException;
import org.apache.james.core.MailAddress;
import org.apache.mailet.Mail;
import org.apache.mailet.base.GenericMatcher;

/**
 * In mode {@code auto}, matches the recipients that the mail's calendars do not invite: they get a copy of their own.
 * It matches all recipients if the calendars cannot be read. In mode {@code listed} it matches none and reads nothing.
 *
 * <pre>{@code
 * <mailet match="io.relaypod.mailets.NotInvited=${env:STRIP_ICS_MODE}" class="io.relaypod.mailets.NarrowCalendar">...</mailet>
 * }</pre>
 */
public final class NotInvited extends GenericMatcher {

    private StripMode mode = StripMode.LISTED;

    @Override
    public void init() throws MessagingException {
        mode = StripMode.of("NotInvited", getCondition());
    }

    @Override
    public Collection<MailAddress> match(Mail mail) throws MessagingException {
        if (mode == StripMode.LISTED) {
            return List.of();
        }
        try {
            Set<EmailAddress> calendarRecipients = Invitation.in(
                            RawMessage.of(mail).source(),
                            mail.getRecipients().stream().map(Addresses::of).toList())
                    .calendarRecipients();
            return mail.getRecipients().stream()
                    .filter(recipient -> !calendarRecipients.contains(Addresses.of(recipient)))
                    .toList();
        } catch (UnreadableMailException leftToTheMailet) {
            return mail.getRecipients();
        } catch (IOException notRead) {
            throw new MessagingException("mail " + mail.getName() + " could not be read", notRead);
        }
    }

    @Override
    public String getMatcherInfo() {
        return "NotInvited";
    }
}
