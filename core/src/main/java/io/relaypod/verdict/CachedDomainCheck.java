package io.relaypod.verdict;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.relaypod.address.MailDomain;
import io.relaypod.dns.ClientNetwork;
import io.relaypod.threads.Background;
import io.relaypod.verdict.DomainVerdict.NotAsked;

/**
 * Caches verdicts. Simultaneous lookups of one domain become one, and an unknown verdict is never cached. Bounded in
 * number and in bytes; thread-safe.
 *
 * <p>If a verdict is used in the last tenth of its time to live, it is looked up again in the background, so that a
 * domain in use never waits. A stale verdict stays in the cache. It is used if DNS fails, or does not answer within
 * {@link #STALE_WAIT} (RFC 8767).
 */
public final class CachedDomainCheck implements DomainCheck {

    /** How long a client waits for a fresh verdict while there is a stale one (RFC 8767 section 5). */
    static final Duration STALE_WAIT = Duration.ofMillis(1_800);

    // A tenth of an hour is long enough for every try at every server.
    private static final int REFRESH_SHARE = 10;

    // Caffeine's entry with key and value, without their characters; measured with a full cache, and rounded up.
    private static final int BYTES_OF_AN_ENTRY = 300;
    private static final int BYTES_OF_A_TEXT = 64;

    private static final DomainVerdict NO_SUCH_DOMAIN = new DomainVerdict.NoMailHost(false);

    private final DomainCheck origin;
    private final NonexistentDomains nonexistent;
    private final RandomSubdomainLimit randomSubdomains;
    private final long timeToLiveNanos;
    private final Ticker ticker;
    private final Cache<MailDomain, CacheEntry> verdicts;
    private volatile long denialsHoldFrom;
    private final ConcurrentMap<MailDomain, CompletableFuture<DomainVerdict>> underWay = new ConcurrentHashMap<>();
    private final StaleListener staleListener;

    /** Is called for each stale verdict that is used. */
    @FunctionalInterface
    public interface StaleListener {
        void staleVerdictUsed(MailDomain domain);
    }

    /**
     * @param asked when DNS was asked
     * @param since when it answered
     */
    private record CacheEntry(DomainVerdict verdict, long asked, long since) {}

    /**
     * A cached verdict on a domain.
     *
     * @param age the time since the answer of DNS
     * @param isStale whether its time to live is over, so that it is used only if DNS fails
     */
    public record CachedVerdict(MailDomain domain, DomainVerdict verdict, Duration age, boolean isStale) {}

    /**
     * @param origin looks up domains that are not cached
     * @param nonexistent the names that DNS denied. A denial of a name above a domain is not cached as a verdict on the
     *     domain, so that it ends with the answer it comes from
     * @param settings the time to live of a verdict, how long it may be used stale, and how many are cached
     * @param ticker the clock
     */
    public CachedDomainCheck(
            DomainCheck origin,
            NonexistentDomains nonexistent,
            MxSettings settings,
            Ticker ticker,
            StaleListener staleListener) {
        this(origin, nonexistent, settings, VerdictCacheSize.ofThisProcess(), ticker, staleListener);
    }

    CachedDomainCheck(
            DomainCheck origin,
            NonexistentDomains nonexistent,
            MxSettings settings,
            VerdictCacheSize size,
            Ticker ticker,
            StaleListener staleListener) {
        this.origin = origin;
        this.nonexistent = nonexistent;
        this.randomSubdomains = new RandomSubdomainLimit(settings.cacheSize(), size.randomSubdomains(), ticker);
        this.denialsHoldFrom = ticker.read();
        long maxBytes = size.verdicts();
        this.timeToLiveNanos = settings.cacheTtl().toNanos();
        this.ticker = ticker;
        this.staleListener = staleListener;
        this.verdicts = Caffeine.newBuilder()
                .ticker(ticker)
                .expireAfterWrite(
                        settings.staleTtl().compareTo(settings.cacheTtl()) < 0
                                ? settings.cacheTtl()
                                : settings.staleTtl())
                // The least weight of an entry also enforces the largest number of entries.
                .maximumWeight(maxBytes)
                .weigher((MailDomain domain, CacheEntry remembered) -> (int) Math.max(
                        weight(domain, remembered.verdict()),
                        Math.min(Integer.MAX_VALUE, 1 + (maxBytes - 1) / settings.cacheSize())))
                .recordStats()
                .executor(Runnable::run) // maintenance costs less than handing it to another thread
                .build();
    }

