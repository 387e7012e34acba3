package io.relaypod.dns;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/**
 * The settings of DNS queries.
 *
 * @param servers recursive resolvers, queried in this order
 * @param timeout time limit of one query to one server
 * @param tries queries to each server before the answer counts as unknown
 * @param canaries names that must exist
 */
public record DnsSettings(List<InetSocketAddress> servers, Duration timeout, int tries, DnsCanaries canaries) {

    public DnsSettings {
        servers = List.copyOf(servers);
        if (servers.isEmpty()) {
            throw new IllegalArgumentException("at least one DNS server is needed");
        }
    }

    /** Without canaries. */
    public DnsSettings(List<InetSocketAddress> servers, Duration timeout, int tries) {
        this(servers, timeout, tries, DnsCanaries.none());
    }

    /** The longest time of a lookup, if each query at each server runs into its timeout. */
    public Duration longestWait() {
        return timeout.multipliedBy((long) tries * servers.size());
    }
}
