package io.relaypod.mime;

/**
 * Counts the addresses in fields such as To as they come in, never too few. Separators inside quotes do not count,
 * unless the field has comments or encoded words, in which a quote is no quote. Constant memory. For one message.
 */
public final class AddressCount {

    private long earlierFields;
    private long outsideQuotes;
    private long everywhere;
    private boolean mayHideQuotes;
    private boolean quoted;
    private boolean escaped;
    private boolean begunOutsideQuotes;
    private boolean begun;
    private char last;

    /** Another field begins. */
    public void beginField() {
        earlierFields = count();
        outsideQuotes = 0;
        everywhere = 0;
        mayHideQuotes = false;
        quoted = false;
        escaped = false;
        begunOutsideQuotes = false;
        begun = false;
        last = 0;
    }

    /** @param text a piece of the field, behind its name */
    public void add(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean separates = c == ',' || c == ';' || c == ':';
            mayHideQuotes |= c == '(' || c == '?' && last == '=';
            last = c;
            if (separates) {
                begun = false;
            } else if (!begun && c > ' ') {
                begun = true;
                everywhere++;
            }
            if (escaped) {
                escaped = false;
            } else if (c == '\\' && quoted) {
                escaped = true;
            } else if (c == '"') {
                quoted = !quoted;
                beginAddress();
            } else if (!quoted && separates) {
                begunOutsideQuotes = false;
            } else if (c > ' ') {
                beginAddress();
            }
        }
    }

    private void beginAddress() {
        if (!begunOutsideQuotes) {
            begunOutsideQuotes = true;
            outsideQuotes++;
        }
    }

    /** Addresses so far. */
    public long count() {
        return earlierFields + (mayHideQuotes ? everywhere : outsideQuotes);
    }
}
