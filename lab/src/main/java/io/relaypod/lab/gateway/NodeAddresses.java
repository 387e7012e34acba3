package io.relaypod.lab.gateway;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Parses address fields as smtp2graph does, with nodemailer's address parser. The parser is lenient, and returns an
 * entry for each item between commas, even for an item without an address. For one thread.
 */
final class NodeAddresses {

    private static final Pattern ADDRESS_IN_TEXT = Pattern.compile("\\b[^@\\s]+@\\S+\\b");

    private final List<String> addresses = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder bracketed = new StringBuilder();
    private boolean hasContent;

    private NodeAddresses() {}

    /** The address of each entry in order, with the members of groups. Entries without an address are empty. */
    static List<String> parse(String field) {
        NodeAddresses parsed = new NodeAddresses();
        parsed.read(field);
        parsed.endEntry();
        return List.copyOf(parsed.addresses);
    }

    private void read(String field) {
        int at = 0;
        while (at < field.length()) {
            char character = field.charAt(at);
            switch (character) {
                case '"' -> {
                    int end = endOfQuoted(field, at + 1);
                    text.append(field, at + 1, end);
                    hasContent = true;
                    at = end;
                }
                case '(' -> at = indexOf(field, ')', at);
                case '<' -> {
                    int end = indexOf(field, '>', at);
                    if (bracketed.isEmpty()) {
                        bracketed.append(field.substring(at + 1, end).strip());
                    }
                    hasContent = true;
                    at = end;
                }
                case ':' -> {
                    int end = indexOf(field, ';', at);
                    text.setLength(0);
                    bracketed.setLength(0);
                    hasContent = false;
                    addresses.addAll(parse(field.substring(at + 1, end)));
                    at = end;
                }
                case ',', ';' -> endEntry();
                default -> {
                    text.append(character);
                    hasContent |= !Character.isWhitespace(character);
                }
            }
            at++;
        }
    }

    private void endEntry() {
        if (hasContent) {
            Matcher inText = ADDRESS_IN_TEXT.matcher(text);
            String found = !bracketed.isEmpty() ? bracketed.toString() : inText.find() ? inText.group() : "";
            addresses.add(found.contains("@") ? found : "");
        }
        text.setLength(0);
        bracketed.setLength(0);
        hasContent = false;
    }

    private static int indexOf(String field, char wanted, int from) {
        int found = field.indexOf(wanted, from);
        return found < 0 ? field.length() : found;
    }

    private static int endOfQuoted(String field, int from) {
        int at = from;
        while (at < field.length() && field.charAt(at) != '"') {
            at += field.charAt(at) == '\\' ? 2 : 1;
        }
        return Math.min(at, field.length());
    }
}
