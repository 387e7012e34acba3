package io.relaypod.dns;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/**
 * How DNS is asked.
 *
 * @param servers recursive resolvers, asked in this order
 * @param timeout how long one try waits for one server
 * @param tries how often each server is asked before the answer counts as unknown
 * @param canaries names that must exist
 */
public record DnsSettings(List<InetSocketAddress> servers, Duration timeout, int tries, DnsCanaries canaries) {

    public DnsSettings {
        servers = List.copyOf(servers);
        if (servers.isEmpty()) {
            throw new IllegalArgumentException("at least one DNS server is needed");
        }
    }

    /** Believes whatever DNS says. */
    public DnsSettings(List<InetSocketAddress> servers, Duration timeout, int tries) {
        this(servers, timeout, tries, DnsCanaries.none());
    }

    /** The longest that one question can take: every try at every server runs into its timeout. */
    public Duration longestWait() {
        return timeout.multipliedBy((long) tries * servers.size());
    }
}
