package io.relaypod.verdict;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

import com.github.benmanes.caffeine.cache.Ticker;
import io.relaypod.address.MailDomain;
import io.relaypod.dns.ClientNetwork;

/**
 * Limits how many nonexistent names below one registered domain a client may look up: a burst, then some more each
 * second. Beyond the limit DNS is not queried on behalf of this client for new names below this domain. Other clients,
 * other domains and names directly below a public suffix are not limited. Bounded in number and in bytes; thread-safe.
 */
public final class RandomSubdomainLimit {

    static final int BURST = 200;
    private static final long NANOS_PER_MISS = 50_000_000L;
    // A map's entry with client and time; the domain's characters come on top.
    private static final long BYTES_OF_AN_ENTRY = 250;

    private final long maxEntries;
    private final long maxBytes;
    private final Ticker ticker;
    // When the whole burst is available again. Least recently used first.
    private final Map<ClientDomain, Long> recovered = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;
    private long refusals;

    RandomSubdomainLimit(long maxEntries, long maxBytes, Ticker ticker) {
        this.maxEntries = maxEntries;
        this.maxBytes = maxBytes;
        this.ticker = ticker;
    }

    /** Whether DNS may be queried for the name on behalf of the client; a refusal is counted. */
    synchronized boolean allows(MailDomain domain, ClientNetwork client) {
        boolean isSpent = !recovered.isEmpty()
                && ClientDomain.of(domain, client)
                        .map(recovered::get)
                        .filter(until -> until - ticker.read() > BURST * NANOS_PER_MISS)
                        .isPresent();
        if (isSpent) {
            refusals++;
        }
        return !isSpent;
    }

    /** Counts a name that DNS says does not exist. */
    synchronized void missed(MailDomain domain, ClientNetwork client) {
        ClientDomain.of(domain, client).ifPresent(limited -> {
            long now = ticker.read();
            Long until = recovered.get(limited);
            recovered.put(limited, (until == null ? now : Math.max(until, now)) + NANOS_PER_MISS);
            if (until == null) {
                bytes += weight(limited);
                removeEldest();
            }
        });
    }

    private void removeEldest() {
        Iterator<ClientDomain> eldest = recovered.keySet().iterator();
        while (recovered.size() > maxEntries || bytes > maxBytes && recovered.size() > 1) {
            bytes -= weight(eldest.next());
            eldest.remove();
        }
    }

    private static long weight(ClientDomain limited) {
        return BYTES_OF_AN_ENTRY + limited.registered().length();
    }

    /** Estimated bytes of all entries. */
    public synchronized long bytes() {
        return bytes;
    }

    /** Names for which DNS was not queried because of the limit. */
    public synchronized long refusals() {
        return refusals;
    }
}
