package io.relaypod.deliverability;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.relaypod.mime.EncodedWords;
import io.relaypod.mime.HeaderField;

/** A field with parameters as libmime 5.2 reads it: {@code parseHeaderValue} in {@code lib/libmime.js}. Immutable. */
final class MailsplitField {

    private static final Pattern CONTINUED = Pattern.compile("\\*(?:(\\d+)\\*?)?$");
    private static final Pattern CHARSET = Pattern.compile("([^']*)'[^']*'(.*)");
    private static final String FATAL = "__proto__";

    private static final List<String> WANTED = List.of("boundary", "filename", FATAL);
    private static final MailsplitField NONE = new MailsplitField("", "", Map.of(), false);

    private final String whole;
    private final String value;
    private final Map<String, String> parameters;
    private final boolean fatal;

    private MailsplitField(String whole, String value, Map<String, String> parameters, boolean fatal) {
        this.whole = whole;
        this.value = value;
        this.parameters = parameters;
        this.fatal = fatal;
    }

    /** @param raw the field with its name and line breaks; empty when there is none */
    static MailsplitField parse(String raw) {
        if (raw.isEmpty()) {
            return NONE;
        }
        String text = HeaderField.at(0, raw).value().strip();
        int end = text.indexOf(';');
        String value = end < 0 ? text : text.substring(0, end).strip();
        boolean simple = value.indexOf('"') < 0 && value.indexOf('\\') < 0 && (end < 0 || !hasWanted(text));
        return simple ? new MailsplitField(text, value, Map.of(), false) : new FieldParser(text).read();
    }

    // libmime removes no quote or escape from a name, so a parameter's name stands in the text as it is.
    private static boolean hasWanted(String text) {
        String lowerCase = text.toLowerCase(Locale.ROOT);
        return WANTED.stream().anyMatch(lowerCase::contains);
    }

    /** All of it, in lower case. */
    String whole() {
        return whole.toLowerCase(Locale.ROOT);
    }

    /** What stands before the first semicolon, in lower case. */
    String value() {
        return value.toLowerCase(Locale.ROOT).strip();
    }

    /** The parameter's value; empty when there is none. */
    String parameter(String name) {
        return parameters.getOrDefault(name, "");
    }

    boolean isFatal() {
        return fatal;
    }

    /** One pass over a field. For one thread. */
    private static final class FieldParser {

        private final String text;
        private final Map<String, String> simple = new HashMap<>();
        private final Map<String, TreeMap<Long, StringBuilder>> pieces = new HashMap<>();
        private final Map<String, Boolean> encoded = new HashMap<>();
        private String value = "";
        private String key = "";
        private boolean hasKey;
        private boolean fatal;

        FieldParser(String text) {
            this.text = text;
        }

        MailsplitField read() {
            StringBuilder part = new StringBuilder();
            boolean inKey = false;
            boolean quoted = false;
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (inKey) {
                    if (c == '=') {
                        key = part.toString().strip().toLowerCase(Locale.ROOT);
                        hasKey = true;
                        inKey = false;
                        part.setLength(0);
                    } else {
                        part.append(c);
                    }
                } else if (c == '\\' && i + 1 < text.length()) {
                    part.append(text.charAt(++i));
                } else if (c == '"') {
                    quoted = !quoted;
                } else if (c == ';' && !quoted) {
                    end(part.toString().strip());
                    inKey = true;
                    part.setLength(0);
                } else if (c != '\\') {
                    part.append(c);
                }
            }
            if (!inKey) {
                end(part.toString().strip());
            } else if (!part.toString().isBlank()) {
                key = part.toString().strip().toLowerCase(Locale.ROOT);
                hasKey = true;
                end("");
            }
            joinPieces();
            return new MailsplitField(text, value, simple, fatal);
        }

        private void end(String content) {
            if (!hasKey) {
                value = content;
                return;
            }
            simple.put(key, content);
        }

        private void joinPieces() {
            if (text.indexOf('*') < 0) {
                return;
            }
            for (String name : simple.keySet().toArray(new String[0])) {
                Matcher continued = CONTINUED.matcher(name);
                if (continued.find()) {
                    String content = simple.remove(name);
                    String base = name.substring(0, continued.start());
                    fatal |= base.equals(FATAL);
                    boolean charset = name.endsWith("*") && isFirst(continued.group(1));
                    Matcher text = CHARSET.matcher(content);
                    if (charset && text.matches()) {
                        encoded.put(base, true);
                        content = text.group(2);
                    }
                    pieces.computeIfAbsent(base, any -> new TreeMap<>())
                            .computeIfAbsent(number(continued.group(1)), any -> new StringBuilder())
                            .append(content);
                }
            }
            pieces.forEach((name, numbered) -> {
                String joined = String.join("", numbered.values());
                simple.put(
                        name,
                        encoded.containsKey(name)
                                ? EncodedWords.decode("=?utf-8?q?"
                                        + joined.replace("=", "%3d")
                                                .replace("?", "%3f")
                                                .replace("_", "%5f")
                                                .replace(' ', '_')
                                                .replace('%', '=')
                                        + "?=")
                                : EncodedWords.decode(joined));
            });
        }

        private static boolean isFirst(String number) {
            return number == null || number(number) == 0;
        }

        private static long number(String digits) {
            return digits == null ? 0 : digits.length() > 15 ? Long.MAX_VALUE : Long.parseLong(digits);
        }
    }
}
