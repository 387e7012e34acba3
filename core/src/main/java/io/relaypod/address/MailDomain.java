package io.relaypod.address;

import java.net.IDN;
import java.util.Locale;
import java.util.Optional;

import org.xbill.DNS.Name;
import org.xbill.DNS.TextParseException;

/**
 * A mail domain in its canonical form: lower case, without the dot of the root, U-labels turned into A-labels (RFC
 * 3490, which is what the JDK has: {@code straße.example} is {@code strasse.example}). Two spellings of one domain are
 * equal, so it serves as the cache key.
 *
 * @param name the canonical name, such as {@code example.com} or {@code xn--bcher-kva.example}
 */
public record MailDomain(String name) {

    // RFC 1035 2.3.4: 255 octets on the wire are 253 characters as text.
    private static final int MAX_LENGTH = 253;

    private static final int MAX_LABEL = 63;

    /** @throws IllegalArgumentException when {@code name} is not in canonical form */
    public MailDomain {
        if (!isCanonical(name)) {
            throw new IllegalArgumentException("not a canonical mail domain: " + name);
        }
    }

    /**
     * Reads a domain as people and clients write it.
     *
     * @return the canonical domain, or empty when no such domain can exist
     */
    public static Optional<MailDomain> parse(String text) {
        String name = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
        return toAscii(name)
                .map(ascii -> ascii.toLowerCase(Locale.ROOT))
                .filter(MailDomain::isCanonical)
                .map(MailDomain::new);
    }

    // By hand, as it is done for every recipient: labels of 1 to 63 characters, with a dot between them.
    private static boolean isCanonical(String name) {
        int label = 0;
        for (int at = 0; at < name.length(); at++) {
            char character = name.charAt(at);
            if (character == '.' && label > 0) {
                label = 0;
            } else if (!isLabelCharacter(character) || ++label > MAX_LABEL) {
                return false;
            }
        }
        return label > 0 && name.length() <= MAX_LENGTH;
    }

    // RFC 5321 4.1.2 wants letters, digits and hyphens; DNS also knows underscores, and may answer for itself.
    private static boolean isLabelCharacter(char character) {
        return character >= 'a' && character <= 'z'
                || character >= '0' && character <= '9'
                || character == '-'
                || character == '_';
    }

    private static boolean isAscii(String name) {
        for (int at = 0; at < name.length(); at++) {
            if (name.charAt(at) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    private static Optional<String> toAscii(String name) {
        if (isAscii(name)) {
            return Optional.of(name);
        }
        try {
            return Optional.of(IDN.toASCII(name, IDN.ALLOW_UNASSIGNED));
        } catch (IllegalArgumentException notAnInternationalName) {
            return Optional.empty();
        }
    }

    /** The absolute name: no search domain of a resolv.conf can apply to it. */
    public Name absolute() {
        try {
            return Name.fromString(name, Name.root);
        } catch (TextParseException impossible) {
            throw new IllegalStateException("a canonical domain is a DNS name: " + name, impossible);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
