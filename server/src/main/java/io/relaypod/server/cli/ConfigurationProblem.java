package io.relaypod.server.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A fault or a warning of {@link io.relaypod.server.settings.ConfigurationFindings} in its parts. Its text has the form
 * {@code PLACE SETTING is 'VALUE'; REASON; expected EXPECTATION}, where the place is {@code FILE:LINE:} or a variable,
 * and all else may be missing.
 *
 * @param place {@code FILE:LINE}, the file's name alone, or the name of a variable
 * @param text all of it, as a person reads it
 */
record ConfigurationProblem(
        Optional<String> place,
        Optional<String> file,
        Optional<Integer> line,
        Optional<String> value,
        Optional<String> expectation,
        String text) {

    private static final Pattern IN_FILE = Pattern.compile("^(([\\w.-]+\\.\\w+)(?::(\\d+))?): ");
    private static final Pattern IN_ENVIRONMENT = Pattern.compile("^(\\w+) ");
    private static final Pattern VALUE = Pattern.compile(" is '(.*?)'(?=[;,]|$)", Pattern.DOTALL);
    private static final Pattern EXPECTATION = Pattern.compile("; expected (.*)", Pattern.DOTALL);

    static ConfigurationProblem of(String text) {
        Optional<MatchResult> inFile = found(IN_FILE, text);
        return new ConfigurationProblem(
                inFile.or(() -> found(IN_ENVIRONMENT, text)).map(place -> place.group(1)),
                inFile.map(place -> place.group(2)),
                inFile.map(place -> place.group(3)).map(Integer::valueOf),
                found(VALUE, text).map(value -> value.group(1)),
                found(EXPECTATION, text).map(expectation -> expectation.group(1)),
                text);
    }

    private static Optional<MatchResult> found(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? Optional.of(matcher.toMatchResult()) : Optional.empty();
    }

    /** The parts that are known, in this order. */
    Map<String, Object> json() {
        Map<String, Object> parts = new LinkedHashMap<>();
        place.ifPresent(known -> parts.put("place", known));
        file.ifPresent(known -> parts.put("file", known));
        line.ifPresent(known -> parts.put("line", known));
        value.ifPresent(known -> parts.put("value", known));
        expectation.ifPresent(known -> parts.put("expectation", known));
        parts.put("text", text);
        return parts;
    }
}
