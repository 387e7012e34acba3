package io.relaypod.server.settings;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads variables and collects what is wrong with them, so that it can be said all at once. For one thread. */
final class Environment {

    private static final int LONGEST_SHOWN = 200;
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

    private final Map<String, String> values;
    private final List<String> problems = new ArrayList<>();

    Environment(Map<String, String> values) {
        this.values = Map.copyOf(values);
    }

    String text(Variable variable) {
        String value = values.getOrDefault(variable.name(), "").strip();
        return value.isEmpty() ? variable.defaultValue() : value;
    }

    /** Each variable as it is written, or its default. */
    Map<Variable, String> texts() {
        return Arrays.stream(Variable.values())
                .collect(Collectors.toMap(
                        Function.identity(), this::text, (one, other) -> one, () -> new EnumMap<>(Variable.class)));
    }

    /**
     * @param parser throws {@link IllegalArgumentException} for a value that is not as expected; takes the default
     * @return the parsed value, or the parsed default after noting the problem
     */
    <T> T read(Variable variable, Function<String, T> parser) {
        String value = text(variable);
        try {
            return parser.apply(value);
        } catch (IllegalArgumentException wrong) {
            problems.add(variable + " is '" + shown(variable) + "'; expected " + variable.expected());
            return parser.apply(variable.defaultValue());
        }
    }

    /** Notes a value that is well-formed and cannot be used here. */
    void reject(Variable variable, String why) {
        problems.add(variable + " is '" + shown(variable) + "'; " + shown(why) + "; expected " + variable.expected());
    }

    private String shown(Variable variable) {
        return variable.isSecret() && !text(variable).isEmpty() ? "(not shown)" : shown(text(variable));
    }

    // A message is a few lines, whatever is in a variable.
    private static String shown(String value) {
        String cut = value.length() <= LONGEST_SHOWN ? value : value.substring(0, LONGEST_SHOWN) + "...";
        return CONTROL.matcher(cut).replaceAll("?");
    }

    void throwIfWrong() {
        if (!problems.isEmpty()) {
            throw new InvalidSettingsException(problems);
        }
    }
}
