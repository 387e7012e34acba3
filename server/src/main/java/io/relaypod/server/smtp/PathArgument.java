package io.relaypod.server.smtp;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.google.common.base.Ascii;
import com.google.common.base.CharMatcher;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableMap;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.smtp.SMTPResponse;

/**
 * What stands behind MAIL and RCPT: a path and its parameters (RFC 5321 sections 4.1.1.2 and 4.1.1.3).
 *
 * <p>Lenient where it is plain what is meant, as Postfix and Exchange are: blanks around the colon and within the
 * brackets, a path without brackets, a name before the brackets. A source route is dropped (RFC 5321 appendix C).
 *
 * @param path without brackets; empty for {@code <>}
 * @param parameters in their order
 */
record PathArgument(String path, List<Parameter> parameters) {

    private static final CharMatcher BLANK = CharMatcher.anyOf(" \t");
    private static final Splitter WORDS = Splitter.on(BLANK).omitEmptyStrings();
    private static final Pattern NAME = Pattern.compile("(?:\"[^\"\\\\<>@]*\"|[^\"\\\\<>@,:;()=]+)?");
    private static final Pattern PARAMETER = Pattern.compile("([A-Za-z0-9][A-Za-z0-9-]*)(?:=(\\S+))?");
    private static final Pattern KEYWORD = Pattern.compile("[A-Za-z0-9-]+=");
    private static final Pattern SOURCE_ROUTE = Pattern.compile("^@[^:\"<>\\s]*:");

    /**
     * One ESMTP parameter.
     *
     * @param name in upper case
     * @param value empty when it has none
     */
    record Parameter(String name, String value) {

        private static final int LONGEST_NAME_SAID = 40;

        /**
         * The refusal of a parameter that is not offered: ignored, it would change what the client means (RFC 5321
         * section 4.1.1.11).
         */
        Response unsupported() {
            return new SMTPResponse(
                            "555",
                            "5.5.4 Parameter " + Ascii.truncate(name, LONGEST_NAME_SAID, "...") + " is not supported")
                    .immutable();
        }
    }

    /** The parameters cannot be read, or one is given twice. */
    static final class BadParameterException extends Exception {

        private static final long serialVersionUID = 1L;

        BadParameterException(String message) {
            super(message, null, false, false);
        }
    }

    PathArgument {
        parameters = List.copyOf(parameters);
    }

    Map<String, String> parametersByName() {
        return parameters.isEmpty()
                ? Map.of()
                : parameters.stream().collect(ImmutableMap.toImmutableMap(Parameter::name, Parameter::value));
    }

    /** Whether the argument begins with the keyword, {@code FROM} or {@code TO}, and a colon. */
    static boolean hasKeyword(String keyword, String argument) {
        int colon = argument.indexOf(':');
        return colon >= 0 && BLANK.trimFrom(argument.substring(0, colon)).equalsIgnoreCase(keyword);
    }

    /**
     * Reads an argument that has its keyword.
     *
     * @return empty when it is not plain which path is meant
     */
    static Optional<PathArgument> parse(String argument) throws BadParameterException {
        String rest = BLANK.trimFrom(argument.substring(argument.indexOf(':') + 1));
        return rest.startsWith("<") || rest.indexOf('<') > 0 && !isBare(rest) ? inBrackets(rest) : bare(rest);
    }

    // A path without brackets is the first word; a bracket may still stand in a parameter, as in AUTH=<>.
    private static boolean isBare(String text) {
        List<String> words = WORDS.limit(2).splitToList(text);
        return CharMatcher.anyOf("<\"").matchesNoneOf(words.get(0))
                && (words.get(0).indexOf('@') > 0
                        || KEYWORD.matcher(words.get(1)).lookingAt());
    }

    private static Optional<PathArgument> bare(String text) throws BadParameterException {
        List<String> words = WORDS.splitToList(text);
        if (words.isEmpty() || CharMatcher.anyOf("<>\"\\,;:()").matchesAnyOf(withoutLiteral(words.get(0)))) {
            return Optional.empty();
        }
        return Optional.of(new PathArgument(words.get(0), parameters(words.subList(1, words.size()))));
    }

    private static String withoutLiteral(String word) {
        int literal = word.indexOf("@[");
        return literal < 0 ? word : word.substring(0, literal);
    }

    private static Optional<PathArgument> inBrackets(String text) throws BadParameterException {
        int open = text.indexOf('<');
        int close = closing(text, open + 1);
        boolean isEnded = close == text.length() - 1 || close >= 0 && BLANK.matches(text.charAt(close + 1));
        if (!isEnded
                || open > 0
                        && !NAME.matcher(BLANK.trimFrom(text.substring(0, open)))
                                .matches()) {
            return Optional.empty();
        }
        String path = BLANK.trimFrom(text.substring(open + 1, close));
        return Optional.of(new PathArgument(
                path.startsWith("@") ? SOURCE_ROUTE.matcher(path).replaceFirst("") : path,
                close == text.length() - 1 ? List.of() : parameters(WORDS.splitToList(text.substring(close + 1)))));
    }

    private static int closing(String text, int begin) {
        boolean isQuoted = false;
        for (int at = begin; at < text.length(); at++) {
            char character = text.charAt(at);
            if (character == '\\' && isQuoted) {
                at++;
            } else if (character == '"') {
                isQuoted = !isQuoted;
            } else if (character == '>' && !isQuoted) {
                return at;
            }
        }
        return -1;
    }

    private static List<Parameter> parameters(List<String> words) throws BadParameterException {
        List<Parameter> parameters = new ArrayList<>(words.size());
        Set<String> names = new HashSet<>();
        for (String word : words) {
            Matcher parameter = PARAMETER.matcher(word);
            if (!parameter.matches()) {
                throw new BadParameterException("Syntax error in parameters");
            }
            String name = parameter.group(1).toUpperCase(Locale.ROOT);
            if (!names.add(name)) {
                throw new BadParameterException("A parameter is given twice");
            }
            parameters.add(new Parameter(name, parameter.group(2) == null ? "" : parameter.group(2)));
        }
        return parameters;
    }
}
