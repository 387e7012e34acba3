package io.relaypod.mime;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apache.james.mime4j.codec.DecodeMonitor;
import org.apache.james.mime4j.field.ContentTypeFieldLenientImpl;
import org.apache.james.mime4j.stream.RawField;

/**
 * What a Content-Type field says.
 *
 * @param main     such as {@code text}, in lower case
 * @param sub      such as {@code calendar}, in lower case
 * @param boundary of a multipart
 */
public record MediaType(String main, String sub, Optional<String> boundary) {

    // RFC 2045 5.2
    static final MediaType TEXT = new MediaType("text", "plain", Optional.empty());
    // RFC 2046 5.1.5
    static final MediaType MESSAGE = new MediaType("message", "rfc822", Optional.empty());

    private static final Pattern COMMENT = Pattern.compile("\\([^()]*\\)");
    // Finds the type also where what follows it is no parameter, or is not set off by a semicolon.
    private static final Pattern TYPE = Pattern.compile("\\s*\"?([^\\s\"/;,]+)\\s*/\\s*([^\\s\"/;,]+)");

    static MediaType of(HeaderField field) {
        String value = field.value();
        Matcher type = TYPE.matcher(withoutComments(value));
        if (!type.lookingAt()) {
            return TEXT;
        }
        return new MediaType(type.group(1).toLowerCase(Locale.ROOT), type.group(2).toLowerCase(Locale.ROOT), boundary(value));
    }

    private static Optional<String> boundary(String value) {
        String boundary = ContentTypeFieldLenientImpl.PARSER.parse(new RawField("Content-Type", value), DecodeMonitor.SILENT).getBoundary();
        return Optional.ofNullable(boundary).map(String::stripTrailing).filter(text -> !text.isEmpty());
    }

    static String withoutComments(String value) {
        return COMMENT.matcher(value).replaceAll(" ");
    }

    public boolean is(String mainType, String... subTypes) {
        return main.equals(mainType) && List.of(subTypes).contains(sub);
    }

    public boolean isMultipart() {
        return main.equals("multipart");
    }

    public boolean isMessage() {
        return is("message", "rfc822", "global", "news");
    }
}
