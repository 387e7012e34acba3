package io.relaypod.mime;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The media type in a Content-Type field (RFC 2045 section 5).
 *
 * @param main such as {@code text}, in lower case
 * @param sub such as {@code calendar}, in lower case; empty when only the main type is given
 * @param boundaries of a multipart, each that some reader finds in the field, the most usual reading first
 */
public record MediaType(String main, String sub, List<String> boundaries) {

    // RFC 2045 5.2
    static final MediaType TEXT = new MediaType("text", "plain", List.of());
    // RFC 2046 5.1.5
    static final MediaType MESSAGE = new MediaType("message", "rfc822", List.of());

    // Finds the type even if no parameter follows it, or no semicolon.
    private static final Pattern TYPE = Pattern.compile("[\\s\"]*+([^\\s\"/;,:=]++)\\s*+(?:/\\s*+([^\\s\"/;,:]++))?");

    /** Keeps its own copy of the boundaries. */
    public MediaType {
        boundaries = List.copyOf(boundaries);
    }

    /** @return the type; empty for an empty field, which readers skip */
    static Optional<MediaType> of(HeaderField field) {
        String value = field.value();
        String plain = Parameters.withoutComments(value);
        if (plain.isBlank()) {
            return Optional.empty();
        }
        Matcher type = TYPE.matcher(plain);
        if (!type.lookingAt() || type.group(2) == null && !type.group(1).equalsIgnoreCase("multipart")) {
            return Optional.of(TEXT);
        }
        String main = type.group(1).toLowerCase(Locale.ROOT);
        String sub = type.group(2) == null ? "" : type.group(2).toLowerCase(Locale.ROOT);
        return Optional.of(new MediaType(main, sub, main.equals("multipart") ? boundaries(value) : List.of()));
    }

    private static List<String> boundaries(String value) {
        return Parameters.named("boundary", value).stream()
                .map(String::stripTrailing)
                .filter(text -> !text.isEmpty())
                .distinct()
                .toList();
    }

    public boolean is(String mainType, String... subTypes) {
        return main.equals(mainType) && List.of(subTypes).contains(sub);
    }

    public boolean isMultipart() {
        return main.equals("multipart");
    }

    public boolean isMessage() {
        return main.equals("message") && is("message", "rfc822", "global", "news");
    }
}
