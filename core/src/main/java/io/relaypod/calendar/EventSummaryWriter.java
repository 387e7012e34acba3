package io.relaypod.calendar;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Collects what people want to know of the first events of a calendar, and writes it. For one calendar. */
final class EventSummaryWriter {

    // As many as fit into what the words of a mail may take.
    private static final int MAX_EVENTS = 20;
    private static final Set<String> TIMES = Set.of("DTSTART", "DTEND", "DUE", "RECURRENCE-ID");
    private static final Set<String> TEXTS = Set.of(
            "SUMMARY",
            "LOCATION",
            "ORGANIZER",
            "ATTENDEE",
            "STATUS",
            "DURATION",
            "RRULE",
            "RDATE",
            "COMMENT",
            "REQUEST-STATUS");
    private static final Set<String> ZONE = Set.of("BEGIN", "END", "TZID", "TZOFFSETTO");
    private static final Map<String, String> KINDS =
            Map.of("VEVENT", "Event", "VTODO", "Task", "VJOURNAL", "Journal entry", "VFREEBUSY", "Busy times");
    private static final Map<String, String> ANSWERS = Map.of(
            "ACCEPTED",
            "accepted",
            "DECLINED",
            "declined",
            "TENTATIVE",
            "accepted tentatively",
            "DELEGATED",
            "delegated",
            "NEEDS-ACTION",
            "not decided yet",
            "COMPLETED",
            "completed",
            "IN-PROCESS",
            "in process");

    // All events together; a mail has room for fewer words.
    private static final int MAX_CHARS = 64 * 1024;

    private final List<Event> events = new ArrayList<>();
    private final CalendarZones zones = new CalendarZones();
    private String method = "";
    private int last = -1;
    private int roomForProperties = MAX_CHARS;

    /** The first of each property of an event. */
    private record Event(String kind, Map<String, CalendarProperty> properties) {

        Optional<CalendarProperty> get(String name) {
            return Optional.ofNullable(properties.get(name));
        }

        Optional<String> text(String name) {
            return get(name).map(CalendarProperty::text).filter(text -> !text.isEmpty());
        }
    }

    static boolean isOfInterest(String name) {
        return TIMES.contains(name) || TEXTS.contains(name) || ZONE.contains(name) || name.equals("METHOD");
    }

    /**
     * @param line a property that is {@link #isOfInterest}, unfolded
     * @param event the number of the event that it belongs to; -1 for none
     */
    void property(String name, String line, int event) {
        CalendarProperty property =
                TIMES.contains(name) ? CalendarProperty.ofTime(line) : CalendarProperty.ofText(line);
        if (name.equals("METHOD") && method.isEmpty()) {
            method = property.value().toUpperCase(Locale.ROOT);
        } else if (event < 0) {
            zones.read(property);
        } else {
            last = event;
            eventProperty(property, event);
        }
    }

    private void eventProperty(CalendarProperty property, int event) {
        if (property.name().equals("BEGIN") && event == events.size() && event < MAX_EVENTS) {
            events.add(
                    new Event(KINDS.getOrDefault(property.value().toUpperCase(Locale.ROOT), "Event"), new HashMap<>()));
        } else if (event < events.size() && !ZONE.contains(property.name()) && roomForProperties > 0) {
            if (events.get(event).properties().putIfAbsent(property.name(), property) == null) {
                roomForProperties -= property.length();
            }
        }
    }

    /** Each event for itself. */
    List<String> inWords() {
        List<String> words = new ArrayList<>();
        events.forEach(event -> inWords(event).ifPresent(words::add));
        if (last >= events.size() && !words.isEmpty()) {
            words.add("And " + (last + 1 - events.size()) + " more.\r\n");
        }
        return words;
    }

