package io.relaypod.calendar;

import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAdjusters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.google.common.base.Splitter;

/**
 * The offsets of the zones that a calendar names: those of the IANA, and those that it defines itself (RFC 5545 section
 * 3.6.5), such as Outlook's "W. Europe Standard Time". For one thread.
 */
final class CalendarZones {

    // A calendar defines one zone or two, of some dozen changes of the clock at most.
    private static final int MAX_ZONES = 20;
    private static final int MAX_OBSERVANCES = 100;
    private static final DateTimeFormatter ICAL = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss");
    private static final Pattern REGION =
            Pattern.compile(".*?([A-Z][A-Za-z_]+/[A-Z][A-Za-z_+-]+(?:/[A-Z][A-Za-z_]+)?)");
    private static final Pattern YEARLY = Pattern.compile("(-?[1-5])(MO|TU|WE|TH|FR|SA|SU)");
    private static final List<String> DAYS = List.of("MO", "TU", "WE", "TH", "FR", "SA", "SU");

    private final Map<String, List<Observance>> defined = new HashMap<>();
    private final Set<String> notUnderstood = new HashSet<>();
    private String zone = "";
    private final Map<String, String> observance = new HashMap<>();
    private boolean inObservance;

    /** When an offset begins to hold: once, or each year on the nth of a weekday in a month. */
    private record Observance(LocalDateTime start, ZoneOffset offset, Optional<YearlyRule> rule) {

        /** The last time before or at that time when it began. */
        Optional<LocalDateTime> lastOnset(LocalDateTime time) {
            Stream<LocalDateTime> onsets = rule.isEmpty()
                    ? Stream.of(start)
                    : IntStream.of(time.getYear(), time.getYear() - 1)
                            .mapToObj(year -> rule.get().in(year).atTime(start.toLocalTime()))
                            .filter(onset -> !onset.isBefore(start)
                                    && !onset.toLocalDate().isAfter(rule.get().last()));
            return onsets.filter(onset -> !onset.isAfter(time)).findFirst();
        }
    }

    private record YearlyRule(int month, int ordinal, DayOfWeek day, LocalDate last) {

        LocalDate in(int year) {
            return LocalDate.of(year, month, 1).with(TemporalAdjusters.dayOfWeekInMonth(ordinal, day));
        }
    }

    /** Reads a line of a VTIMEZONE; those of other components are of no interest. */
    void read(CalendarProperty property) {
        String value = property.value().toUpperCase(Locale.ROOT);
        switch (property.name()) {
            case "TZID" -> zone = property.text();
            case "BEGIN" -> {
                inObservance = isObservance(value);
                observance.clear();
            }
            case "END" -> {
                if (isObservance(value)) {
                    define();
                }
                inObservance = false;
            }
            case "DTSTART", "TZOFFSETTO", "RRULE" -> {
                if (inObservance) {
                    observance.putIfAbsent(property.name(), value);
                }
            }
            default -> {}
        }
    }

    private static boolean isObservance(String component) {
        return component.equals("STANDARD") || component.equals("DAYLIGHT");
    }

    private void define() {
        List<Observance> observances = defined.size() < MAX_ZONES
                ? defined.computeIfAbsent(zone, any -> new ArrayList<>())
                : defined.getOrDefault(zone, new ArrayList<>());
        if (observances.size() == MAX_OBSERVANCES) {
            return;
        }
        try {
            observances.add(new Observance(
                    LocalDateTime.parse(observance.getOrDefault("DTSTART", ""), ICAL),
                    ZoneOffset.of(observance.getOrDefault("TZOFFSETTO", "")),
                    Optional.ofNullable(observance.get("RRULE")).map(CalendarZones::rule)));
        } catch (DateTimeException | IllegalArgumentException another) {
            // Better no offset than a wrong one.
            if (defined.containsKey(zone)) {
                notUnderstood.add(zone);
            }
        }
    }

    private static YearlyRule rule(String text) {
        Map<String, String> parts = new HashMap<>();
        Splitter.on(';').omitEmptyStrings().split(text).forEach(part -> {
            int equals = part.indexOf('=');
            parts.put(part.substring(0, Math.max(0, equals)), part.substring(equals + 1));
        });
        Matcher day = YEARLY.matcher(parts.getOrDefault("BYDAY", ""));
        if (!"YEARLY".equals(parts.get("FREQ"))
                || !day.matches()
                || parts.containsKey("BYMONTHDAY")
                || parts.containsKey("COUNT")
                || !parts.getOrDefault("INTERVAL", "1").equals("1")) {
            throw new IllegalArgumentException("another kind of rule");
        }
        LocalDate last = Optional.ofNullable(parts.get("UNTIL"))
                .map(until -> LocalDate.parse(
                        until.substring(0, Math.min(8, until.length())), DateTimeFormatter.BASIC_ISO_DATE))
                .orElse(LocalDate.MAX);
        return new YearlyRule(
                Integer.parseInt(parts.getOrDefault("BYMONTH", "")),
                Integer.parseInt(day.group(1)),
                DayOfWeek.of(1 + DAYS.indexOf(day.group(2))),
                last);
    }

    /** @return the offset of the zone at that time; empty if it is unknown */
    Optional<ZoneOffset> offset(String name, LocalDateTime time) {
        Matcher region = REGION.matcher(name);
        return (region.matches() ? known(region.group(1), time) : Optional.<ZoneOffset>empty())
                .or(() -> own(name, time))
                .or(() -> defined.containsKey(name) ? Optional.empty() : known(name, time));
    }

    private static Optional<ZoneOffset> known(String id, LocalDateTime time) {
        try {
            return Optional.of(ZoneId.of(id).getRules().getOffset(time));
        } catch (DateTimeException unknown) {
            return Optional.empty();
        }
    }

    private Optional<ZoneOffset> own(String name, LocalDateTime time) {
        Optional<ZoneOffset> offset = Optional.empty();
        LocalDateTime latest = LocalDateTime.MIN;
        for (Observance each :
                notUnderstood.contains(name) ? List.<Observance>of() : defined.getOrDefault(name, List.of())) {
            Optional<LocalDateTime> onset = each.lastOnset(time);
            if (onset.isPresent() && onset.get().isAfter(latest)) {
                latest = onset.get();
                offset = Optional.of(each.offset());
            }
        }
        return offset;
    }
}
