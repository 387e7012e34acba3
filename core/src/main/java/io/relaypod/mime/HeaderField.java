package io.relaypod.mime;

import java.nio.charset.StandardCharsets;
import java.util.List;

import com.google.common.base.Ascii;

/**
 * One field of a header section, folded lines included.
 *
 * @param name its name in lower case, without the blanks that may stand before the colon
 * @param start where it begins in the message
 * @param end behind its last line break
 * @param raw its bytes, one char each; empty where the scanner had no use for them
 */
public record HeaderField(String name, long start, long end, String raw) {

    /** A field from its bytes, one char each, which begin at {@code start}; its name is empty when it has no colon. */
    public static HeaderField at(long start, String raw) {
        return new HeaderField(nameOf(raw), start, start + raw.length(), raw);
    }

    /** The name of the field that a line begins, in lower case; empty when the line has no colon. */
    public static String nameOf(String line) {
        int colon = line.indexOf(':');
        return colon < 0 ? "" : Ascii.toLowerCase(line.substring(0, colon).strip());
    }

    /**
     * What stands behind the colon, with its line breaks taken out (RFC 5322 section 2.2.3), one char a byte; a CR
     * alone is a blank.
     */
    public String value() {
        int start = raw.indexOf(':') + 1;
        int end = raw.endsWith("\r\n") ? raw.length() - 2 : raw.length();
        int lineBreak = firstLineBreak(start);
        if (lineBreak < 0 || lineBreak == end) {
            return raw.substring(start, end);
        }
        StringBuilder value = new StringBuilder(end - start);
        for (int i = start; i < raw.length(); i++) {
            char c = raw.charAt(i);
            boolean breaksLine = c == '\n' || c == '\r' && (i + 1 == raw.length() || raw.charAt(i + 1) == '\n');
            if (!breaksLine) {
                value.append(c == '\r' ? ' ' : c);
            }
        }
        return value.toString();
    }

    private int firstLineBreak(int start) {
        int lineFeed = raw.indexOf('\n', start);
        int carriageReturn = raw.indexOf('\r', start);
        return carriageReturn < 0 || lineFeed >= 0 && lineFeed < carriageReturn ? lineFeed : carriageReturn;
    }

    /**
     * The values of a parameter, its name in lower case: each that some mail program finds in the field, RFC 2231
     * continuations put together.
     */
    public List<String> parameters(String parameter) {
        return Parameters.named(parameter, value());
    }

    /** What stands behind the colon on the field's first line. */
    public String firstLine() {
        int end = raw.indexOf('\n');
        String line = end < 0 ? raw : raw.substring(0, end);
        return line.substring(line.indexOf(':') + 1).strip();
    }

    /** Whether the name is followed by its colon at once, as RFC 5322 wants and as those behind us look for it. */
    public boolean isPlainlyNamed() {
        return raw.length() > name.length() && raw.charAt(name.length()) == ':';
    }

    /** The field's bytes. */
    public byte[] bytes() {
        return raw.getBytes(StandardCharsets.ISO_8859_1);
    }
}
