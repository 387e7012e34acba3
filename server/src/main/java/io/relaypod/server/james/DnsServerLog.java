package io.relaypod.server.james;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.relaypod.dns.DnsFailover;
import io.relaypod.dns.DnsServerListener;
import io.relaypod.verdict.CachedDomainCheck;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says and counts what is odd about DNS servers, and forgets what one denied that lies. Thread-safe. */
final class DnsServerLog implements DnsServerListener {

    private static final Logger LOGGER = LoggerFactory.getLogger(DnsServerLog.class);

    private final CachedDomainCheck verdicts;
    private final Counter withoutEdns;
    private final Set<InetSocketAddress> saidToBeWithoutEdns = ConcurrentHashMap.newKeySet();

    DnsServerLog(DnsFailover servers, CachedDomainCheck verdicts, MeterRegistry meters) {
        this.verdicts = verdicts;
        this.withoutEdns = Counter.builder("relaypod.dns.without.edns")
                .description("Times that a DNS server was found to answer only without EDNS")
                .register(meters);
        Gauge.builder("relaypod.dns.servers.lying", servers, DnsFailover::distrusted)
                .description("DNS servers that deny names that must exist")
                .register(meters);
        Gauge.builder("relaypod.dns.servers.inventing", servers, DnsFailover::redirecting)
                .description("DNS servers with addresses for names that do not exist")
                .register(meters);
    }

    @Override
    public void answersWithoutEdns(InetSocketAddress server) {
        withoutEdns.increment();
        if (saidToBeWithoutEdns.add(server)) {
            LOGGER.warn(
                    "event=dns-without-edns server={} reason=\"it answers only without EDNS (RFC 6891)\"",
                    text(server));
        }
    }

    @Override
    public void distrusted(InetSocketAddress server, String denied) {
        verdicts.forgetDenials();
        LOGGER.error(
                "event=dns-lies server={} denied=\"{}\" reason=\"names that must exist do not; nothing that it denies is believed\"",
                text(server),
                denied);
    }

    @Override
    public void trustedAgain(InetSocketAddress server) {
        LOGGER.info("event=dns-lies-no-more server={}", text(server));
    }

    @Override
    public void redirectsNonexistent(InetSocketAddress server, Set<InetAddress> addresses) {
        LOGGER.warn(
                "event=dns-invents server={} address={} reason=\"names that do not exist have an address, which is not believed\"",
                text(server),
                addresses.iterator().next().getHostAddress());
    }

    private static String text(InetSocketAddress server) {
        return server.getAddress().getHostAddress() + ":" + server.getPort();
    }
}
