package io.relaypod.verdict;

import java.util.LinkedHashMap;
import java.util.Map;

import com.github.benmanes.caffeine.cache.Ticker;
import io.relaypod.address.MailDomain;
import io.relaypod.dns.ClientNetwork;

/**
 * Bounds what a flood of random names below one registered domain costs: each client may have so many names of it
 * denied in a row, and some more each second. Beyond that DNS is not asked on that client's behalf about new names
 * there; other clients, other domains and names directly below a public suffix are not concerned. Thread-safe.
 */
final class RandomSubdomainLimit {

    static final int BURST = 200;
    private static final long NANOS_A_MISS = 50_000_000L;
    // Of about 200 bytes each.
    private static final int MOST_SOURCES = 2_000;

    private final Ticker ticker;
    // When each would have nothing spent: the longer from now, the more is.
    private final Map<ClientDomain, Long> paidUntil = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<ClientDomain, Long> eldest) {
            return size() > MOST_SOURCES;
        }
    };

    RandomSubdomainLimit(Ticker ticker) {
        this.ticker = ticker;
    }

    synchronized boolean isSpent(MailDomain domain, ClientNetwork client) {
        return !paidUntil.isEmpty()
                && ClientDomain.of(domain, client)
                        .map(paidUntil::get)
                        .filter(until -> until - ticker.read() > BURST * NANOS_A_MISS)
                        .isPresent();
    }

    /** DNS said that the name does not exist. */
    synchronized void missed(MailDomain domain, ClientNetwork client) {
        ClientDomain.of(domain, client).ifPresent(source -> {
            long now = ticker.read();
            paidUntil.merge(source, now + NANOS_A_MISS, (until, fresh) -> Math.max(until, now) + NANOS_A_MISS);
        });
    }
}
