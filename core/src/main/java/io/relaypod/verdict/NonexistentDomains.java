package io.relaypod.verdict;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

import com.github.benmanes.caffeine.cache.Ticker;
import io.relaypod.address.MailDomain;
import io.relaypod.address.RegisteredDomain;
import io.relaypod.dns.DnsAnswer;
import io.relaypod.dns.DnsAnswer.NoSuchName;

/**
 * The names that DNS said do not exist, and so nothing below them (RFC 8020), each for as long as a verdict is
 * remembered, from the answer on. Never a sibling, nor a parent that was not asked for. Bounded in number and in bytes,
 * thread-safe.
 *
 * <p>Some servers deny names that have others below them (empty non-terminals), against the RFC, and a server that
 * copies a query's flags says of every denial that it is validated (AD). So a denial covers what is below only once
 * several names below it were denied too, and not for the first question below it in a second, which is asked: what
 * people ask for one by one is always asked for, and of a flood one name a second. Whatever is found below a name ends
 * its denial.
 */
public final class NonexistentDomains {

    /** Names below a denied one that DNS has to deny before it covers the others. */
    static final int MISSES = 4;

    private static final long FRESH_EVERY_NANOS = 1_000_000_000L;
    // A map's entry with a denial, without the characters of the name.
    private static final long BYTES_OF_A_DENIAL = 160;

    // First in, first out is sufficient. Under a flood an insertion costs a tenth of one in a cache that keeps the most
    // useful entries.
    private final Map<String, Denial> denials = new LinkedHashMap<>();
    private final long maxEntries;
    private final long maxBytes;
    private final long timeToLiveNanos;
    private final Ticker ticker;
    private long bytes;

    /** The denials of one name. Guarded by the lock of the outer class. */
    private static final class Denial {

        /** Empty while only names below this one were denied. */
        private Optional<Long> since = Optional.empty();

        private boolean isSuspected;
        private int misses;
        private long begin;
        private long lastFresh;
    }

    /**
     * @param settings how long a name is remembered, and how many are
     * @param ticker the clock
     */
    public NonexistentDomains(MxSettings settings, Ticker ticker) {
        this(settings, VerdictCacheSize.ofThisProcess().denials(), ticker);
    }

    NonexistentDomains(MxSettings settings, long maxBytes, Ticker ticker) {
        this.timeToLiveNanos = settings.cacheTtl().toNanos();
        this.ticker = ticker;
        this.maxEntries = settings.cacheSize();
        this.maxBytes = maxBytes;
    }

    /**
     * Learns from an answer that the name does not exist, or that the name and all names above it exist.
     *
     * @param asked the name that it answers about, in lower case and without the root's dot
     */
    synchronized void learn(String asked, DnsAnswer answer) {
        // An alias was followed: it is the alias' target that does not exist.
        if (!(answer instanceof NoSuchName denied) || denied.isOfAlias()) {
            forget(asked);
            return;
        }
        countMissAbove(asked);
        Denial denial = denial(asked);
        denial.since = Optional.of(ticker.read());
    }

    /**
     * The registered domain above a denied name, to be looked up after several names below it were denied. Its own
     * denial would cover the other names.
     */
    synchronized Optional<MailDomain> suspect(MailDomain denied) {
        return RegisteredDomain.above(denied.name()).filter(this::isSuspect).map(MailDomain::new);
    }

    private boolean isSuspect(String parent) {
        Denial denial = denials.get(parent);
        if (denial == null || denial.isSuspected || denial.since.isPresent() || denial.misses < MISSES) {
            return false;
        }
        denial.isSuspected = true;
        return true;
    }

    private void countMissAbove(String asked) {
        RegisteredDomain.above(asked).ifPresent(this::denial);
        for (int dot = asked.indexOf('.'); dot >= 0; dot = asked.indexOf('.', dot + 1)) {
            Denial above = denials.get(asked.substring(dot + 1));
            if (above != null) {
                above.misses++;
            }
        }
    }

    private Denial denial(String name) {
        Denial known = denials.get(name);
        if (known != null && ticker.read() - known.begin < timeToLiveNanos) {
            return known;
        }
        remove(name);
        Denial denial = new Denial();
        denial.begin = ticker.read();
        denial.lastFresh = denial.begin - FRESH_EVERY_NANOS;
        denials.put(name, denial);
        bytes += weight(name);
        for (Iterator<String> eldest = denials.keySet().iterator();
                denials.size() > maxEntries || bytes > maxBytes && denials.size() > 1; ) {
            bytes -= weight(eldest.next());
            eldest.remove();
        }
        return denial;
    }

    private void remove(String name) {
        if (denials.remove(name) != null) {
            bytes -= weight(name);
        }
    }

    private static long weight(String name) {
        return BYTES_OF_A_DENIAL + name.length();
    }

    /**
     * Whether the name, or a name above it, is known not to exist. A top-level domain is never denied. To be called
     * once for a lookup, since the first lookup in each second is let through.
     */
    synchronized boolean denies(String name) {
        if (denials.isEmpty()) {
            return false;
        }
        for (int begin = 0, dot = name.indexOf('.'); dot >= 0; begin = dot + 1, dot = name.indexOf('.', begin)) {
            Denial denial = denials.get(name.substring(begin));
            if (denial != null
                    && denial.since
                            .filter(at -> ticker.read() - at < timeToLiveNanos)
                            .isPresent()
                    && (begin == 0 || covers(denial))) {
                return true;
            }
        }
        return false;
    }

    private boolean covers(Denial denial) {
        if (denial.misses < MISSES || ticker.read() - denial.lastFresh >= FRESH_EVERY_NANOS) {
            denial.lastFresh = ticker.read();
            return false;
        }
        return true;
    }

    /** Forgets the denials of the name and of the names above it. */
    synchronized void forget(String name) {
        String forgotten = name;
        for (int dot = forgotten.indexOf('.'); dot >= 0 && !denials.isEmpty(); dot = forgotten.indexOf('.')) {
            remove(forgotten);
            forgotten = forgotten.substring(dot + 1);
        }
    }

    synchronized void forgetAll() {
        denials.clear();
        bytes = 0;
    }

    /** The number of names. */
    public synchronized int size() {
        return denials.size();
    }
}
