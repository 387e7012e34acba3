package io.relaypod.mime;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Encoded words (RFC 2047) in a text. Linear in the length of the text; a charset that does not exist is read as UTF-8.
 *
 * <p>Not mime4j's decoder, which searches all charset providers for each word in a charset that does not exist.
 */
public final class EncodedWords {

    // RFC 2231 section 5 allows a language behind the charset.
    private static final Pattern WORD = Pattern.compile(
            "=\\?(?<charset>[^?*\\s\\p{Cntrl}]{1,100})(?:\\*[^?\\s\\p{Cntrl}]{0,100}+)?\\?(?<encoding>[bBqQ])\\?(?<text>[^?\\p{Cntrl}]*+)\\?=");

    private EncodedWords() {}

    /**
     * The text with its encoded words decoded. Blanks between two of them are dropped, as RFC 2047 section 6.2 wants.
     */
    public static String decode(String text) {
        Matcher word = WORD.matcher(text);
        StringBuilder decoded = new StringBuilder(text.length());
        int end = 0;
        while (word.find()) {
            String between = text.substring(end, word.start());
            if (end == 0 || !between.isBlank()) {
                decoded.append(between);
            }
            decoded.append(decode(word.group("charset"), word.group("encoding"), word.group("text")));
            end = word.end();
        }
        return end == 0 ? text : decoded.append(text, end, text.length()).toString();
    }

    private static String decode(String charset, String encoding, String text) {
        Charset known = CharsetNames.find(charset).orElse(StandardCharsets.UTF_8);
        return new String(encoding.equalsIgnoreCase("b") ? base64(text) : quotedPrintable(text), known);
    }

    private static byte[] base64(String text) {
        try {
            return Base64.getMimeDecoder().decode(text.replace(" ", "").getBytes(StandardCharsets.ISO_8859_1));
        } catch (IllegalArgumentException cut) {
            return text.getBytes(StandardCharsets.ISO_8859_1);
        }
    }

    private static byte[] quotedPrintable(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int hex = c == '=' ? hex(text, i + 1) : -1;
            if (hex >= 0) {
                bytes.write(hex);
                i += 2;
            } else {
                bytes.write(c == '_' ? ' ' : c);
            }
        }
        return bytes.toByteArray();
    }

    /** The byte that two hexadecimal digits stand for, or -1. */
    static int hex(String text, int at) {
        if (at + 1 >= text.length()) {
            return -1;
        }
        int high = Character.digit(text.charAt(at), 16);
        int low = Character.digit(text.charAt(at + 1), 16);
        return high < 0 || low < 0 ? -1 : high * 16 + low;
    }
}
