package io.relaypod.domain;

import java.util.LinkedHashMap;
import java.util.Map;

import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

import com.github.benmanes.caffeine.cache.Ticker;

/**
 * The names that DNS said do not exist, and so nothing below them (RFC 8020): a flood of random sub-domains of a domain that does not
 * exist costs one query. Each for as long as a verdict is remembered, from the answer on. Bounded, thread-safe.
 *
 * <p>Learned from an NXDOMAIN are the name that was asked for and, when a top-level domain gave the answer, the domain directly below
 * it: a registry delegates and does nothing else, so what it denies it denies from there down. Any other zone may hold the names between
 * itself and the one asked for, empty non-terminals too, so nothing is concluded about those; nor from the root, as a resolver may know
 * zones that the root does not.
 */
public final class NonexistentDomains {

    // First in, first out is good enough, and putting in what a flood asks for costs a tenth of what it does in a cache that keeps the best.
    private final Map<String, Long> since;
    private final long timeToLiveNanos;
    private final Ticker ticker;

    /**
     * @param settings how long a name is remembered, and how many are
     * @param ticker   the clock
     */
    public NonexistentDomains(MxSettings settings, Ticker ticker) {
        this.timeToLiveNanos = settings.cacheTtl().toNanos();
        this.ticker = ticker;
        long maxEntries = settings.cacheSize();
        this.since = new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
                return size() > maxEntries;
            }
        };
    }

    /**
     * Learns from an answer: that the name does not exist, or that it does, and so all above it.
     *
     * @param asked the name that it answers about, in lower case and without the root's dot
     */
    void learn(String asked, Message answer) {
        // An alias was followed: it is the alias' target that does not exist.
        if (answer.getRcode() != Rcode.NXDOMAIN || !answer.getSection(Section.ANSWER).isEmpty()) {
            forget(asked);
            return;
        }
        remember(asked);
        int topLevel = asked.lastIndexOf('.') + 1;
        int below = asked.lastIndexOf('.', topLevel - 2) + 1;
        if (below > 0 && topLevel > 0 && isDeniedBy(asked.substring(topLevel), answer)) {
            remember(asked.substring(below));
        }
    }

    private synchronized void remember(String name) {
        since.put(name, ticker.read());
    }

    private static boolean isDeniedBy(String topLevelDomain, Message answer) {
        for (Record record : answer.getSection(Section.AUTHORITY)) {
            if (record.getType() == Type.SOA) {
                return record.getName().labels() == 2 && record.getName().toString(true).equalsIgnoreCase(topLevelDomain);
            }
        }
        return false;
    }

    /** Whether the name is known not to exist, by itself or because a name above it does not; of a top-level domain nothing is known. */
    synchronized boolean contains(String name) {
        String candidate = name;
        for (int dot = candidate.indexOf('.'); dot >= 0; dot = candidate.indexOf('.')) {
            Long denied = since.get(candidate);
            if (denied != null && ticker.read() - denied < timeToLiveNanos) {
                return true;
            }
            candidate = candidate.substring(dot + 1);
        }
        return false;
    }

    /** Forgets what makes the name one that does not exist: itself, and the names above it. */
    synchronized void forget(String name) {
        String forgotten = name;
        for (int dot = forgotten.indexOf('.'); dot >= 0 && !since.isEmpty(); dot = forgotten.indexOf('.')) {
            since.remove(forgotten);
            forgotten = forgotten.substring(dot + 1);
        }
    }

    synchronized void forgetAll() {
        since.clear();
    }

    /** How many names are remembered. */
    public synchronized int size() {
        return since.size();
    }
}
