package io.relaypod.calendar;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import io.relaypod.address.EmailAddress;

/**
 * The recipients of a copy whom a calendar lists, and what has to change in the calendar for that copy. Memory: one
 * line, the recipients, and a bit for each event and alarm. Immutable.
 *
 * @param recipients of the copy
 * @param invited the recipients who are attendees of an event, by any of their addresses
 * @param present the recipients that any line names, those of alarms too
 * @param namesAnyone whether there is any ATTENDEE
 * @param plain whether every line may stay as it is for these recipients
 * @param readable whether this is all of it
 * @param alarms numbers of the alarms to remove, because they would send mail to others
 * @param events numbers of the events to remove, because no recipient takes part
 */
record Attendees(
        Set<EmailAddress> recipients,
        Set<EmailAddress> invited,
        Set<EmailAddress> present,
        boolean namesAnyone,
        boolean plain,
        boolean readable,
        BitSet alarms,
        BitSet events) {

    // RFC 5546 sections 3.2.2, 3.2.4, 3.2.5: there, each event has an attendee.
    private static final Set<String> METHODS_FOR_ATTENDEES = Set.of("REQUEST", "ADD", "CANCEL");
    // RFC 5545 section 3.6.6: alarms that do without attendees.
    private static final Set<String> ALARMS_WITHOUT_ATTENDEES = Set.of("DISPLAY", "AUDIO", "PROCEDURE");

    /** Keeps its own copies of the sets of addresses. */
    Attendees {
        recipients = Set.copyOf(recipients);
        invited = Set.copyOf(invited);
        present = Set.copyOf(present);
    }

    /**
     * Reads the decoded content of a calendar part.
     *
     * @param longest gets a calendar that is as long as any that {@link #narrow} makes of this one for these
     *     recipients, or for some of them
     */
    static Attendees read(InputStream calendar, Set<EmailAddress> recipients, OutputStream longest) throws IOException {
        return new AttendeesParser(recipients).of(new ContentLines(calendar), longest);
    }

    /** Whether the calendar has to be changed before these may get it, who are some of the {@link #recipients}. */
    boolean isTooWideFor(Set<EmailAddress> copy) {
        return !plain || !copy.containsAll(present);
    }

    /** Copies the calendar for the {@link #recipients}, without everybody else. */
    void narrow(InputStream calendar, OutputStream out) throws IOException {
        ContentLines lines = new ContentLines(calendar);
        ComponentTracker components = new ComponentTracker();
        while (lines.next()) {
            components.read(lines);
            boolean gone = components.isInAlarm() && alarms.get(components.alarm())
                    || components.isInEvent() && events.get(components.event());
            if (gone) {
                continue;
            }
            if (lines.name().equals("ATTENDEE")) {
                AttendeeLine attendee = AttendeeLine.parse(lines.text());
                if (attendee.mayStayFor(recipients)) {
                    lines.copyTo(out);
                } else {
                    for (EmailAddress address : attendee.addressesAmong(recipients)) {
                        lines.writeInstead(attendee.with(address), out);
                    }
                }
            } else {
                lines.copyTo(out);
            }
        }
    }

    /** One pass. For one thread. */
    private static final class AttendeesParser {

        private final Set<EmailAddress> recipients;
        private final ComponentTracker components = new ComponentTracker();
        private final Set<EmailAddress> invited = new HashSet<>();
        private final Set<EmailAddress> present = new HashSet<>();
        private final BitSet mailingAlarms = new BitSet();
        private final BitSet silentAlarms = new BitSet();
        private final BitSet attendedEvents = new BitSet();
        private final BitSet ownEvents = new BitSet();
        private boolean namesAnyone;
        private boolean plain = true;
        private boolean readable = true;
        private boolean isForAttendees;

        AttendeesParser(Set<EmailAddress> recipients) {
            this.recipients = recipients;
        }

        Attendees of(ContentLines lines, OutputStream longest) throws IOException {
            while (lines.next()) {
                components.read(lines);
                String name = lines.name();
                // What is behind the cut may be an address, or even the rest of the name.
                readable &= !lines.isCut() || !name.equals("ATTENDEE") && lines.isNamed();
                switch (name) {
                    case "ATTENDEE" -> attendee(lines, longest);
                    case "METHOD" -> isForAttendees |= METHODS_FOR_ATTENDEES.contains(value(lines));
                    case "ACTION" -> action(value(lines));
                    default -> {}
                }
                if (!name.equals("ATTENDEE")) {
                    lines.copyTo(longest);
                }
            }
            mailingAlarms.andNot(silentAlarms);
            attendedEvents.andNot(ownEvents);
            return new Attendees(
                    recipients,
                    invited,
                    present,
                    namesAnyone,
                    plain,
                    readable && !lines.hasZero() && components.isCalendarSeen(),
                    mailingAlarms,
                    isForAttendees ? attendedEvents : new BitSet());
        }

        private static String value(ContentLines lines) {
            String text = lines.text();
            return text.substring(text.indexOf(':') + 1).strip().toUpperCase(Locale.ROOT);
        }

        private void action(String action) {
            if (components.isInAlarm() && ALARMS_WITHOUT_ATTENDEES.contains(action)) {
                silentAlarms.set(components.alarm());
            }
        }

        private void attendee(ContentLines lines, OutputStream longest) throws IOException {
            AttendeeLine line = AttendeeLine.parse(lines.text());
            // vCalendar 1.0 continues such a line in another way, so its addresses are unknown.
            readable &= !line.text().toUpperCase(Locale.ROOT).contains("QUOTED-PRINTABLE");
            List<EmailAddress> own = line.addressesAmong(recipients);
            boolean asItIs = line.mayStayFor(recipients);
            namesAnyone = true;
            plain &= asItIs;
            present.addAll(own);
            if (components.isInAlarm()) {
                if (!asItIs) {
                    mailingAlarms.set(components.alarm());
                }
            } else {
                invited.addAll(own);
            }
            if (components.isInEvent() && !components.isInAlarm()) {
                attendedEvents.set(components.event());
                ownEvents.set(components.event(), ownEvents.get(components.event()) || !own.isEmpty());
            }
            if (asItIs || own.isEmpty()) {
                lines.copyTo(longest);
            } else {
                for (EmailAddress address : own) {
                    lines.writeInstead(line.with(address), longest);
                }
            }
        }
    }
}
