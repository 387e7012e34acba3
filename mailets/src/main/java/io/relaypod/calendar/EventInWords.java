package io.relaypod.calendar;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

import com.google.common.io.ByteStreams;

import net.fortuna.ical4j.data.CalendarParserImpl;
import net.fortuna.ical4j.data.ContentHandler;
import net.fortuna.ical4j.data.ParserException;
import net.fortuna.ical4j.data.UnfoldingReader;
import net.fortuna.ical4j.util.Strings;

/** What a calendar says, as text that a person reads: what, when, where, by whom. */
final class EventInWords {

    /** Said in place of a calendar that cannot be read. */
    static final String NEUTRAL = "This mail was about an event in a calendar. Its calendar part was taken out on the way.\r\n";

    // Room for every event that people write; attachments inside calendars are larger, and come behind what is read here.
    private static final long READ_AT_MOST = 256 * 1024;
    private static final int LONGEST_WORDS = 1_000;
    private static final Set<String> EVENTS = Set.of("VEVENT", "VTODO", "VJOURNAL");
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}\\s]+");
    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("EEEE, d MMMM uuuu", Locale.ENGLISH);
    private static final DateTimeFormatter MINUTE = DateTimeFormatter.ofPattern("EEEE, d MMMM uuuu, HH:mm", Locale.ENGLISH);
    private static final DateTimeFormatter ICAL_MINUTE = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss");

    private EventInWords() {
    }

    /**
     * @param calendar the decoded content of a calendar part
     * @return its first event in words, or empty when there is none that can be read
     */
    static Optional<String> read(InputStream calendar) throws IOException {
        FirstEvent event = new FirstEvent();
        try {
            new CalendarParserImpl(true).parse(new UnfoldingReader(
                new InputStreamReader(ByteStreams.limit(calendar, READ_AT_MOST), StandardCharsets.UTF_8), true), event);
        } catch (ParserException | RuntimeException endOfWhatCanBeRead) {
            // What was read up to here may be all that matters.
        }
        return event.inWords();
    }

    private record Value(String text, String name, String zone, boolean day) {
    }

    /** Collects the properties of the first event; stops the parser where nothing good can come. */
    private static final class FirstEvent implements ContentHandler {

        private static final int DEEPEST = 20;

        private final Map<String, Value> values = new HashMap<>();
        private final Map<String, String> parameters = new HashMap<>();
        private String property = "";
        private int depth;
        private int eventDepth;
        private boolean done;

        @Override
        public void startCalendar() {
            // the method and the product are of no interest to people
        }

        @Override
        public void endCalendar() {
            done = true;
        }

        @Override
        public void startComponent(String name) {
            depth++;
            if (depth > DEEPEST) {
                throw new IllegalStateException("components are nested too deep");
            }
            if (EVENTS.contains(name.toUpperCase(Locale.ROOT)) && eventDepth == 0) {
                eventDepth = depth;
            }
        }

        @Override
        public void endComponent(String name) {
            done |= depth == eventDepth;
            depth--;
        }

        @Override
        public void startProperty(String name) {
            property = name.toUpperCase(Locale.ROOT);
            parameters.clear();
        }

        @Override
        public void parameter(String name, String value) {
            parameters.put(name.toUpperCase(Locale.ROOT), value.replace("\"", ""));
        }

        @Override
        public void propertyValue(String value) {
            if (!done && depth > 0 && depth == eventDepth) {
                values.putIfAbsent(property, new Value(value, parameters.getOrDefault("CN", ""), parameters.getOrDefault("TZID", ""),
                    parameters.getOrDefault("VALUE", "").equalsIgnoreCase("DATE")));
            }
        }

        @Override
        public void endProperty(String name) {
            // propertyValue has all
        }

        Optional<String> inWords() {
            StringBuilder words = new StringBuilder();
            text("SUMMARY").ifPresent(what -> line(words, "Event", what));
            when().ifPresent(when -> line(words, "When", when));
            text("LOCATION").ifPresent(where -> line(words, "Where", where));
            organizer().ifPresent(who -> line(words, "Organiser", who));
            return words.isEmpty() ? Optional.empty() : Optional.of(words.toString());
        }

        private static void line(StringBuilder words, String label, String text) {
            words.append(label).append(": ").append(text).append("\r\n");
        }

        private Optional<String> text(String name) {
            return Optional.ofNullable(values.get(name)).map(value -> clean(Strings.unescape(value.text()))).filter(text -> !text.isEmpty());
        }

        private static String clean(String text) {
            String clean = CONTROL.matcher(text).replaceAll(" ").strip();
            return clean.length() <= LONGEST_WORDS ? clean : clean.substring(0, LONGEST_WORDS) + "...";
        }

        private Optional<String> organizer() {
            return Optional.ofNullable(values.get("ORGANIZER")).map(value -> {
                String address = clean(value.text().replaceFirst("(?i)^\\s*mailto:", ""));
                return value.name().isBlank() ? address : clean(value.name()) + " <" + address + ">";
            }).filter(text -> !text.isEmpty());
        }

        private Optional<String> when() {
            return Optional.ofNullable(values.get("DTSTART")).map(start -> {
                Optional<Value> end = Optional.ofNullable(values.get("DTEND"));
                return time(start, false) + end.map(value -> " to " + time(value, true)).filter(text -> !text.endsWith(" to " + time(start, false))).orElse("");
            }).filter(text -> !text.isBlank());
        }

        private static String time(Value value, boolean end) {
            String text = value.text().strip();
            try {
                if (value.day() || text.length() == "20260131".length()) {
                    LocalDate day = LocalDate.parse(text, DateTimeFormatter.BASIC_ISO_DATE);
                    // RFC 5545 3.6.1: the end of an event of whole days is the day after it.
                    return DAY.format(end ? day.minus(1, ChronoUnit.DAYS) : day);
                }
                boolean utc = text.endsWith("Z");
                String time = MINUTE.format(LocalDateTime.parse(utc ? text.substring(0, text.length() - 1) : text, ICAL_MINUTE));
                String zone = utc ? " UTC" : value.zone().isEmpty() ? "" : " (" + clean(value.zone()) + ")";
                return time + zone;
            } catch (DateTimeException unusual) {
                return clean(text);
            }
        }
    }
}
