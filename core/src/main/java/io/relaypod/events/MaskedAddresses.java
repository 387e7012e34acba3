package io.relaypod.events;

/**
 * Other people's words for the log: a gateway's reply, a client's header. The local part of an address in them is
 * nobody's business.
 */
public final class MaskedAddresses {

    private static final String MASK = "***";
    // They end a local part that has no quotes.
    private static final String DELIMITERS = "<>\"(),:;@";

    private MaskedAddresses() {}

    /**
     * The text with {@code ***} for the local part of each address, quoted ones included. Takes time in proportion to
     * the text's length.
     */
    public static String in(String text) {
        if (text.indexOf('@') < 0) {
            return text;
        }
        StringBuilder masked = new StringBuilder(text.length());
        int copied = 0;
        for (int at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
            int begin = localPart(text, copied, at);
            if (begin < at
                    && at + 1 < text.length()
                    && !Character.isWhitespace(text.charAt(at + 1))
                    && text.charAt(at + 1) != '@') {
                masked.append(text, copied, begin).append(MASK);
                copied = at;
            }
        }
        return masked.append(text, copied, text.length()).toString();
    }

    // No character is looked at for two addresses: the search ends at the @ before.
    private static int localPart(String text, int from, int at) {
        if (at > from && text.charAt(at - 1) == '"') {
            int quote = at - 2;
            while (quote >= from && (text.charAt(quote) != '"' || quote > from && text.charAt(quote - 1) == '\\')) {
                quote--;
            }
            // One that begins nowhere may have lost its beginning.
            return Math.max(quote, from);
        }
        int begin = at;
        while (begin > from
                && !Character.isWhitespace(text.charAt(begin - 1))
                && DELIMITERS.indexOf(text.charAt(begin - 1)) < 0) {
            begin--;
        }
        return begin;
    }
}
