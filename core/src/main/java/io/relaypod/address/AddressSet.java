package io.relaypod.address;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import com.google.common.base.Splitter;

/**
 * Addresses and whole domains, as an admin lists them: {@code "boss@example.com, @example.org"}.
 *
 * @param addresses each for itself
 * @param domains in canonical form, each for all its addresses, and not for its subdomains
 */
public record AddressSet(Set<EmailAddress> addresses, Set<String> domains) {

    private static final Pattern DOMAIN = Pattern.compile("@[^\\s@,]+");

    /** Keeps its own copies. */
    public AddressSet {
        addresses = Set.copyOf(addresses);
        domains = Set.copyOf(domains);
    }

    /**
     * @param text entries separated by commas, blanks around them allowed; nothing at all is the empty set
     * @throws IllegalArgumentException naming an entry that is no address and no {@code @domain}
     */
    public static AddressSet parse(String text) {
        List<String> entries = Splitter.on(',').trimResults().omitEmptyStrings().splitToList(text);
        return new AddressSet(
                entries.stream()
                        .filter(entry -> !isDomain(entry))
                        .map(AddressSet::address)
                        .collect(Collectors.toUnmodifiableSet()),
                entries.stream()
                        .filter(AddressSet::isDomain)
                        .map(entry -> EmailAddress.of("", entry.substring(1)).domain())
                        .collect(Collectors.toUnmodifiableSet()));
    }

    private static boolean isDomain(String entry) {
        return DOMAIN.matcher(entry).matches();
    }

    private static EmailAddress address(String entry) {
        return EmailAddress.parse(entry)
                .orElseThrow(() -> new IllegalArgumentException("'" + entry + "' is no mail address and no @domain"));
    }

    public boolean isEmpty() {
        return addresses.isEmpty() && domains.isEmpty();
    }

    public boolean contains(EmailAddress address) {
        return addresses.contains(address) || domains.contains(address.domain());
    }
}
