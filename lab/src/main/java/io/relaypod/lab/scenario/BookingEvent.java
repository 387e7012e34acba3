package io.relaypod.lab.scenario;

/**
 * The calendar that applications send to the organiser of a booking. It lists the booker as ATTENDEE, so Graph delivers
 * the message to the booker. Immutable.
 *
 * @param uid of the event
 * @param name of the booker
 * @param booker the booker's address
 */
public record BookingEvent(String uid, String organiser, String name, String booker) {

    /** The lines of the calendar, each with a line feed. */
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
