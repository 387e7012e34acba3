package io.relaypod.address;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Domains that an admin listed. One hash look-up a label, whatever the length of the list. Immutable. */
public final class DomainSet {

    private static final DomainSet EMPTY = new DomainSet(Set.of(), Set.of());

    private final Set<String> domains;
    private final Set<String> withSubdomains;

    private DomainSet(Set<String> domains, Set<String> withSubdomains) {
        this.domains = domains;
        this.withSubdomains = withSubdomains;
    }

    public static DomainSet empty() {
        return EMPTY;
    }

    /**
     * Reads a domain a line; {@code .example.com} stands for its sub-domains too, {@code #} begins a comment.
     *
     * @throws IllegalArgumentException naming the first line that is wrong, by its number
     */
    public static DomainSet parse(List<String> lines) {
        Set<String> domains = new HashSet<>();
        Set<String> withSubdomains = new HashSet<>();
        for (int number = 1; number <= lines.size(); number++) {
            String line = lines.get(number - 1);
            String entry = line.replaceFirst("#.*", "").strip();
            if (!entry.isEmpty()) {
                (entry.startsWith(".") ? withSubdomains : domains)
                        .add(canonical(entry.startsWith(".") ? entry.substring(1) : entry, number, line));
            }
        }
        return new DomainSet(domains, withSubdomains);
    }

    private static String canonical(String entry, int number, String line) {
        return MailDomain.parse(entry)
                .map(MailDomain::name)
                .orElseThrow(() -> new IllegalArgumentException("line " + number + " is '" + line.strip()
                        + "'; expected a domain, or .domain for its sub-domains too"));
    }

    public boolean contains(MailDomain domain) {
        String suffix = domain.name();
        if (domains.contains(suffix) || withSubdomains.contains(suffix)) {
            return true;
        }
        for (int dot = suffix.indexOf('.'); dot >= 0; dot = suffix.indexOf('.')) {
            suffix = suffix.substring(dot + 1);
            if (withSubdomains.contains(suffix)) {
                return true;
            }
        }
        return false;
    }

    /** The names listed, those that stand for their sub-domains too without their dot. */
    public Stream<String> names() {
        return Stream.concat(domains.stream(), withSubdomains.stream());
    }

    public int size() {
        return domains.size() + withSubdomains.size();
    }
}
