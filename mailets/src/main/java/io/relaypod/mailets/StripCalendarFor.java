package io.relaypod.mailets;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import javax.mail.MessagingException;

import io.relaypod.address.AddressSet;
import org.apache.james.core.MailAddress;
import org.apache.mailet.Mail;
import org.apache.mailet.MailetException;
import org.apache.mailet.base.GenericMatcher;

/**
 * Matches the recipients that an admin listed, by address or by {@code @domain}; of a mail for none of them not a byte
 * is read. A wrong entry stops the start.
 *
 * <pre>{@code
 * <mailet match="io.relaypod.mailets.StripCalendarFor=boss@example.com, @example.org" class="io.relaypod.mailets.StripCalendar"/>
 * }</pre>
 */
public final class StripCalendarFor extends GenericMatcher {

    private AddressSet listed = AddressSet.parse("");

    @Override
    public void init() throws MessagingException {
        try {
            listed = AddressSet.parse(Optional.ofNullable(getCondition()).orElse(""));
        } catch (IllegalArgumentException wrongEntry) {
            throw new MailetException("StripCalendarFor: " + wrongEntry.getMessage(), wrongEntry);
        }
    }

    @Override
    public Collection<MailAddress> match(Mail mail) {
        return listed.isEmpty()
                ? List.of()
                : mail.getRecipients().stream()
                        .filter(recipient -> listed.contains(Addresses.of(recipient)))
                        .toList();
    }

    @Override
    public String getMatcherInfo() {
        return "StripCalendarFor";
    }
}
