package io.relaypod.lab.smtp;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An SMTP reply: its code, its enhanced status code (RFC 3463; empty if absent), and all lines including their codes.
 * Immutable.
 */
public record Reply(int code, String enhanced, List<String> lines) {

    private static final Pattern LINE = Pattern.compile("(\\d{3})(?:[ -](?:([245]\\.\\d{1,3}\\.\\d{1,3})\\b)?.*)?");

    /** Copies the lines. */
    public Reply {
        lines = List.copyOf(lines);
    }

    /** Reads the codes from the last line. The code is 0 if that line has none. */
    static Reply of(List<String> lines) {
        Matcher matcher = LINE.matcher(lines.get(lines.size() - 1));
        if (!matcher.matches()) {
            return new Reply(0, "", lines);
        }
        String enhanced = matcher.group(2) == null ? "" : matcher.group(2);
        return new Reply(Integer.parseInt(matcher.group(1)), enhanced, lines);
    }

    static boolean isLast(String line) {
        return line.length() < 4 || line.charAt(3) != '-';
    }

    /** Returns whether the reply is positive: completion (2yz) or intermediate (3yz). */
    public boolean isPositive() {
        return code >= 200 && code < 400;
    }

    /** Returns the text of the last line after its code. */
    public String text() {
        String last = lines.get(lines.size() - 1);
        return last.length() > 4 ? last.substring(4) : "";
    }

    @Override
    public String toString() {
        return String.join("\n", lines);
    }
}
