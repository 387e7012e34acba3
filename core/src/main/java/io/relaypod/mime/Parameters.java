package io.relaypod.mime;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The parameters of a field such as Content-Type (RFC 2045 section 5.1, RFC 2231), in every reading that a mail program
 * may have of them: semicolons may be missing, quotes and comments may stay open, a parameter may come twice. Linear in
 * the length of the field.
 */
final class Parameters {

    private static final Pattern NAME = Pattern.compile("(?<base>[^*]+)(?:\\*(?<number>\\d{1,6}))?(?<encoded>\\*)?");
    private static final Pattern CHARSET =
            Pattern.compile("(?<charset>[A-Za-z0-9._:+-]{0,40})'[^']{0,40}'(?<text>.*)", Pattern.DOTALL);
    // Of one stretch between semicolons; each may be read as the rest of the stretch.
    private static final int MAX_LONG_READINGS = 4;

    private final String name;
    private final Set<String> values = new LinkedHashSet<>();
    private final TreeMap<Integer, List<String>> pieces = new TreeMap<>();

    private Parameters(String name) {
        this.name = name;
    }

    /**
     * @param value of the field, unfolded
     * @param name of the parameter, in lower case
     * @return each value that some reader finds, the most usual reading first
     */
    static List<String> named(String name, String value) {
        Parameters parameters = new Parameters(name);
        parameters.read(value);
        if (value.indexOf('(') >= 0) {
            parameters.read(withoutComments(value));
        }
        return parameters.readings();
    }

    /** The text without its comments, nested ones too; one that stays open ends nothing. */
    static String withoutComments(String value) {
        if (value.indexOf('(') < 0) {
            return value;
        }
        StringBuilder text = new StringBuilder(value.length());
        int depth = 0;
        boolean quoted = false;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (depth == 0 && c == '"') {
                quoted = !quoted;
            }
            if (c == '\\' && (quoted || depth > 0) && i + 1 < value.length()) {
                text.append(depth > 0 ? "" : value.substring(i, i + 2));
                i++;
            } else if (!quoted && c == '(') {
                depth++;
                text.append(' ');
            } else if (depth > 0) {
                depth -= c == ')' ? 1 : 0;
            } else {
                text.append(c);
            }
        }
        return depth > 0 ? value.replace('(', ' ').replace(')', ' ') : text.toString();
    }

    private void read(String text) {
        int at = 0;
        int stretchEnd = -1;
        int longReadings = 0;
        while (at < text.length()) {
            int sign = text.indexOf('=', at);
            if (sign < 0) {
                return;
            }
            if (sign > stretchEnd) {
                stretchEnd = endOfStretch(text, sign);
                longReadings = 0;
            }
            String word = nameBefore(text, at, sign);
            int start = sign + 1;
            while (start < text.length() && Character.isWhitespace(text.charAt(start))) {
                start++;
            }
            boolean wanted = !word.isEmpty() && isWanted(word);
            if (start < text.length() && text.charAt(start) == '"') {
                at = quoted(text, start, word, wanted);
            } else {
                int end = endOfWord(text, start);
                if (wanted) {
                    add(word, text.substring(start, end));
                    if (longReadings++ < MAX_LONG_READINGS) {
                        add(
                                word,
                                text.substring(start, Math.max(end, stretchEnd)).strip());
                    }
                }
                // A sign inside an unquoted value, as in base64, begins no parameter.
                at = Math.max(end, sign + 1);
            }
        }
    }

    private int quoted(String text, int start, String word, boolean wanted) {
        StringBuilder content = new StringBuilder();
        int at = start + 1;
        while (at < text.length() && text.charAt(at) != '"') {
            at += text.charAt(at) == '\\' && at + 1 < text.length() ? 1 : 0;
            content.append(text.charAt(at++));
        }
        if (wanted) {
            add(word, content.toString());
        }
        if (at < text.length()) {
            return at + 1;
        }
        // The quote stays open: for some it ends with the stretch, and other parameters follow.
        int end = endOfStretch(text, start);
        if (wanted) {
            add(word, text.substring(start + 1, end).strip());
        }
        return end;
    }

    private static String nameBefore(String text, int from, int sign) {
        int end = sign;
        while (end > from && Character.isWhitespace(text.charAt(end - 1))) {
            end--;
        }
        int start = end;
        while (start > from && isNameChar(text.charAt(start - 1))) {
            start--;
        }
        return text.substring(start, end).toLowerCase(Locale.ROOT);
    }

    private static boolean isNameChar(char c) {
        return c > ' ' && "\"(),/:;<=>?@[\\]".indexOf(c) < 0;
    }

    private static int endOfWord(String text, int start) {
        int end = start;
        while (end < text.length() && text.charAt(end) != ';' && !Character.isWhitespace(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private static int endOfStretch(String text, int start) {
        int end = text.indexOf(';', start);
        return end < 0 ? text.length() : end;
    }

    private boolean isWanted(String word) {
        return word.startsWith(name) && (word.length() == name.length() || word.charAt(name.length()) == '*');
    }

    private void add(String word, String value) {
        Matcher parts = NAME.matcher(word);
        if (!parts.matches()) {
            return;
        }
        if (parts.group("number") == null) {
            values.add(value);
            addDecoded(value);
        } else {
            List<String> same =
                    pieces.computeIfAbsent(Integer.parseInt(parts.group("number")), any -> new ArrayList<>());
            if (!same.contains(value) && same.size() < MAX_LONG_READINGS) {
                same.add(value);
            }
        }
    }

    private void addDecoded(String value) {
        if (value.indexOf('%') >= 0 || value.indexOf('\'') >= 0) {
            values.add(decoded(value));
        }
    }

    /** RFC 2231 section 4. */
    private static String decoded(String value) {
        Matcher charset = CHARSET.matcher(value);
        boolean named = charset.matches();
        String text = named ? charset.group("text") : value;
        StringBuilder bytes = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            int hex = text.charAt(i) == '%' ? EncodedWords.hex(text, i + 1) : -1;
            bytes.append(hex < 0 ? text.charAt(i) : (char) hex);
            i += hex < 0 ? 0 : 2;
        }
        return new String(
                bytes.toString().getBytes(StandardCharsets.ISO_8859_1),
                named
                        ? CharsetNames.find(charset.group("charset")).orElse(StandardCharsets.UTF_8)
                        : StandardCharsets.UTF_8);
    }

    private List<String> readings() {
        if (!pieces.isEmpty()) {
            StringBuilder first = new StringBuilder();
            StringBuilder last = new StringBuilder();
            StringBuilder all = new StringBuilder();
            for (List<String> same : pieces.values()) {
                first.append(same.get(0));
                last.append(same.get(same.size() - 1));
                same.forEach(all::append);
            }
            for (CharSequence joined : List.of(first, last, all)) {
                values.add(joined.toString());
                addDecoded(joined.toString());
            }
        }
        return List.copyOf(values);
    }
}
