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
import io.relaypod.verdict.DomainVerdict.NotAsked;

/**
 * Remembers verdicts. Simultaneous questions for one domain become one, an unknown verdict is never kept, and the
 * number of entries is bounded, and so are their bytes. Thread-safe.
 *
 * <p>A verdict that is asked for when a tenth of its time is left is asked for anew in the background, so that a domain
 * in use never waits. One that is past its time is kept on: when DNS fails, or does not answer within
 * {@link #STALE_WAIT}, it is used instead (RFC 8767).
 */
public final class CachedDomainCheck implements DomainCheck {

    /** How long a client waits for a fresh verdict while there is a stale one (RFC 8767 section 5). */
    static final Duration STALE_WAIT = Duration.ofMillis(1_800);

    // A tenth is minutes of an hour: long enough for every try at every server.
    private static final int REFRESH_SHARE = 10;

    // Of Caffeine's entry, its key and its value without their characters; measured with a full cache, and rounded up.
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

    /** Hears of each stale verdict that is used. */
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
     * What is remembered of a domain.
     *
     * @param age how long ago DNS said so
     * @param isStale whether it is past its time, and used only when DNS fails
     */
    public record CachedVerdict(MailDomain domain, DomainVerdict verdict, Duration age, boolean isStale) {}

    /**
     * @param origin asked for what is not remembered
     * @param nonexistent what DNS said of the names above; never remembered as a verdict, so that it ends with the
     *     answer it comes from
     * @param settings how long a verdict holds, how long it is kept for when DNS fails, and how many are remembered
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
                // Each is at least so heavy that no more than the number that is set have room.
                .maximumWeight(maxBytes)
                .weigher((MailDomain domain, CacheEntry remembered) -> (int) Math.max(
                        weight(domain, remembered.verdict()),
                        Math.min(Integer.MAX_VALUE, 1 + (maxBytes - 1) / settings.cacheSize())))
                .recordStats()
                .executor(Runnable::run) // what it has to tidy is less than handing it to another thread
                .build();
    }

    /** The verdicts that are remembered, for whoever counts them. */
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

    /**
     * Whatever DNS has denied until now is not believed any more; what it answers to questions that are under way is
     * not either.
     */
    public void forgetDenials() {
        nonexistent.forgetAll();
        denialsHoldFrom = ticker.read();
    }

    /** Verdicts that are remembered. */
    public long size() {
        verdicts.cleanUp();
        return verdicts.estimatedSize();
    }

    /** What the verdicts take, as they are weighed. */
    public long bytes() {
        return verdicts.policy()
                .eviction()
                .flatMap(eviction -> eviction.weightedSize().stream().boxed().findFirst())
                .orElse(0L);
    }

    /** Domains that are asked about now. */
    public int underWay() {
        return underWay.size();
    }

    /** Asks DNS whatever is remembered, and remembers the answer. */
    public CompletionStage<DomainVerdict> freshVerdict(MailDomain domain) {
        nonexistent.forget(domain.name());
        return ask(domain, ClientNetwork.OPERATOR, Optional.ofNullable(verdicts.getIfPresent(domain)))
                .copy();
    }

    /** What is remembered, in no order. */
    public Stream<CachedVerdict> memories() {
        return verdicts.asMap().entrySet().stream()
                .filter(entry -> holds(entry.getValue()))
                .map(entry -> memory(entry.getKey(), entry.getValue()));
    }

    /** What is remembered of the domain. */
    public Optional<CachedVerdict> memory(MailDomain domain) {
        return Optional.ofNullable(verdicts.policy().getIfPresentQuietly(domain))
                .filter(this::holds)
                .map(remembered -> memory(domain, remembered));
    }

    private CachedVerdict memory(MailDomain domain, CacheEntry remembered) {
        long age = ticker.read() - remembered.since();
        return new CachedVerdict(domain, remembered.verdict(), Duration.ofNanos(age), age >= timeToLiveNanos);
    }

    /** The next question about the domain goes to DNS, whatever is remembered of it or of the names above it. */
    public void forget(MailDomain domain) {
        nonexistent.forget(domain.name());
        verdicts.invalidate(domain);
    }

    /** Every next question goes to DNS. */
    public void forgetAll() {
        nonexistent.forgetAll();
        verdicts.invalidateAll();
    }

    /** @param seen what was remembered when it was decided to ask */
    private CompletableFuture<DomainVerdict> ask(MailDomain domain, ClientNetwork client, Optional<CacheEntry> seen) {
        CompletableFuture<DomainVerdict> answer = new CompletableFuture<>();
        CompletableFuture<DomainVerdict> earlier = underWay.putIfAbsent(domain, answer);
        if (earlier != null) {
            // That another client's share is spent says nothing of this one's.
            return earlier.thenCompose(verdict -> verdict instanceof NotAsked
                    ? askOrigin(domain, client)
                    : CompletableFuture.completedFuture(verdict));
        }
        // Not a second miss of the same question.
        Optional<CacheEntry> now = Optional.ofNullable(verdicts.policy().getIfPresentQuietly(domain))
                .filter(this::holds);
        if (now.isPresent() && !now.equals(seen)) {
            // Somebody else asked, and was answered, between our look and now.
            underWay.remove(domain, answer);
            answer.complete(now.get().verdict());
            return answer;
        }
        askOrigin(domain, client).whenComplete((verdict, failure) -> {
            underWay.remove(domain, answer);
            answer.complete(verdict);
        });
        return answer;
    }

    /** Never fails. Else the domain would be under way for ever. */
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
                .toCompletableFuture();
    }

    private DomainVerdict remember(MailDomain domain, ClientNetwork client, CacheEntry reached) {
        if (!holds(reached)) {
            // DNS was found to lie since it was asked.
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
