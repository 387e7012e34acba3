package io.relaypod.dns;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Set;

/** Hears of what is odd about a DNS server. Called by many threads; does not wait. */
public interface DnsServerListener {

    /**
     * It answers only questions without EDNS (RFC 6891 section 7); said when that is found, and when it is found again.
     */
    void answersWithoutEdns(InetSocketAddress server);

    /**
     * Canaries, which must exist, do not exist for it: nothing that it denies is believed.
     *
     * @param denied those that it denies
     */
    void distrusted(InetSocketAddress server, String denied);

    /** It lied, and does so no more. */
    void trustedAgain(InetSocketAddress server);

    /**
     * It has addresses for names that do not exist; such an address is not believed.
     *
     * @param addresses some of them
     */
    void redirectsNonexistent(InetSocketAddress server, Set<InetAddress> addresses);
}
