package io.relaypod.dns;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;

import io.relaypod.address.MailDomain;
import io.relaypod.address.WellKnownProviders;
import org.xbill.DNS.Name;

/**
 * Names that certainly exist. While a DNS server denies them, its denials are not believed. Domains have MX records,
 * and the root has name servers. Immutable.
 *
 * @param domains asked for MX records
 * @param root whether the root is asked for its name servers
 */
public record DnsCanaries(List<MailDomain> domains, boolean root) {

    public static final String EXPECTED =
            "domains that have MX records, and . for the root, separated by commas; or off";

    private static final String OFF = "off";

    public DnsCanaries {
        domains = List.copyOf(domains);
    }

    /** No canaries. Every answer of DNS is believed. */
    public static DnsCanaries none() {
        return new DnsCanaries(List.of(), false);
    }

    /** @throws IllegalArgumentException if an entry is no domain; the message names it */
    public static DnsCanaries parse(String value) {
        if (value.strip().equals(OFF)) {
            return none();
        }
        List<MailDomain> domains = new ArrayList<>();
        boolean root = false;
        for (String entry : value.split(",", -1)) {
            if (entry.strip().equals(".")) {
                root = true;
            } else {
                domains.add(MailDomain.parse(entry.strip())
                        .filter(domain -> !domain.name().equals(OFF))
                        .orElseThrow(() -> new IllegalArgumentException("'" + entry.strip() + "' is no domain")));
            }
        }
        return new DnsCanaries(domains, root);
    }

    boolean isEmpty() {
        return domains.isEmpty() && !root;
    }

    /**
     * A random name directly below the top-level domain of the first canary, which nobody has registered. Further down
     * a wildcard might answer for it. Empty if no canary is a domain.
     */
    Optional<Name> nonexistent() {
        return domains.stream().findFirst().map(domain -> {
            String label =
                    "relaypod-" + Long.toString(ThreadLocalRandom.current().nextLong() >>> 1, 36)
                            + ThreadLocalRandom.current().nextInt(1 << 16);
            int dot = domain.name().lastIndexOf('.');
            return new MailDomain(dot < 0 ? label : label + domain.name().substring(dot)).absolute();
        });
    }

    /** The canaries and the well-known providers. A denial of one of them is suspicious. */
    Set<Name> believedToExist() {
        Set<Name> names = domains.stream().map(MailDomain::absolute).collect(Collectors.toCollection(HashSet::new));
        WellKnownProviders.names().map(name -> new MailDomain(name).absolute()).forEach(names::add);
        return Set.copyOf(names);
    }
}
