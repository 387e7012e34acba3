package io.relaypod.calendar;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.google.common.base.Splitter;
import io.relaypod.address.AddressList;
import io.relaypod.address.EmailAddress;

/**
 * An ATTENDEE property (RFC 5545 section 3.8.4.1) and the mail addresses that readers may find in it.
 *
 * <p>The calendar address is what stands behind the last {@code mailto:} outside quotes, because that is where readers
 * look when a parameter has colons that nobody quoted. The EMAIL parameter (RFC 7986 section 6.2) is another address of
 * the same attendee.
 *
 * @param text unfolded, one char a byte
 * @param addresses the calendar address first, then those of EMAIL; empty when there is no mail address
 * @param plain whether every reader finds the same calendar address, and no other
 * @param value where the calendar address begins in the text
 */
record AttendeeLine(String text, List<EmailAddress> addresses, boolean plain, int value) {

    private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"");
    private static final Pattern EMAIL =
            Pattern.compile(";\\s*EMAIL\\s*=\\s*\"?(?:mailto:)?([^\";:,]+)", Pattern.CASE_INSENSITIVE);
    // What a URI has to encode (RFC 6068 section 2), and what would end the value.
    private static final Pattern NOT_IN_URI = Pattern.compile("[^A-Za-z0-9.!#$&'*+/=_`{|}~@\\[\\]:-]");
    private static final Pattern ENCODED_AT = Pattern.compile("%40");
    private static final String MAILTO = "mailto:";

    /** Keeps its own copy of the addresses. */
    AttendeeLine {
        addresses = List.copyOf(addresses);
    }

    /** @param text of the content line, unfolded, one char a byte */
    static AttendeeLine parse(String text) {
        String masked = masked(text);
        int firstColon = masked.indexOf(':');
        if (firstColon < 0) {
            return new AttendeeLine(text, List.of(), false, text.length());
        }
        int scheme = masked.toLowerCase(Locale.ROOT).lastIndexOf(MAILTO);
        int behindLast = scheme >= 0 ? scheme : masked.lastIndexOf(':') + 1;
        Optional<EmailAddress> readFirst = address(text.substring(firstColon + 1));
        Optional<EmailAddress> readLast = address(text.substring(behindLast));
        Optional<EmailAddress> calendarAddress = readLast.or(() -> readFirst);
        Set<EmailAddress> addresses = new LinkedHashSet<>();
        calendarAddress.ifPresent(addresses::add);
        int value = readLast.isPresent() || readFirst.isEmpty() ? behindLast : firstColon + 1;
        Matcher email = EMAIL.matcher(text).region(0, value);
        while (email.find()) {
            if (masked.charAt(email.start()) == ';') {
                addresses.addAll(EmailAddress.parse(AddressList.utf8(email.group(1))).stream()
                        .toList());
            }
        }
        boolean plain = calendarAddress.isPresent()
                && readFirst.equals(readLast)
                && hasOneAt(text.substring(firstColon + 1))
                && text.chars().filter(c -> c == '"').count() % 2 == 0;
        return new AttendeeLine(text, List.copyOf(addresses), plain, value);
    }

    /** With nothing to find inside quotes that belong together; one that is left over is a char like any other. */
    private static String masked(String text) {
        return text.indexOf('"') < 0
                ? text
                : QUOTED.matcher(text)
                        .replaceAll(quoted -> "\"" + "x".repeat(quoted.group().length() - 2) + "\"");
    }

    private static Optional<EmailAddress> address(String value) {
        String address = value.strip().replace("\"", "");
        if (address.regionMatches(true, 0, MAILTO, 0, MAILTO.length())) {
            address = address.substring(MAILTO.length());
        }
        int angle = address.indexOf('<');
        if (angle >= 0 && address.endsWith(">")) {
            address = address.substring(angle + 1, address.length() - 1);
        }
        // The headers of a URI (RFC 6068 section 2), and parameters that stand behind the value.
        int end = firstOf(address, '?', ';');
        return EmailAddress.parse(percentDecoded(address.substring(0, end)));
    }

    private static int firstOf(String text, char one, char other) {
        return firstOf(text, 0, one, other);
    }

    private static int firstOf(String text, int start, char one, char other) {
        for (int i = start; i < text.length(); i++) {
            if (text.charAt(i) == one || text.charAt(i) == other) {
                return i;
            }
        }
        return text.length();
    }

    private static String percentDecoded(String text) {
        String utf8 = AddressList.utf8(text);
        if (utf8.indexOf('%') < 0) {
            return utf8;
        }
        try {
            return URLDecoder.decode(utf8.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException notEncoded) {
            return utf8;
        }
    }

    private static boolean hasOneAt(String value) {
        return value.chars().filter(c -> c == '@').count()
                        + ENCODED_AT.matcher(value).results().count()
                == 1;
    }

    /** The addresses that are recipients. */
    List<EmailAddress> addressesAmong(Set<EmailAddress> recipients) {
        return addresses.stream().filter(recipients::contains).toList();
    }

    /** Whether a copy for these recipients may have the line as it is. */
    boolean mayStayFor(Set<EmailAddress> recipients) {
        return plain && addresses.size() == 1 && recipients.contains(addresses.get(0));
    }

    /**
     * The line as every reader reads it alike, without any other address of the attendee.
     *
     * @param address one of the {@link #addresses}
     */
    String with(EmailAddress address) {
        String name = text.substring(0, firstOf(text, ':', ';'));
        String section = text.substring(name.length(), value);
        StringBuilder parameters = new StringBuilder();
        int start = 0;
        for (String masked : Splitter.on(';').split(masked(section))) {
            plainParameters(section.substring(start, start + masked.length()), masked)
                    .forEach(each -> parameters.append(';').append(each));
            start += masked.length() + 1;
        }
        boolean asWritten = plain && address.equals(addresses.get(0));
        String written = asWritten ? text.substring(value) : uri(address);
        return name + parameters + ":" + (asWritten ? "" : MAILTO) + written;
    }

    /**
     * What stands between two semicolons: a parameter, or several that colons separate where semicolons should; empty
     * when it is neither.
     */
    private static List<String> plainParameters(String piece, String masked) {
        List<String> parameters = new ArrayList<>();
        boolean allPlain = masked.indexOf('@') < 0 && !masked.contains("%40");
        int start = 0;
        for (String maskedParameter : Splitter.on(':').split(masked)) {
            String parameter = piece.substring(start, start + maskedParameter.length());
            start += maskedParameter.length() + 1;
            // A scheme that is written twice.
            boolean isEmpty = parameter.isEmpty() || parameter.equalsIgnoreCase("mailto");
            boolean isEmail = parameter.regionMatches(true, 0, "EMAIL=", 0, "EMAIL=".length());
            allPlain &= isEmpty || isParameter(parameter);
            if (!isEmpty && !isEmail) {
                parameters.add(parameter);
            }
        }
        return allPlain ? parameters : List.of();
    }

    /** RFC 5545 section 3.1: a name, and values with quotes around the whole of one or nowhere in it. */
    private static boolean isParameter(String text) {
        int equals = text.indexOf('=');
        if (equals < 1
                || !text.chars().limit(equals).allMatch(c -> c == '-' || c < 0x80 && Character.isLetterOrDigit(c))) {
            return false;
        }
        int at = equals;
        while (at < text.length()) {
            at++;
            int end = at;
            if (at < text.length() && text.charAt(at) == '"') {
                end = text.indexOf('"', at + 1) + 1;
            } else {
                end = firstOf(text, at, ',', '"');
            }
            if (end < at || end < text.length() && text.charAt(end) != ',') {
                return false;
            }
            at = end;
        }
        return true;
    }

    private static String uri(EmailAddress address) {
        boolean atom = address.local().chars().allMatch(c -> c > ' ' && c != '"' && "()<>@,;:\\".indexOf(c) < 0);
        String local = atom
                ? address.local()
                : "\"" + address.local().replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
        return NOT_IN_URI
                .matcher(AddressList.bytes(local + "@" + address.domain()))
                .replaceAll(match -> String.format("%%%02X", (int) match.group().charAt(0)));
    }
}
