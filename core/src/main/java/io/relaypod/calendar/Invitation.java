package io.relaypod.calendar;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Base64;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

import com.google.common.collect.Maps;
import com.google.common.io.CountingOutputStream;
import io.relaypod.address.EmailAddress;
import io.relaypod.mime.Edits.Replacement;
import io.relaypod.mime.MessageSource;
import io.relaypod.mime.Part;
import io.relaypod.mime.TransferEncoding;
import io.relaypod.mime.UnreadableMailException;
import org.apache.commons.io.output.CloseShieldOutputStream;

/**
 * Finds the recipients whom the calendars of a message invite, and makes copies whose calendars list only the copy's
 * recipients.
 *
 * <pre>{@code
 * if (Invitation.in(mail, recipients).calendarRecipients().containsAll(recipients)) {
 *     StrippedMail copy = Invitation.in(mail, recipients).narrowed(false);
 * }
 * }</pre>
 *
 * <p>Other attendees are removed from the calendar and not listed elsewhere. A calendar that would have no attendee
 * left is removed; one that lists nobody stays. Immutable.
 */
public final class Invitation {

    // SMTP's longest line is 998 bytes (RFC 5321 section 4.5.3.1.6); base64 takes four at a time.
    private static final int LONGEST_BASE64_LINE = 996;
    private static final byte[] CRLF = {'\r', '\n'};

    private final MessageSource mail;
    private final Set<EmailAddress> recipients;
    private final Calendars calendars;
    private final Map<Part, ReadableCalendar> read;
    private final boolean growsTooFar;

    /**
     * A calendar part that can be read.
     *
     * @param attendees whom it names
     * @param inLines whether lines of the usual length would make it longer, when it is encoded anew
     * @param growth by how many bytes it is longer when it is encoded anew, with all its lines
     */
    private record ReadableCalendar(Attendees attendees, boolean inLines, long growth) {

        static ReadableCalendar read(Part part, InputStream content, Set<EmailAddress> recipients) throws IOException {
            CountingOutputStream encoded = new CountingOutputStream(OutputStream.nullOutputStream());
            CountingOutputStream decoded =
                    new CountingOutputStream(part.encoding().encode(encoded));
            Attendees attendees = Attendees.read(content, recipients, decoded);
            decoded.close();
            long size = part.end() - part.bodyStart();
            if (part.encoding() == TransferEncoding.BASE64 && encoded.getCount() > size) {
                long base64 = (decoded.getCount() + 2) / 3 * 4;
                return new ReadableCalendar(
                        attendees, false, base64 + (base64 / LONGEST_BASE64_LINE + 1) * CRLF.length - size);
            }
            return new ReadableCalendar(attendees, true, encoded.getCount() - size);
        }
    }

    private Invitation(
            MessageSource mail, Set<EmailAddress> recipients, Calendars calendars, Map<Part, ReadableCalendar> read) {
        this.mail = mail;
        this.recipients = recipients;
        this.calendars = calendars;
        Set<Part> beside = Signatures.besideContent(calendars.message());
        boolean ambiguous = calendars.isAmbiguous();
        this.read = new IdentityHashMap<>(Maps.filterEntries(
                read,
                each -> !ambiguous
                        && each.getValue().attendees().readable()
                        && each.getKey().encoding().canEncode()
                        && !beside.contains(each.getKey())));
        this.growsTooFar = this.read.values().stream()
                        .mapToLong(each -> Math.max(0, each.growth()))
                        .sum()
                > StrippedMail.MAX_GROWTH;
    }

    /**
     * @param recipients of the mail
     * @throws UnreadableMailException if the structure cannot be read
     */
    public static Invitation in(MessageSource mail, Collection<EmailAddress> recipients)
            throws IOException, UnreadableMailException {
        Set<EmailAddress> copy = Set.copyOf(recipients);
        Calendars calendars = Calendars.find(mail, false);
        return new Invitation(
                mail,
                copy,
                calendars,
                calendars.read(any -> true, (part, content) -> ReadableCalendar.read(part, content, copy)));
    }

