package io.relaypod.calendar;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import com.google.common.base.Splitter;

/** A recurrence rule (RFC 5545 section 3.3.10) in words: what is common in words, what is rare as it is written. */
final class RecurrenceText {

    private static final Map<String, String> UNITS = Map.of(
            "SECONDLY",
            "second",
            "MINUTELY",
            "minute",
            "HOURLY",
            "hour",
            "DAILY",
            "day",
            "WEEKLY",
            "week",
            "MONTHLY",
            "month",
            "YEARLY",
            "year");
    private static final Map<String, String> DAYS = Map.of(
            "MO",
            "Monday",
            "TU",
            "Tuesday",
            "WE",
            "Wednesday",
            "TH",
            "Thursday",
            "FR",
            "Friday",
            "SA",
            "Saturday",
            "SU",
            "Sunday");
    private static final Pattern WEEKDAYS =
            Pattern.compile("(?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:MO|TU|WE|TH|FR|SA|SU)){0,6}");
    private static final Pattern DAY = Pattern.compile("(\\d{8}).{0,8}");
    private static final Pattern NUMBER = Pattern.compile("[1-9]\\d{0,5}");
    private static final DateTimeFormatter UNTIL = DateTimeFormatter.ofPattern("d MMMM uuuu", Locale.ENGLISH);

    private RecurrenceText() {}

    static String of(CalendarProperty rule) {
        Map<String, String> parts = new TreeMap<>();
        Splitter.on(';')
                .trimResults()
                .omitEmptyStrings()
                .split(rule.value().toUpperCase(Locale.ROOT))
                .forEach(part -> {
                    int equals = part.indexOf('=');
                    parts.putIfAbsent(part.substring(0, Math.max(0, equals)), part.substring(equals + 1));
                });
        String unit = UNITS.getOrDefault(parts.getOrDefault("FREQ", ""), "");
        if (unit.isEmpty()) {
            return "by a rule of its own (" + CalendarProperty.inOneLine(rule.value()) + ")";
        }
        StringBuilder words = new StringBuilder();
        String interval = parts.getOrDefault("INTERVAL", "1");
        words.append(interval.equals("1") ? "every " + unit : "every " + interval + " " + unit + "s");
        if (WEEKDAYS.matcher(parts.getOrDefault("BYDAY", "")).matches()
                && (unit.equals("week") || unit.equals("day"))) {
            words.append(" on ")
                    .append(Splitter.on(',')
                            .splitToStream(Objects.requireNonNull(parts.remove("BYDAY")))
                            .map(DAYS::get)
                            .collect(Collectors.joining(", ")));
        }
        Optional<String> count = Optional.ofNullable(parts.get("COUNT"))
                .filter(number -> NUMBER.matcher(number).matches());
        Optional<String> until = Optional.ofNullable(parts.get("UNTIL")).flatMap(RecurrenceText::day);
        List.of("FREQ", "INTERVAL", "WKST").forEach(parts::remove);
        count.ifPresent(any -> parts.remove("COUNT"));
        until.ifPresent(any -> parts.remove("UNTIL"));
        if (!parts.isEmpty()) {
            words.append(" (")
                    .append(parts.entrySet().stream()
                            .map(part -> part.getKey() + "=" + part.getValue())
                            .collect(Collectors.joining("; ")))
                    .append(')');
        }
        count.ifPresent(number -> words.append(", ").append(number).append(number.equals("1") ? " time" : " times"));
        until.ifPresent(day -> words.append(", until ").append(day));
        return CalendarProperty.inOneLine(words.toString());
    }

    private static Optional<String> day(String until) {
        Matcher day = DAY.matcher(until);
        try {
            return day.matches()
                    ? Optional.of(UNTIL.format(LocalDate.parse(day.group(1), DateTimeFormatter.BASIC_ISO_DATE)))
                    : Optional.empty();
        } catch (DateTimeException noDay) {
            return Optional.empty();
        }
    }
}
