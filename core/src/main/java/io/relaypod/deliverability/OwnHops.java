package io.relaypod.deliverability;

import java.util.regex.Pattern;

/**
 * Counts the Received fields of a message that this relay wrote. A message that comes back again and again circles, for
 * example because the gateway is the relay's own Service. For one message and one thread.
 */
final class OwnHops {

    // Our own field has some hundred characters.
    private static final int LONGEST_FIELD = 2048;

    private final Pattern ours;
    private final StringBuilder field = new StringBuilder(0);
    private long count;

    /** @param hostName that the relay names in Received; empty to count none */
    OwnHops(String hostName) {
        this.ours = Pattern.compile(
                hostName.isEmpty()
                        ? "(?!)"
                        : "(?i)\\sby\\s+" + Pattern.quote(hostName) + "\\s+\\(JAMES SMTP Server ?\\)");
    }

    /** @param line of a Received field, without its name and line break */
    void add(String line) {
        if (field.length() < LONGEST_FIELD) {
            field.append(line).append(' ');
        }
    }

    /** Ends the field, if there is one. */
    void endField() {
        if (!field.isEmpty() && ours.matcher(field).find()) {
            count++;
        }
        field.setLength(0);
    }

    long count() {
        return count;
    }
}
