package io.relaypod.calendar;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import com.google.common.collect.Maps;
import com.google.common.io.CountingOutputStream;

import io.relaypod.calendar.AttendeeLines.Attendees;
import io.relaypod.mime.Edits;
import io.relaypod.mime.MessageSource;
import io.relaypod.mime.Part;
import io.relaypod.mime.UnreadableMailException;
import io.relaypod.recipients.EmailAddress;

/**
 * Whom the calendars in a mail invite, and how a copy of it is made to name nobody else than its own recipients.
 *
 * <pre>{@code
 * Invitation invitation = Invitation.in(mail);
 * if (recipients.stream().allMatch(invitation::mayGoTo)) {
 *     ChangedMail copy = invitation.narrowedTo(recipients);
 * }
 * }</pre>
 *
 * <p>Attendees who are not in the copy are dropped from its calendar and said nowhere else: who was invited is the organiser's to tell.
 * Immutable.
 */
public final class Invitation {

    private final MessageSource mail;
    private final Calendars calendars;
    private final Map<Part, Attendees> attendees;
    private final boolean readable;

    /**
     * A calendar part.
     *
     * @param attendees whom it names
     * @param growth    by how many bytes it is longer when it is encoded anew, with all its lines
     */
    private record Calendar(Attendees attendees, long growth) {

        static Calendar read(Part part, InputStream content) throws IOException {
            CountingOutputStream encoded = new CountingOutputStream(OutputStream.nullOutputStream());
            Attendees attendees;
            try (OutputStream copy = part.encoding().encode(encoded)) {
                attendees = AttendeeLines.read(content, copy);
            }
            return new Calendar(attendees, encoded.getCount() - (part.end() - part.bodyStart()));
        }
    }

    private Invitation(MessageSource mail, Calendars calendars, Map<Part, Calendar> read) {
        this.mail = mail;
        this.calendars = calendars;
        this.attendees = new IdentityHashMap<>(Maps.transformValues(read, Calendar::attendees));
        this.readable = !calendars.hasStray() && (calendars.isEmpty() || !calendars.isAmbiguous()) && !Signatures.isBesideContent(Set.copyOf(calendars.parts()), calendars.message())
            && read.size() == calendars.parts().size()
            && attendees.entrySet().stream().allMatch(each -> each.getValue().readable() && each.getKey().encoding().canEncode())
            && read.values().stream().mapToLong(each -> Math.max(0, each.growth())).sum() <= ChangedMail.MOST_GROWTH;
    }

    /**
     * @throws UnreadableMailException when nobody can say whether there is a calendar in it
     */
    public static Invitation in(MessageSource mail) throws IOException, UnreadableMailException {
        Calendars calendars = Calendars.find(mail);
        return new Invitation(mail, calendars, calendars.read(Calendar::read));
    }

    /**
     * Whether a copy for this recipient may keep the calendars: there are none, they name nobody, or they invite this recipient. Of
     * calendars that cannot be read nobody keeps any.
     */
    public boolean mayGoTo(EmailAddress recipient) {
        return readable && (attendees.values().stream().allMatch(each -> each.named().isEmpty())
            || attendees.values().stream().anyMatch(each -> each.invited().contains(recipient)));
    }

    /**
     * @param recipients of a copy, each of whom {@link #mayGoTo} allows
     * @return the mail with the attendees among them; unchanged when no other is named
     */
    public ChangedMail narrowedTo(Collection<EmailAddress> recipients) {
        Set<EmailAddress> copy = Set.copyOf(recipients);
        Set<Part> tooWide = calendars.parts().stream()
            .filter(part -> !copy.containsAll(attendees.get(part).named()))
            .collect(Collectors.toSet());
        Edits edits = new Edits();
        for (Part part : tooWide) {
            edits.replace(part.bodyStart(), part.end(), (original, out) -> part.encoding().recode(original, out,
                (calendar, narrowed) -> AttendeeLines.narrow(calendar, copy, narrowed)));
        }
        int signatures = tooWide.isEmpty() ? 0 : Signatures.unwrapAround(tooWide, calendars.message(), edits);
        return new ChangedMail(mail, edits, tooWide.size(), signatures, 0);
    }
}
