package io.relaypod.calendar;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A time in a calendar: a day, a time in UTC, in a zone, or in that of whoever reads it (RFC 5545 section 3.3.5).
 * Immutable.
 *
 * @param time midnight where it is a day
 * @param isDay whether it is a day
 * @param zone the name of the zone; empty for UTC and for a time without a zone
 * @param offset of the zone at that time, where it is known
 */
record EventTime(LocalDateTime time, boolean isDay, String zone, Optional<ZoneOffset> offset) {

    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("EEEE, d MMMM uuuu", Locale.ENGLISH);
    private static final DateTimeFormatter MINUTE = DateTimeFormatter.ofPattern("HH:mm", Locale.ENGLISH);
    private static final DateTimeFormatter ICAL = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss");
    private static final int DIGITS_OF_A_DAY = "20260131".length();
    // RFC 5545 section 3.3.6
    private static final Pattern DURATION = Pattern.compile(
            "\\+?P(?:(\\d{1,4})W)?(?:(\\d{1,5})D)?(?:T(?:(\\d{1,6})H)?(?:(\\d{1,8})M)?(?:(\\d{1,9})S)?)?");

    /** @return empty when the value is no time */
    static Optional<EventTime> of(CalendarProperty property, CalendarZones zones) {
        String text = property.value();
        try {
            if (property.parameter("VALUE").equalsIgnoreCase("DATE") || text.length() == DIGITS_OF_A_DAY) {
                return Optional.of(new EventTime(
                        LocalDate.parse(text, DateTimeFormatter.BASIC_ISO_DATE).atStartOfDay(),
                        true,
                        "",
                        Optional.empty()));
            }
            boolean utc = text.endsWith("Z");
            LocalDateTime time = LocalDateTime.parse(utc ? text.substring(0, text.length() - 1) : text, ICAL);
            String zone = utc ? "" : property.parameter("TZID");
            return Optional.of(
                    new EventTime(time, false, zone, utc ? Optional.of(ZoneOffset.UTC) : zones.offset(zone, time)));
        } catch (DateTimeException noTime) {
            return Optional.empty();
        }
    }

    /**
     * The end of what begins here; empty when the duration is none. Days are days, hours are hours, also when the
     * clocks change.
     */
    Optional<EventTime> plus(String duration, CalendarZones zones) {
        Matcher parts = DURATION.matcher(duration);
        if (!parts.matches()) {
            return Optional.empty();
        }
        try {
            LocalDateTime day = time.plusWeeks(number(parts, 1)).plusDays(number(parts, 2));
            Duration exact = Duration.ofHours(number(parts, 3))
                    .plusMinutes(number(parts, 4))
                    .plusSeconds(number(parts, 5));
            LocalDateTime end = day.plus(exact);
            Optional<ZoneOffset> before = offset.isEmpty() || zone.isEmpty() ? offset : zones.offset(zone, day);
            Optional<ZoneOffset> after = offset.isEmpty() || zone.isEmpty() ? offset : zones.offset(zone, end);
            long shift = before.isEmpty() || after.isEmpty() || exact.isZero()
                    ? 0
                    : after.get().getTotalSeconds() - before.get().getTotalSeconds();
            return Optional.of(new EventTime(end.plusSeconds(shift), isDay && exact.isZero(), zone, after));
        } catch (DateTimeException | ArithmeticException beyondAllCalendars) {
            return Optional.empty();
        }
    }

    private static long number(Matcher parts, int group) {
        return parts.group(group) == null ? 0 : Long.parseLong(parts.group(group));
    }

    /** RFC 5545 section 3.6.1: the end of an event of whole days is the day after it. */
    EventTime asLastDay() {
        return isDay ? new EventTime(time.minusDays(1), true, zone, offset) : this;
    }

    String inWords() {
        return DAY.format(time) + (isDay ? "" : ", " + MINUTE.format(time) + zoneInWords());
    }

    /** From this time to the end, without what both have in common. */
    String until(EventTime end) {
        if (end.equals(this)) {
            return inWords();
        }
        if (isDay || end.isDay || !zoneInWords().equals(end.zoneInWords())) {
            return inWords() + " to " + end.inWords();
        }
        boolean sameDay = time.toLocalDate().equals(end.time.toLocalDate());
        return DAY.format(time) + ", " + MINUTE.format(time) + " to "
                + (sameDay ? MINUTE.format(end.time) : DAY.format(end.time) + ", " + MINUTE.format(end.time))
                + zoneInWords();
    }

    private String zoneInWords() {
        if (zone.isEmpty()) {
            return offset.isPresent() ? " UTC" : "";
        }
        return " (" + zone
                + offset.map(known -> ", UTC" + (known.equals(ZoneOffset.UTC) ? "+00:00" : known.getId()))
                        .orElse("") + ")";
    }
}
