package io.relaypod.configuration;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A fault or a warning of the configuration. {@link #toString} joins its parts to one line: {@code FILE:LINE: SUBJECT
 * is 'VALUE' WORDS; CURE; expected EXPECTATION}. No part has the secret of a URL. Immutable.
 *
 * @param file without its directory; empty for a variable
 * @param line from 1; 0 if unknown
 * @param subject the variable, element, attribute or parameter, or the beginning of a sentence
 * @param value whole; the text has its beginning, without control characters
 * @param words directly behind subject and value
 * @param cure empty if unknown
 * @param expectation the form of a right value; empty if there is no value
 */
public record ConfigurationProblem(
        String file, int line, String subject, Optional<String> value, String words, String cure, String expectation) {

    private static final int LONGEST_SHOWN = 200;
    private static final Pattern INVISIBLE = Pattern.compile("[\\p{Cc}\\p{Cf}\\u2028\\u2029]");

    /** Masks secrets. */
    public ConfigurationProblem {
        subject = UrlSecrets.masked(subject);
        value = value.map(UrlSecrets::masked);
        words = UrlSecrets.masked(words);
    }

    public static ConfigurationProblem of(String subject) {
        return in("", 0, subject);
    }

    public static ConfigurationProblem in(String file, int line, String subject) {
        return new ConfigurationProblem(file, line, subject, Optional.empty(), "", "", "");
    }

    public ConfigurationProblem at(String otherFile, int otherLine, String otherSubject) {
        return new ConfigurationProblem(otherFile, otherLine, otherSubject, value, words, cure, expectation);
    }

    public ConfigurationProblem is(String written) {
        return new ConfigurationProblem(file, line, subject, Optional.of(written), words, cure, expectation);
    }

    /** @param more with the punctuation before it */
    public ConfigurationProblem then(String more) {
        return new ConfigurationProblem(file, line, subject, value, words + more, cure, expectation);
    }

    /** @param step that corrects it; empty if unknown */
    public ConfigurationProblem cure(String step) {
        return new ConfigurationProblem(file, line, subject, value, words, step, expectation);
    }

    public ConfigurationProblem expected(String form) {
        return new ConfigurationProblem(file, line, subject, value, words, cure, form);
    }

    /** {@code FILE:LINE}, the file alone, or the variable. */
    public String place() {
        return file.isEmpty() ? subject : line > 0 ? file + ":" + line : file;
    }

    /** The text without secrets, and at most its first 200 characters. */
    public static String shown(String text) {
        String open = UrlSecrets.masked(text);
        return open.codePointCount(0, open.length()) <= LONGEST_SHOWN
                ? open
                : open.substring(0, open.offsetByCodePoints(0, LONGEST_SHOWN)) + "...";
    }

    @Override
    public String toString() {
        String text = (file.isEmpty() ? "" : place() + ": ")
                + subject
                + value.map(written -> " is '" + shown(written) + "'").orElse("")
                + words
                + (cure.isEmpty() ? "" : "; " + cure)
                + (expectation.isEmpty() ? "" : "; expected " + expectation);
        return INVISIBLE.matcher(text).replaceAll("?");
    }
}
