package io.relaypod.dns;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Set;

/** Is notified of faults of a DNS server. Called by many threads; does not wait. */
public interface DnsServerListener {

    /**
     * The server answers only queries without EDNS (RFC 6891 section 7). Called when this is found, and when it is
     * found again.
     */
    void answersWithoutEdns(InetSocketAddress server);

    /**
     * The server denies canaries, which must exist. Its denials are no longer believed.
     *
     * @param denied the canaries that it denies
     */
    void distrusted(InetSocketAddress server, String denied);

    /** A distrusted server answers for the canaries again. */
    void trustedAgain(InetSocketAddress server);

    /**
     * The server gives addresses for names that do not exist. These addresses are not believed.
     *
     * @param addresses some of these addresses
     */
    void redirectsNonexistent(InetSocketAddress server, Set<InetAddress> addresses);
}
