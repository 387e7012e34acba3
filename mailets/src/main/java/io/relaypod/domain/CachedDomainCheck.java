package io.relaypod.domain;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;

/**
 * Remembers verdicts. Simultaneous questions for one domain become one, an unknown verdict is never kept, and the number
 * of entries is bounded. Thread-safe.
 */
public final class CachedDomainCheck implements DomainCheck {

    private final DomainCheck origin;
    private final AsyncCache<MailDomain, DomainVerdict> verdicts;

    /**
     * @param origin     asked for what is not remembered
     * @param timeToLive how long a verdict holds
     * @param maxEntries how many domains are remembered; beyond it the least useful are forgotten
     * @param ticker     the clock
     */
    public CachedDomainCheck(DomainCheck origin, Duration timeToLive, long maxEntries, Ticker ticker) {
        this.origin = origin;
        this.verdicts = Caffeine.newBuilder()
            .ticker(ticker)
            .expireAfterWrite(timeToLive)
            .maximumSize(maxEntries)
            .buildAsync();
    }

    @Override
    public CompletionStage<DomainVerdict> verdict(MailDomain domain) {
        CompletableFuture<DomainVerdict> verdict =
            verdicts.get(domain, (asked, executor) -> origin.verdict(asked).toCompletableFuture());
        verdict.thenAccept(known -> {
            if (!known.isKnown()) {
                verdicts.asMap().remove(domain, verdict);
            }
        });
        return verdict;
    }
}