    /** Whether recipients at some domain would be accepted without DNS, by a fresh or a stale verdict. */
    public boolean hasAcceptedDomains() {
        return verdicts.asMap().values().stream()
                .anyMatch(entry -> !entry.verdict().isDenial());
    }

    /** The cache of verdicts, for meters. */
    public Cache<MailDomain, ?> verdicts() {
        return verdicts;
    }

    /** The limit on nonexistent names below one registered domain, for meters. */
    public RandomSubdomainLimit randomSubdomains() {
        return randomSubdomains;
    }

    private static int weight(MailDomain domain, DomainVerdict verdict) {
        return BYTES_OF_AN_ENTRY
                + domain.name().length()
                + verdict.texts().stream()
                        .mapToInt(text -> BYTES_OF_A_TEXT + text.length())
                        .sum();
    }

    @Override
    public CompletionStage<DomainVerdict> verdict(MailDomain domain, ClientNetwork client) {
        Optional<CacheEntry> known =
                Optional.ofNullable(verdicts.getIfPresent(domain)).filter(this::holds);
        if (known.isEmpty()) {
            return isDenied(domain) ? CompletableFuture.completedFuture(NO_SUCH_DOMAIN) : ask(domain, client, known);
        }
        CacheEntry remembered = known.get();
        long age = ticker.read() - remembered.since();
        if (age >= timeToLiveNanos) {
            if (isDenied(domain)) {
                return CompletableFuture.completedFuture(NO_SUCH_DOMAIN);
            }
            return ask(domain, client, known)
                    .toCompletableFuture()
                    .copy()
                    .completeOnTimeout(new DomainVerdict.Unknown("slow"), STALE_WAIT.toMillis(), TimeUnit.MILLISECONDS)
                    .thenApply(fresh -> fresh.isKnown() ? fresh : useStale(domain, remembered.verdict()));
        }
        if (age >= timeToLiveNanos - timeToLiveNanos / REFRESH_SHARE) {
            ask(domain, client, known);
        }
        return CompletableFuture.completedFuture(remembered.verdict());
    }

    private boolean isDenied(MailDomain domain) {
        return nonexistent.denies(domain.name());
    }

    private boolean holds(CacheEntry remembered) {
        return !remembered.verdict().isDenial() || remembered.asked() - denialsHoldFrom >= 0;
    }

    /** Forgets every denial of DNS so far, and ignores denials in answers to lookups that are in flight. */
    public void forgetDenials() {
        nonexistent.forgetAll();
        denialsHoldFrom = ticker.read();
    }

    /** The number of cached verdicts. */
    long size() {
        verdicts.cleanUp();
        return verdicts.estimatedSize();
    }

    /** The weighed bytes of all cached verdicts. */
    public long bytes() {
        return verdicts.policy()
                .eviction()
                .flatMap(eviction -> eviction.weightedSize().stream().boxed().findFirst())
                .orElse(0L);
    }

    /** Domains with a lookup in flight. */
    int underWay() {
        return underWay.size();
    }

    /** Looks the domain up whether its verdict is cached or not, and caches the answer. */
    public CompletionStage<DomainVerdict> freshVerdict(MailDomain domain) {
        nonexistent.forget(domain.name());
        return ask(domain, ClientNetwork.OPERATOR, Optional.ofNullable(verdicts.getIfPresent(domain)))
                .toCompletableFuture()
                .copy();
    }

