package io.relaypod.verdict;

import java.util.Optional;

import io.relaypod.address.MailDomain;
import io.relaypod.address.RegisteredDomain;
import io.relaypod.dns.ClientNetwork;

/**
 * A registered domain that a client asks about: the unit by which random subdomains are limited.
 *
 * @param registered the domain below a public suffix, such as {@code example.com}
 */
record ClientDomain(ClientNetwork client, String registered) {

    /** Empty if the domain is not below a registered domain. */
    static Optional<ClientDomain> of(MailDomain domain, ClientNetwork client) {
        return RegisteredDomain.above(domain.name()).map(registered -> new ClientDomain(client, registered));
    }
}
