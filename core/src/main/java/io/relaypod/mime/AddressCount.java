package io.relaypod.mime;

/**
 * Counts the addresses in fields such as To as they come in, by what separates them outside of quotes. Constant memory.
 * For one mail.
 */
public final class AddressCount {

    private long count;
    private boolean quoted;
    private boolean escaped;
    private boolean begun;

    /** Another field begins. */
    public void beginField() {
        quoted = false;
        escaped = false;
        begun = false;
    }

    /** @param text a piece of the field, behind its name */
    public void add(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (escaped) {
                escaped = false;
            } else if (c == '\\' && quoted) {
                escaped = true;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (!quoted && (c == ',' || c == ';' || c == ':')) {
                begun = false;
            } else if (!begun && c > ' ') {
                begun = true;
                count++;
            }
        }
    }

    /** Addresses so far. */
    public long count() {
        return count;
    }
}
