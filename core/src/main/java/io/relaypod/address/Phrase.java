package io.relaypod.address;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.relaypod.mime.EncodedWords;

/**
 * A display name (RFC 5322 section 3.2.5), one char a byte, and how to write it so that every program reads it alike.
 */
final class Phrase {

    /** An encoded word; whatever stands in it, it is one word. */
    static final Pattern ENCODED_WORD =
            Pattern.compile("=\\?[^?\\s\\p{Cntrl}\"<>()\\[\\]@,;:\\\\]{1,100}\\?[bBqQ]\\?[^?\\s\\p{Cntrl}]{0,500}\\?=");

    private static final String SPECIALS = "\"<>()[]@,;:\\";
    private static final Pattern ATOMS = Pattern.compile(AddressList.ATOM + "(?:[ \\t]+" + AddressList.ATOM + ")*+");
    private static final Pattern BLANKS = Pattern.compile("[ \\t]+");
    private static final int LONGEST = AddressList.LONGEST_LINE / 2;

    private Phrase() {}

    /**
     * An encoded word without the chars that programs take for syntax, where they do not look for encoded words first.
     */
    static String escaped(String encodedWord) {
        StringBuilder word = new StringBuilder(encodedWord.length());
        encodedWord
                .chars()
                .forEach(c -> word.append(SPECIALS.indexOf(c) < 0 ? Character.toString(c) : String.format("=%02X", c)));
        return word.toString();
    }

    /**
     * The name, quoted where it has to be; encoded words stay outside of quotes, where they would not be decoded (RFC
     * 2047 section 5).
     *
     * @return empty when the name is too long, or has control characters
     */
    static String written(String name) {
        List<String> words = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        Matcher encodedWord = ENCODED_WORD.matcher(name);
        boolean quoted = false;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (!quoted && c == '=' && encodedWord.region(i, name.length()).lookingAt()) {
                addText(words, text);
                words.add(escaped(encodedWord.group()));
                i = encodedWord.end() - 1;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == '\\' && quoted && i + 1 < name.length()) {
                text.append(name.charAt(++i));
            } else if (c < ' ' && c != '\t' || c == 0x7f) {
                return "";
            } else {
                text.append(c);
            }
        }
        addText(words, text);
        String written = String.join(" ", words);
        return written.length() > LONGEST ? "" : written;
    }

    private static void addText(List<String> words, StringBuilder text) {
        String plain = BLANKS.matcher(text.toString().strip()).replaceAll(" ");
        text.setLength(0);
        if (!plain.isEmpty()) {
            words.add(
                    ATOMS.matcher(plain).matches()
                            ? plain
                            : "\"" + plain.replace("\\", "\\\\").replace("\"", "\\\"") + "\"");
        }
    }

    /** What people read. */
    static String decoded(String name) {
        return EncodedWords.decode(
                AddressList.utf8(name.replace("\"", "").replace("\\", "")).strip());
    }
}
