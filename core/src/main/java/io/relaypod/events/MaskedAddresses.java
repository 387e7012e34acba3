package io.relaypod.events;

/** Texts of peers for the log, such as a gateway's reply, with the local parts of addresses masked. */
public final class MaskedAddresses {

    private static final String MASK = "***";
    // Each ends an unquoted local part.
    private static final String DELIMITERS = "<>\"(),:;@";

    private MaskedAddresses() {}

    /** Replaces the local part of each address, quoted or not, by {@code ***}, in time linear in the text's length. */
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

    // The search stops at the previous @, so that no character is read for two addresses.
    private static int localPart(String text, int from, int at) {
        if (at > from && text.charAt(at - 1) == '"') {
            int quote = at - 2;
            while (quote >= from && (text.charAt(quote) != '"' || quote > from && text.charAt(quote - 1) == '\\')) {
                quote--;
            }
            // Without an opening quote the text may be truncated.
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
