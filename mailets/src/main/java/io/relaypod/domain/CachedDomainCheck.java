package io.relaypod.domain;

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

/**
 * Remembers verdicts. Simultaneous questions for one domain become one, an unknown verdict is never kept, and the number of entries is
 * bounded. Thread-safe.
 *
 * <p>A verdict that is asked for when a tenth of its time is left is asked for anew in the background, so that a domain in use never
 * waits. One that is past its time is kept on: when DNS fails, or does not answer within {@link #STALE_WAIT}, it is used instead
 * (RFC 8767).
 */
public final class CachedDomainCheck implements DomainCheck {

    /** How long a client waits for a fresh verdict while there is a stale one (RFC 8767 section 5). */
    static final Duration STALE_WAIT = Duration.ofMillis(1_800);

    // A tenth is minutes of an hour: long enough for every try at every server.
    private static final int REFRESH_SHARE = 10;

    private static final DomainVerdict NO_SUCH_DOMAIN = new DomainVerdict.NoMailHost(false);

    private final DomainCheck origin;
    private final NonexistentDomains nonexistent;
    private final long timeToLiveNanos;
    private final Ticker ticker;
    private final Cache<MailDomain, Remembered> verdicts;
    private final ConcurrentMap<MailDomain, CompletableFuture<DomainVerdict>> underWay = new ConcurrentHashMap<>();
    private final StaleListener staleListener;

    /** Hears of each stale verdict that is used. */
    @FunctionalInterface
    public interface StaleListener {
        void staleVerdictUsed(MailDomain domain);
    }

    private record Remembered(DomainVerdict verdict, long since) {
    }

    /**
     * What is remembered of a domain.
     *
     * @param age     how long ago DNS said so
     * @param isStale whether it is past its time, and used only when DNS fails
     */
    public record Memory(MailDomain domain, DomainVerdict verdict, Duration age, boolean isStale) {
    }

    /**
     * @param origin      asked for what is not remembered
     * @param nonexistent what DNS said of the names above; never remembered as a verdict, so that it ends with the answer it comes from
     * @param settings    how long a verdict holds, how long it is kept for when DNS fails, and how many are remembered
     * @param ticker      the clock
     */
    public CachedDomainCheck(DomainCheck origin, NonexistentDomains nonexistent, MxSettings settings, Ticker ticker,
                             StaleListener staleListener) {
        this.origin = origin;
        this.nonexistent = nonexistent;
        this.timeToLiveNanos = settings.cacheTtl().toNanos();
        this.ticker = ticker;
        this.staleListener = staleListener;
        this.verdicts = Caffeine.newBuilder()
            .ticker(ticker)
            .expireAfterWrite(settings.staleTtl().compareTo(settings.cacheTtl()) < 0 ? settings.cacheTtl() : settings.staleTtl())
            .maximumSize(settings.cacheSize())
            .recordStats()
            .executor(Runnable::run) // what it has to tidy is less than handing it to another thread
            .build();
    }

    /** The verdicts that are remembered, for whoever counts them. */
    public Cache<MailDomain, ?> verdicts() {
        return verdicts;
    }

    @Override
    public CompletionStage<DomainVerdict> verdict(MailDomain domain) {
        Remembered remembered = verdicts.getIfPresent(domain);
        if (remembered == null) {
            return nonexistent.contains(domain.name()) ? CompletableFuture.completedFuture(NO_SUCH_DOMAIN) : ask(domain, Optional.empty());
        }
        long age = ticker.read() - remembered.since();
        if (age >= timeToLiveNanos) {
            if (nonexistent.contains(domain.name())) {
                return CompletableFuture.completedFuture(NO_SUCH_DOMAIN);
            }
            return ask(domain, Optional.of(remembered)).copy()
                .completeOnTimeout(new DomainVerdict.Unknown("slow"), STALE_WAIT.toMillis(), TimeUnit.MILLISECONDS)
                .thenApply(fresh -> fresh.isKnown() ? fresh : useStale(domain, remembered.verdict()));
        }
        if (age >= timeToLiveNanos - timeToLiveNanos / REFRESH_SHARE) {
            ask(domain, Optional.of(remembered));
        }
        return CompletableFuture.completedFuture(remembered.verdict());
    }

    /** Verdicts that are remembered. */
    public long size() {
        verdicts.cleanUp();
        return verdicts.estimatedSize();
    }

    /** Domains that are asked about now. */
    public int underWay() {
        return underWay.size();
    }

    /** Asks DNS whatever is remembered, and remembers the answer. */
    public CompletionStage<DomainVerdict> freshVerdict(MailDomain domain) {
        nonexistent.forget(domain.name());
        return ask(domain, Optional.ofNullable(verdicts.getIfPresent(domain))).copy();
    }

    /** What is remembered, in no order. */
    public Stream<Memory> memories() {
        return verdicts.asMap().entrySet().stream().map(entry -> memory(entry.getKey(), entry.getValue()));
    }

    /** What is remembered of the domain. */
    public Optional<Memory> memory(MailDomain domain) {
        return Optional.ofNullable(verdicts.policy().getIfPresentQuietly(domain)).map(remembered -> memory(domain, remembered));
    }

    private Memory memory(MailDomain domain, Remembered remembered) {
        long age = ticker.read() - remembered.since();
        return new Memory(domain, remembered.verdict(), Duration.ofNanos(age), age >= timeToLiveNanos);
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

    /**
     * @param seen what was remembered when it was decided to ask
     */
    private CompletableFuture<DomainVerdict> ask(MailDomain domain, Optional<Remembered> seen) {
        CompletableFuture<DomainVerdict> answer = new CompletableFuture<>();
        CompletableFuture<DomainVerdict> earlier = underWay.putIfAbsent(domain, answer);
        if (earlier != null) {
            return earlier;
        }
        // Not a second miss of the same question.
        Optional<Remembered> now = Optional.ofNullable(verdicts.policy().getIfPresentQuietly(domain));
        if (now.isPresent() && !now.equals(seen)) {
            // Somebody else asked, and was answered, between our look and now.
            underWay.remove(domain, answer);
            answer.complete(now.get().verdict());
            return answer;
        }
        askOrigin(domain).whenComplete((verdict, failure) -> {
            DomainVerdict reached = failure == null ? verdict : new DomainVerdict.Unknown(failure.toString());
            if (reached.isKnown()) {
                verdicts.put(domain, new Remembered(reached, ticker.read()));
            }
            underWay.remove(domain, answer);
            answer.complete(reached);
        });
        return answer;
    }

    private CompletionStage<DomainVerdict> askOrigin(MailDomain domain) {
        try {
            return origin.verdict(domain);
        } catch (RuntimeException broken) {
            // Else the domain would be under way for ever.
            return CompletableFuture.failedFuture(broken);
        }
    }

    private DomainVerdict useStale(MailDomain domain, DomainVerdict stale) {
        staleListener.staleVerdictUsed(domain);
        return stale;
    }
}
