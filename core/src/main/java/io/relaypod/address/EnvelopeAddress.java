package io.relaypod.address;

import java.util.Optional;
import java.util.regex.Pattern;

import com.google.common.net.InetAddresses;

/**
 * An address of the envelope (RFC 5321 section 4.1.2, Mailbox) that the gateway can be given: Jakarta Mail, Mailpit and
 * smtp2graph all take it.
 *
 * @param localPart as the client wrote it, quotes included
 * @param domain in lower case, without the dot of the root, U-labels as A-labels; an address literal with its brackets,
 *     as it was written
 */
public record EnvelopeAddress(String localPart, String domain) {

    // RFC 5321 4.5.3.1.1 and .3, less the brackets of a path
    private static final int MAX_LOCAL_PART = 64;
    private static final int MAX_ADDRESS = 254;

    /** The domain of an address without one. */
    public static final String LOCAL = "localhost";

    private static final String ATOM_SIGNS = "!#$%&'*+/=?^_`{|}~-";
    private static final String IPV6 = "IPv6:";
    // InetAddresses takes a scope too; RFC 5321 4.1.3 knows none, and no octet has a leading zero for Go.
    private static final Pattern IPV6_DIGITS = Pattern.compile("[0-9A-Fa-f:.]+");

    /**
     * Reads an address as it stands between the brackets of a path, without a source route.
     *
     * @param text completed with {@value #LOCAL} when it has no domain, as {@code postmaster} may (RFC 5321 section
     *     4.5.1)
     * @return the address, or empty when it is none or could not be sent on
     */
    public static Optional<EnvelopeAddress> parse(String text) {
        int at = text.lastIndexOf('@');
        String localPart = at < 0 ? text : text.substring(0, at);
        return isLocalPart(localPart)
                ? domain(at < 0 ? LOCAL : text.substring(at + 1))
                        .map(domain -> new EnvelopeAddress(localPart, domain))
                        .filter(address -> address.length() <= MAX_ADDRESS)
                : Optional.empty();
    }

    /**
     * Whether the text would need SMTPUTF8 (RFC 6531): its local part has a character outside ASCII. A domain has
     * A-labels instead.
     */
    public static boolean needsSmtpUtf8(String text) {
        int end = text.lastIndexOf('@');
        for (int at = 0; at < (end < 0 ? text.length() : end); at++) {
            if (text.charAt(at) > '~') {
                return true;
            }
        }
        return false;
    }

    /** Whether the domain is an address literal (RFC 5321 section 4.1.3). */
    public boolean isLiteral() {
        return domain.startsWith("[");
    }

    private int length() {
        return localPart.length() + 1 + domain.length();
    }

    private static Optional<String> domain(String text) {
        if (text.startsWith("[")) {
            return Optional.of(text).filter(EnvelopeAddress::isLiteral);
        }
        return MailDomain.parse(text).map(MailDomain::name);
    }

    private static boolean isLiteral(String text) {
        if (!text.endsWith("]")) {
            return false;
        }
        String inside = text.substring(1, text.length() - 1);
        if (!inside.regionMatches(true, 0, IPV6, 0, IPV6.length())) {
            return inside.indexOf(':') < 0 && InetAddresses.isInetAddress(inside);
        }
        String address = inside.substring(IPV6.length());
        return address.indexOf(':') >= 0
                && IPV6_DIGITS.matcher(address).matches()
                && InetAddresses.isInetAddress(address);
    }

    private static boolean isLocalPart(String text) {
        return text.length() <= MAX_LOCAL_PART && (text.startsWith("\"") ? isQuoted(text) : isAtoms(text));
    }

    // By hand, as it is done for every recipient: atoms with a dot between them.
    private static boolean isAtoms(String text) {
        char before = '.';
        for (int at = 0; at < text.length(); at++) {
            char character = text.charAt(at);
            if (character == '.' ? before == '.' : !isAtomCharacter(character)) {
                return false;
            }
            before = character;
        }
        return before != '.';
    }

    private static boolean isAtomCharacter(char character) {
        return character >= 'a' && character <= 'z'
                || character >= 'A' && character <= 'Z'
                || character >= '0' && character <= '9'
                || ATOM_SIGNS.indexOf(character) >= 0;
    }

    // Mailpit refuses blanks in quotes, smtp2graph a second @.
    private static boolean isQuoted(String text) {
        int last = text.length() - 1;
        return last > 1
                && text.charAt(last) == '"'
                && text.substring(1, last)
                        .chars()
                        .allMatch(character -> character > ' ' && character <= '~' && "\"\\<>@".indexOf(character) < 0);
    }

    @Override
    public String toString() {
        return localPart + "@" + domain;
    }
}
