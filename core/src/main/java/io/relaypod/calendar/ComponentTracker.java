package io.relaypod.calendar;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Knows in which event and in which alarm of a calendar a content line stands, also where a BEGIN or an END is missing.
 * Events and alarms are numbered from 0 in their order. For one pass and one thread.
 */
final class ComponentTracker {

    private static final int NONE = -1;
    private static final String CALENDAR = "VCALENDAR";
    private static final String ALARM = "VALARM";
    private static final Set<String> EVENTS = Set.of("VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY");
    private static final Pattern BLANKS = Pattern.compile("\\s+");

    private boolean calendarSeen;
    private int events;
    private int alarms;
    private int event = NONE;
    private int alarm = NONE;
    private int alarmDepth;
    private boolean leavesEvent;

    /** Moves to a content line; only BEGIN and END are of interest. */
    void read(ContentLines line) {
        if (leavesEvent) {
            event = NONE;
            leavesEvent = false;
        }
        if (alarmDepth == 0) {
            alarm = NONE;
        }
        switch (line.name()) {
            case "BEGIN" -> begin(line.text());
            case "END" -> end(line.text());
            default -> {}
        }
    }

    private static String component(String text) {
        String line = BLANKS.matcher(text).replaceAll("").toUpperCase(Locale.ROOT);
        // A line that was not ended runs into the next: the calendar begins all the same.
        return line.endsWith("BEGIN:" + CALENDAR) ? CALENDAR : line.substring(line.indexOf(':') + 1);
    }

    private void begin(String text) {
        String component = component(text);
        if (component.equals(CALENDAR)) {
            calendarSeen = true;
            leave();
        } else if (EVENTS.contains(component)) {
            leave();
            event = events++;
        } else if (component.equals(ALARM) && alarmDepth++ == 0) {
            alarm = alarms++;
        }
    }

    private void end(String text) {
        String component = component(text);
        if (component.equals(CALENDAR)) {
            leave();
        } else if (EVENTS.contains(component)) {
            alarmDepth = 0;
            alarm = NONE;
            leavesEvent = true;
        } else if (component.equals(ALARM)) {
            alarmDepth = Math.max(0, alarmDepth - 1);
        }
    }

    private void leave() {
        event = NONE;
        alarm = NONE;
        alarmDepth = 0;
    }

    boolean isCalendarSeen() {
        return calendarSeen;
    }

    boolean isInEvent() {
        return event != NONE;
    }

    boolean isInAlarm() {
        return alarm != NONE;
    }

    /** The number of the event that the line stands in, begins or ends. */
    int event() {
        return event;
    }

    /** The number of the alarm that the line stands in, begins or ends. */
    int alarm() {
        return alarm;
    }
}
