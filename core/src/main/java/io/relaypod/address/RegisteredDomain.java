package io.relaypod.address;

import java.util.Optional;

import com.google.common.net.InternetDomainName;

/**
 * The registered domain: one label below a suffix of the Public Suffix List, as Guava has it. Where no suffix is known,
 * as in private networks, the last two labels stand in. Only guides what is asked and how often; it never decides about
 * a recipient.
 */
public final class RegisteredDomain {

    private RegisteredDomain() {}

    /** Empty for a name that has none above it. */
    public static Optional<String> above(String name) {
        int secondDot = name.lastIndexOf('.', name.lastIndexOf('.') - 1);
        if (secondDot <= 0) {
            return Optional.empty();
        }
        try {
            InternetDomainName parsed = InternetDomainName.from(name);
            if (parsed.isUnderPublicSuffix()) {
                return Optional.of(parsed.topPrivateDomain().toString())
                        .filter(registered -> registered.length() < name.length());
            }
            if (parsed.isPublicSuffix()) {
                return Optional.empty();
            }
        } catch (IllegalArgumentException noInternetName) {
            // such as one with an underscore in its last label
        }
        return Optional.of(name.substring(secondDot + 1));
    }
}