    private Optional<String> inWords(Event event) {
        StringBuilder words = new StringBuilder();
        boolean cancelled = method.equals("CANCEL")
                || event.text("STATUS").filter("CANCELLED"::equalsIgnoreCase).isPresent();
        who(event).ifPresent(who -> words.append(who).append("\r\n"));
        Optional<String> summary = event.text("SUMMARY");
        if (cancelled) {
            line(words, "Cancelled " + event.kind().toLowerCase(Locale.ROOT), summary.orElse(""));
        } else {
            summary.ifPresent(what -> line(words, event.kind(), what));
        }
        occurrence(event).ifPresent(which -> words.append(which).append("\r\n"));
        when(event).ifPresent(when -> line(words, "When", when));
        event.get("DUE")
                .ifPresent(due -> line(
                        words,
                        "Due",
                        EventTime.of(due, zones).map(EventTime::inWords).orElseGet(due::text)));
        event.get("RRULE").map(RecurrenceText::of).ifPresent(rule -> line(words, "Repeats", rule));
        if (event.get("RDATE").isPresent()) {
            line(words, event.get("RRULE").isPresent() ? "Repeats also" : "Repeats", "on other days");
        }
        event.text("LOCATION").ifPresent(where -> line(words, "Where", where));
        event.get("ORGANIZER")
                .map(CalendarProperty::person)
                .filter(who -> !who.isEmpty())
                .ifPresent(who -> line(words, "Organiser", who));
        if (event.text("STATUS").filter("TENTATIVE"::equalsIgnoreCase).isPresent()) {
            line(words, "Status", "tentative");
        }
        comment(event).ifPresent(comment -> line(words, "Comment", comment));
        return words.isEmpty() ? Optional.empty() : Optional.of(words.toString());
    }

    private static void line(StringBuilder words, String label, String text) {
        words.append(label).append(text.isEmpty() ? "" : ": ").append(text).append("\r\n");
    }

    /** Who answers or asks (RFC 5546 section 1.4); an invitation says nothing of whom else it invites. */
    private Optional<String> who(Event event) {
        Optional<CalendarProperty> attendee = event.get("ATTENDEE");
        String who = attendee.map(CalendarProperty::person)
                .filter(name -> !name.isEmpty())
                .orElse("an attendee");
        return switch (method) {
            case "REPLY" ->
                Optional.of("Answer of " + who + ": "
                        + attendee.map(EventSummaryWriter::answer).orElse("unknown"));
            case "COUNTER" -> Optional.of("Other time or details proposed by " + who);
            case "DECLINECOUNTER" -> Optional.of("The proposed change was declined");
            case "REFRESH" -> Optional.of("The latest version was asked for by " + who);
            case "ADD" -> Optional.of("Added to a series");
            default -> Optional.empty();
        };
    }

    private static String answer(CalendarProperty attendee) {
        String status = attendee.parameter("PARTSTAT");
        String answer =
                ANSWERS.getOrDefault(status.toUpperCase(Locale.ROOT), status.isEmpty() ? "not decided yet" : status);
        String delegate = attendee.parameter("DELEGATED-TO").replaceFirst("(?i)^mailto:", "");
        return answer.equals("delegated") && !delegate.isEmpty() ? answer + " to " + delegate : answer;
    }

    private static Optional<String> comment(Event event) {
        return event.text("COMMENT")
                .or(() -> event.get("ATTENDEE")
                        .map(attendee -> attendee.parameter("X-RESPONSE-COMMENT"))
                        .filter(text -> !text.isEmpty()));
    }

    private Optional<String> occurrence(Event event) {
        return event.get("RECURRENCE-ID").map(id -> {
            String time = EventTime.of(id, zones).map(EventTime::inWords).orElseGet(id::text);
            return (id.parameter("RANGE").equalsIgnoreCase("THISANDFUTURE")
                            ? "This and all later ones of a series: "
                            : "Only this one of a series: ")
                    + time;
        });
    }

    private Optional<String> when(Event event) {
        return event.get("DTSTART")
                .map(start -> EventTime.of(start, zones)
                        .map(from -> end(event, from).map(to -> from.until(to)).orElseGet(from::inWords))
                        .orElseGet(start::text))
                .filter(when -> !when.isEmpty());
    }

    private Optional<EventTime> end(Event event, EventTime start) {
        return event.get("DTEND")
                .flatMap(end -> EventTime.of(end, zones))
                .or(() -> event.get("DURATION").flatMap(duration -> start.plus(duration.value(), zones)))
                .filter(end -> end.time().isAfter(start.time()) || !end.zone().equals(start.zone()))
                .map(EventTime::asLastDay);
    }
}