    /** All cached verdicts, in no order. */
    public Stream<CachedVerdict> memories() {
        return verdicts.asMap().entrySet().stream()
                .filter(entry -> holds(entry.getValue()))
                .map(entry -> memory(entry.getKey(), entry.getValue()));
    }

    /** The cached verdict on the domain. */
    public Optional<CachedVerdict> memory(MailDomain domain) {
        return Optional.ofNullable(verdicts.policy().getIfPresentQuietly(domain))
                .filter(this::holds)
                .map(remembered -> memory(domain, remembered));
    }

    private CachedVerdict memory(MailDomain domain, CacheEntry remembered) {
        long age = ticker.read() - remembered.since();
        return new CachedVerdict(domain, remembered.verdict(), Duration.ofNanos(age), age >= timeToLiveNanos);
    }

    /** Removes the domain and the denials above it from the cache, so that the next lookup queries DNS. */
    public void forget(MailDomain domain) {
        nonexistent.forget(domain.name());
        verdicts.invalidate(domain);
    }

    /** Empties the cache. */
    public void forgetAll() {
        nonexistent.forgetAll();
        verdicts.invalidateAll();
    }

    /** @param seen the cache entry at the time of the decision to look up */
    private CompletionStage<DomainVerdict> ask(MailDomain domain, ClientNetwork client, Optional<CacheEntry> seen) {
        CompletableFuture<DomainVerdict> answer = new CompletableFuture<>();
        CompletableFuture<DomainVerdict> earlier = underWay.putIfAbsent(domain, answer);
        if (earlier != null) {
            // The share of another client may be spent while this one's is not.
            return earlier.thenCompose(verdict -> verdict instanceof NotAsked
                    ? askOrigin(domain, client)
                    : CompletableFuture.completedFuture(verdict));
        }
        // Without counting a second miss of the same lookup.
        Optional<CacheEntry> now = Optional.ofNullable(verdicts.policy().getIfPresentQuietly(domain))
                .filter(this::holds);
        if (now.isPresent() && !now.equals(seen)) {
            // Another caller's lookup has ended since the first read of the cache.
            underWay.remove(domain, answer);
            answer.complete(now.get().verdict());
            return answer;
        }
        Background.whenDone(askOrigin(domain, client), (verdict, failure) -> {
            underWay.remove(domain, answer);
            answer.complete(verdict);
        });
        return answer;
    }

    /** Never fails, since a failure would leave the domain in flight for ever. */
    private CompletableFuture<DomainVerdict> askOrigin(MailDomain domain, ClientNetwork client) {
        if (!randomSubdomains.allows(domain, client)) {
            return CompletableFuture.completedFuture(new NotAsked());
        }
        long asked = ticker.read();
        CompletionStage<DomainVerdict> question;
        try {
            question = origin.verdict(domain, client);
        } catch (RuntimeException broken) {
            question = CompletableFuture.failedFuture(broken);
        }
        return question.handle((verdict, failure) -> {
                    DomainVerdict reached = failure == null ? verdict : new DomainVerdict.Unknown(failure.toString());
                    return reached.isKnown()
                            ? remember(domain, client, new CacheEntry(reached, asked, ticker.read()))
                            : reached;
                })
                .exceptionally(broken -> new DomainVerdict.Unknown(broken.toString()))
                .toCompletableFuture();
    }

    private DomainVerdict remember(MailDomain domain, ClientNetwork client, CacheEntry reached) {
        if (!holds(reached)) {
            // The server was found to lie after it was queried.
            return new DomainVerdict.Unknown("denied while DNS lied");
        }
        verdicts.put(domain, reached);
        if (reached.verdict().equals(NO_SUCH_DOMAIN)) {
            randomSubdomains.missed(domain, client);
            nonexistent.suspect(domain).ifPresent(parent -> verdict(parent, client));
        }
        return reached.verdict();
    }

    private DomainVerdict useStale(MailDomain domain, DomainVerdict stale) {
        staleListener.staleVerdictUsed(domain);
        return stale;
    }
}
