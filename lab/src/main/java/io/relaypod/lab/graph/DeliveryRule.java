package io.relaypod.lab.graph;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import javax.mail.MessagingException;
import javax.mail.Session;
import javax.mail.internet.AddressException;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeBodyPart;
import javax.mail.internet.MimeMessage;
import javax.mail.internet.MimeMultipart;
import javax.mail.internet.MimePart;

/**
 * The recipients to whom Graph delivers a message. Graph has no envelope: it delivers to the addresses in To, Cc and
 * Bcc. If a calendar part at any depth lists ATTENDEEs, it delivers to these instead. Immutable.
 *
 * <pre>{@code
 * List<String> deliveredTo = DeliveryRule.recipients(mime);
 * }</pre>
 *
 * <p>A part is a calendar by its type, its file name or its content. A part that cannot be parsed is no calendar.
 */
public final class DeliveryRule {

    private static final Set<String> CALENDAR_TYPES = Set.of(
            "text/calendar",
            "application/ics",
            "text/x-vcalendar",
            "application/x-vcalendar",
            "text/ical",
            "application/ical",
            "application/calendar");
    private static final Pattern CALENDAR_FILE = Pattern.compile("(?i).*\\.(ics|ical|icalendar|ifb|vcs)");
    private static final Pattern ADDRESS = Pattern.compile("[^\\s<>,;:\"()]+@[^\\s<>,;:\"()]+");
    private static final Pattern QUOTED = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"@\\S+");
    private static final Session LENIENT = Session.getInstance(lenient());

    private final MimeMessage message;
    private final Set<String> named = new LinkedHashSet<>();
    private final boolean valid;

    private DeliveryRule(MimeMessage message) throws MessagingException {
        this.message = message;
        boolean allValid = true;
        for (String field : List.of("To", "Cc", "Bcc")) {
            allValid &= addAddresses(
                    Optional.ofNullable(message.getHeader(field, ", ")).orElse(""));
        }
        this.valid = allValid;
    }

    /** Parses a message, which may be malformed. */
    public static DeliveryRule of(byte[] mime) {
        try {
            return new DeliveryRule(new MimeMessage(LENIENT, new ByteArrayInputStream(mime)));
        } catch (MessagingException e) {
            throw new IllegalStateException("reading from memory cannot fail", e);
        }
    }

    /** The addresses that get the message, in lower case, without duplicates. */
    public static List<String> recipients(byte[] mime) {
        return of(mime).recipients();
    }

    /** The addresses that get the message, in lower case, without duplicates. */
    public List<String> recipients() {
        Set<String> attendees = attendees();
        return List.copyOf(attendees.isEmpty() ? named : attendees);
    }

    /** Whether Graph accepts the header: it has a recipient, and no address like {@code undisclosed-recipients:;}. */
    public boolean isAccepted() {
        return valid && !named.isEmpty();
    }

    /** The decoded subject; empty if there is none. */
    public String subject() {
        try {
            return Optional.ofNullable(message.getSubject()).orElse("");
        } catch (MessagingException e) {
            return "";
        }
    }

    private boolean addAddresses(String field) {
        if (field.isBlank()) {
            return true;
        }
        try {
            boolean allValid = true;
            for (InternetAddress address : InternetAddress.parseHeader(field, false)) {
                allValid &= add(address);
            }
            return allValid;
        } catch (AddressException e) {
            return addAddressesIn(field);
        }
    }

    private boolean addAddressesIn(String text) {
        List<String> found = ADDRESS.matcher(text)
                .results()
                .map(match -> lower(match.group()))
                .toList();
        named.addAll(found);
        return !found.isEmpty();
    }

    private boolean add(InternetAddress address) throws AddressException {
        if (address.isGroup()) {
            InternetAddress[] members = address.getGroup(false);
            Arrays.stream(members).map(member -> lower(member.getAddress())).forEach(named::add);
            return members.length > 0;
        }
        String text = Optional.ofNullable(address.getAddress()).orElse("");
        if (QUOTED.matcher(text).matches()) {
            named.add(lower(text));
            return true;
        }
        // The lenient parser returns text that it could not parse as one address.
        return addAddressesIn(text);
    }

    /** Visits the parts without recursion, since a message may nest them to any depth. */
    private Set<String> attendees() {
        Set<String> attendees = new LinkedHashSet<>();
        Deque<MimePart> parts = new ArrayDeque<>(List.of(message));
        while (!parts.isEmpty()) {
            MimePart part = parts.removeFirst();
            try {
                if (part.isMimeType("multipart/*")) {
                    children(part).forEach(parts::addLast);
                } else if (part.isMimeType("message/rfc822")) {
                    parts.addLast(new MimeMessage(LENIENT, part.getInputStream()));
                } else {
                    byte[] content = content(part);
                    if (isCalendar(part, content)) {
                        attendees.addAll(GraphAttendees.of(content));
                    }
                }
            } catch (MessagingException | IOException e) {
                // A part that cannot be read is no calendar.
            }
        }
        return attendees;
    }

    private static List<MimePart> children(MimePart part) throws MessagingException {
        MimeMultipart multipart = new MimeMultipart(part.getDataHandler().getDataSource());
        List<MimePart> children = new ArrayList<>();
        for (int i = 0; i < multipart.getCount(); i++) {
            children.add((MimePart) multipart.getBodyPart(i));
        }
        return children;
    }

    private static byte[] content(MimePart part) throws MessagingException, IOException {
        try {
            return part.getInputStream().readAllBytes();
        } catch (MessagingException | IOException e) {
            // Content with an unknown or wrong transfer encoding is used as it is.
            return part instanceof MimeMessage whole
                    ? whole.getRawInputStream().readAllBytes()
                    : ((MimeBodyPart) part).getRawInputStream().readAllBytes();
        }
    }

    private static boolean isCalendar(MimePart part, byte[] content) throws MessagingException {
        String type = lower(part.getContentType()).split(";", 2)[0].strip();
        return CALENDAR_TYPES.contains(type)
                || CALENDAR_FILE.matcher(fileName(part)).matches()
                || GraphAttendees.isCalendar(content);
    }

    private static String fileName(MimePart part) {
        try {
            return Optional.ofNullable(part.getFileName()).orElse("").strip();
        } catch (MessagingException e) {
            return "";
        }
    }

    private static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    private static Properties lenient() {
        Properties properties = new Properties();
        properties.setProperty("mail.mime.address.strict", "false");
        properties.setProperty("mail.mime.allowutf8", "true");
        return properties;
    }
}
