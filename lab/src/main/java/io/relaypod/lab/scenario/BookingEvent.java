package io.relaypod.lab.scenario;

/**
 * The calendar in a notification of a booking, as applications send it to the organiser: it names the booker as
 * ATTENDEE, and so it is to the booker that Graph sends the mail. Immutable.
 *
 * @param uid the event's
 * @param name the booker's
 * @param booker the booker's address
 */
public record BookingEvent(String uid, String organiser, String name, String booker) {

    /** Its lines, each ended by a line feed. */
    public String lines() {
        return """
            BEGIN:VCALENDAR
            VERSION:2.0
            METHOD:REQUEST
            BEGIN:VEVENT
            UID:%s
            DTSTART:20270104T090000Z
            DTEND:20270104T100000Z
            SUMMARY:Booking
            ORGANIZER:mailto:%s
            ATTENDEE;CN=%s:mailto:%s
            END:VEVENT
            END:VCALENDAR
            """.formatted(uid, organiser, name, booker);
    }
}
