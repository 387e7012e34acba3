package io.relaypod.configuration;

import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

import com.google.common.primitives.Longs;

/**
 * The form of a setting's value, in words and as a test. Immutable.
 *
 * @param words to be put behind "expected"
 * @param isMet an exception means no
 */
public record ValueForm(String words, Predicate<String> isMet) {

    /** What a parser reads without an exception. */
    public static ValueForm parsed(String words, Function<String, ?> parser) {
        return new ValueForm(words, text -> Objects.nonNull(parser.apply(text)));
    }

    /** The words list the values. */
    public static ValueForm oneOf(String... values) {
        String allButLast = String.join(", ", Arrays.copyOf(values, values.length - 1));
        return new ValueForm(allButLast + " or " + values[values.length - 1], Set.of(values)::contains);
    }

    public static ValueForm number(String noun, long least, long most) {
        return new ValueForm(noun + " from " + least + " to " + most, text -> isBetween(text, least, most));
    }

    public static ValueForm number(long least, long most) {
        return number("a number", least, most);
    }

    /** @param most is not in the words */
    public static ValueForm numberFrom(long least, long most) {
        return new ValueForm("a number from " + least, text -> isBetween(text, least, most));
    }

    // Java's own parser would accept a plus sign, and digits of other scripts.
    private static boolean isBetween(String text, long least, long most) {
        return Optional.ofNullable(Longs.tryParse(text))
                .filter(number -> number >= least && number <= most)
                .isPresent();
    }

    public boolean accepts(String value) {
        try {
            return isMet.test(value.strip());
        } catch (RuntimeException unreadable) {
            return false;
        }
    }

    /** The problem with the value at a place; empty if it has this form. */
    public Optional<ConfigurationProblem> problem(ConfigurationProblem place, String value) {
        return accepts(value) ? Optional.empty() : Optional.of(place.is(value).expected(words));
    }
}