    /**
     * The recipients who may share one copy with calendars: the invited ones, or all if no calendar lists anybody.
     * Nobody keeps a calendar that cannot be read, or that needs a change and would grow too far.
     */
    public Set<EmailAddress> calendarRecipients() {
        Set<Part> naming = namingParts();
        if (naming.isEmpty()) {
            return recipients;
        }
        SharedCopy kept = kept(naming);
        return kept.parts().isEmpty() ? Set.of() : kept.recipients();
    }

    private record SharedCopy(Set<Part> parts, Set<EmailAddress> recipients) {}

    private Set<Part> namingParts() {
        return read.keySet().stream()
                .filter(part -> attendees(part).namesAnyone())
                .collect(Collectors.toSet());
    }

    private Attendees attendees(Part part) {
        return Objects.requireNonNull(read.get(part)).attendees();
    }

    /**
     * If a calendar is removed because it would grow too far, the recipients whom it alone invites are no longer
     * invited. Then another calendar may have to change, so this repeats.
     */
    private SharedCopy kept(Set<Part> naming) {
        Set<Part> parts = naming;
        Set<EmailAddress> invited = invited(parts);
        while (true) {
            Set<EmailAddress> copy = invited;
            Set<Part> left =
                    parts.stream().filter(part -> mayBeKept(part, copy)).collect(Collectors.toSet());
            if (left.size() == parts.size()) {
                return new SharedCopy(parts, invited);
            }
            parts = left;
            invited = invited(parts);
        }
    }

    private Set<EmailAddress> invited(Set<Part> parts) {
        return parts.stream()
                .flatMap(part -> attendees(part).invited().stream())
                .collect(Collectors.toUnmodifiableSet());
    }

    private boolean mayBeKept(Part part, Set<EmailAddress> copy) {
        return !Collections.disjoint(attendees(part).invited(), copy)
                && (!growsTooFar
                        || Objects.requireNonNull(read.get(part)).growth() <= 0
                        || !attendees(part).isTooWideFor(copy));
    }

    /**
     * A copy for exactly the recipients, who are {@link #calendarRecipients} or none of them is.
     *
     * @param summaryBesideText whether a removed calendar is added in words even if other text is left
     * @return the message whose calendars list nobody else; unchanged if none does
     */
    public StrippedMail narrowed(boolean summaryBesideText) throws IOException {
        Set<Part> naming = namingParts();
        SharedCopy kept = kept(naming);
        // Graph delivers to attendees only, so a recipient who is not invited would get nothing.
        Set<Part> keptParts = kept.recipients().equals(recipients) ? kept.parts() : Set.of();
        Map<Part, Replacement> narrowed = new HashMap<>();
        keptParts.stream()
                .filter(part -> attendees(part).isTooWideFor(recipients))
                .forEach(part -> narrowed.put(part, narrowed(part)));
        boolean anyRemoved = calendars.parts().stream().anyMatch(part -> isRemoved(part, naming, keptParts));
        boolean anyKept = calendars.parts().stream().anyMatch(part -> !isRemoved(part, naming, keptParts));
        StrippedMail changed = new CalendarRemoval(
                        calendars,
                        calendars.changes(part -> isRemoved(part, naming, keptParts), narrowed, anyRemoved && !anyKept),
                        summaryBesideText)
                .of(mail);
        // Encrypted parts are counted by CalendarStripper.
        return new StrippedMail(
                mail, changed.edits(), changed.calendars(), changed.narrowed(), changed.signatures(), 0);
    }

    private boolean isRemoved(Part part, Set<Part> naming, Set<Part> keptParts) {
        return !read.containsKey(part) || naming.contains(part) && !keptParts.contains(part);
    }

    private Replacement narrowed(Part part) {
        Attendees attendees = attendees(part);
        return Objects.requireNonNull(read.get(part)).inLines()
                ? (original, out) -> part.encoding().recode(original, out, attendees::narrow)
                : (original, out) -> {
                    try (OutputStream base64 =
                            Base64.getMimeEncoder(LONGEST_BASE64_LINE, CRLF).wrap(CloseShieldOutputStream.wrap(out))) {
                        attendees.narrow(part.encoding().decode(original), base64);
                    }
                    out.write(CRLF);
                };
    }
}
