package io.relaypod.calendar;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.relaypod.recipients.EmailAddress;

/**
 * The ATTENDEE lines of a calendar, found without reading anything else of it, so that the rest can stay byte for byte. Constant
 * memory, whatever the calendar's size.
 */
final class AttendeeLines {

    private static final int LONGEST_LINE = 64 * 1024;
    private static final int LONGEST_NAME = 200;
    // A byte order mark as well, which is no part of the first line.
    private static final Pattern FOLD_OR_MARK = Pattern.compile("[\\r\\n]+[ \\t]|^\\x{FEFF}");
    private static final Pattern BLANKS = Pattern.compile("\\s+");
    private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"");
    private static final Pattern EMAIL = Pattern.compile(";EMAIL=\"?(?:mailto:)?([^\";:]+)", Pattern.CASE_INSENSITIVE);

    // An attendee without a mail address, who is never a recipient.
    private static final EmailAddress NO_ADDRESS = new EmailAddress("", "");

    private final Predicate<EmailAddress> stays;
    private final OutputStream out;
    private final Set<EmailAddress> invited = new HashSet<>();
    private final Set<EmailAddress> named = new HashSet<>();
    private int alarms;
    private boolean readable = true;
    private boolean calendarSeen;

    private AttendeeLines(Predicate<EmailAddress> stays, OutputStream out) {
        this.stays = stays;
        this.out = out;
    }

    /**
     * Whom a calendar names.
     *
     * @param invited  the addresses of its attendees, those of alarms left out
     * @param named    all addresses in ATTENDEE lines
     * @param readable whether this is all of it
     */
    record Attendees(Set<EmailAddress> invited, Set<EmailAddress> named, boolean readable) {
    }

    /** Reads the decoded content of a calendar part, and copies it with the lines of all attendees that have an address. */
    static Attendees read(InputStream calendar, OutputStream copy) throws IOException {
        return new AttendeeLines(any -> true, copy).pass(calendar);
    }

    /** Copies a calendar, and leaves out the attendees that are none of {@code recipients}. */
    static void narrow(InputStream calendar, Set<EmailAddress> recipients, OutputStream out) throws IOException {
        new AttendeeLines(recipients::contains, out).pass(calendar);
    }

    private Attendees pass(InputStream calendar) throws IOException {
        InputStream in = new BufferedInputStream(calendar);
        Line line = new Line();
        int next = in.read();
        while (next >= 0) {
            // A physical line with its break: CRLF, LF, or a CR alone as old programs write it.
            boolean continued = (next == ' ' || next == '\t') && line.length > 0;
            boolean blank = next == '\r' || next == '\n';
            if (!continued && !blank) {
                finish(line);
                line = new Line();
            }
            int last = next;
            while (next >= 0) {
                readable &= next != 0;
                line.add(next);
                last = next;
                next = in.read();
                if (last == '\n' || last == '\r' && next != '\n') {
                    break;
                }
            }
        }
        finish(line);
        return new Attendees(Set.copyOf(invited), Set.copyOf(named), readable && calendarSeen);
    }

    private void finish(Line line) throws IOException {
        String text = line.unfolded();
        // What is behind the cut may be an address, or even the rest of the name.
        readable &= !line.isCut();
        switch (name(text)) {
            case "BEGIN", "END" -> component(text);
            case "ATTENDEE" -> {
                if (!attendee(text)) {
                    return;
                }
            }
            default -> { }
        }
        line.flush();
    }

    private static int nameEnd(String text) {
        int end = 0;
        while (end < text.length() && text.charAt(end) != ':' && text.charAt(end) != ';') {
            end++;
        }
        return end;
    }

    private static String name(String text) {
        // vCalendar 1.0 may put a group before the name.
        String name = text.substring(0, nameEnd(text)).strip();
        return name.substring(name.lastIndexOf('.') + 1).toUpperCase(Locale.ROOT);
    }

    private void component(String text) {
        String line = BLANKS.matcher(text).replaceAll("").toUpperCase(Locale.ROOT);
        calendarSeen |= line.endsWith("BEGIN:VCALENDAR");
        if (line.equals("BEGIN:VALARM")) {
            alarms++;
        } else if (line.equals("END:VALARM")) {
            alarms = Math.max(0, alarms - 1);
        }
    }

    /** @return whether the line stays */
    private boolean attendee(String text) {
        List<EmailAddress> addresses = addresses(text);
        if (text.toUpperCase(Locale.ROOT).contains("QUOTED-PRINTABLE")) {
            // The lines that belong to it are not those of iCalendar: nobody knows who is named.
            readable = false;
        }
        named.addAll(addresses);
        if (addresses.isEmpty()) {
            named.add(NO_ADDRESS);
        } else if (alarms == 0) {
            invited.add(addresses.get(0));
        }
        return addresses.stream().allMatch(stays) && !addresses.isEmpty();
    }

    /** The address in the value first, then that of the EMAIL parameter (RFC 7986 section 6.2). */
    private static List<EmailAddress> addresses(String text) {
        String masked = QUOTED.matcher(text).replaceAll(quoted -> "\"" + "x".repeat(quoted.group().length() - 2) + "\"");
        int colon = masked.indexOf(':');
        if (colon < 0) {
            return List.of();
        }
        List<EmailAddress> addresses = new ArrayList<>();
        calendarAddress(text.substring(colon + 1)).ifPresent(addresses::add);
        Matcher email = EMAIL.matcher(text.substring(0, colon));
        if (email.find()) {
            EmailAddress.parse(email.group(1)).filter(address -> !addresses.contains(address)).ifPresent(addresses::add);
        }
        return addresses;
    }

    private static Optional<EmailAddress> calendarAddress(String value) {
        String address = value.strip().replace("\"", "");
        if (address.regionMatches(true, 0, "mailto:", 0, "mailto:".length())) {
            address = percentDecoded(address.substring("mailto:".length()));
        }
        int angle = address.indexOf('<');
        if (angle >= 0 && address.endsWith(">")) {
            address = address.substring(angle + 1, address.length() - 1);
        }
        return EmailAddress.parse(address);
    }

    private static String percentDecoded(String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException notEncoded) {
            return text;
        }
    }

    /** A content line with its folds, kept until its name is known, and longer only when it is an ATTENDEE. */
    private final class Line {

        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private boolean passing;
        private boolean cut;
        private long length;

        void add(int next) throws IOException {
            length++;
            if (passing) {
                out.write(next);
                return;
            }
            bytes.write(next);
            if (bytes.size() == LONGEST_NAME && !mayBeAttendee() || bytes.size() == LONGEST_LINE) {
                cut = bytes.size() == LONGEST_LINE;
                flush();
                passing = true;
            }
        }

        private boolean mayBeAttendee() {
            String text = unfolded();
            return nameEnd(text) == text.length() || name(text).equals("ATTENDEE");
        }

        boolean isCut() {
            return cut;
        }

        String unfolded() {
            String text = bytes.toString(StandardCharsets.UTF_8);
            return FOLD_OR_MARK.matcher(text).replaceAll("").strip();
        }

        void flush() throws IOException {
            if (!passing) {
                bytes.writeTo(out);
            }
        }
    }
}
