package io.relaypod.verdict;

import java.time.Duration;
import java.util.function.Supplier;

import com.github.benmanes.caffeine.cache.Ticker;
import io.relaypod.address.DomainSet;
import io.relaypod.dns.DnsLookup;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.verdict.CachedDomainCheck.StaleListener;

/**
 * Assembles the RCPT rule from its checks: for the server, which bounds and caches the DNS queries, and for
 * {@code check}, which queries DNS each time. Immutable.
 */
public final class RcptRuleAssembly {

    private final MxSettings settings;
    private final Ticker ticker;
    private final NonexistentDomains nonexistent;

    /** @param ticker measures how long an answer of DNS holds */
    public RcptRuleAssembly(MxSettings settings, Ticker ticker) {
        this.settings = settings;
        this.ticker = ticker;
        this.nonexistent = new NonexistentDomains(settings, ticker);
    }

    /** The names that DNS denied, shared by all checks of this assembly. */
    public NonexistentDomains nonexistent() {
        return nonexistent;
    }

    /** The check that queries DNS for each domain. */
    public DomainCheck dns(DnsLookup lookup) {
        return new DnsDomainCheck(lookup, nonexistent, settings, ticker);
    }

    /**
     * Bounds the queries to DNS.
     *
     * @param patience how long a domain waits for a place among them
     */
    public BoundedDomainCheck bounded(DomainCheck dns, Duration patience, MemoryBudget memory) {
        return new BoundedDomainCheck(dns, settings.maxInflight(), patience, memory);
    }

    /** Caches the verdicts of DNS. */
    public CachedDomainCheck cached(DomainCheck dns, StaleListener staleListener) {
        return new CachedDomainCheck(dns, nonexistent, settings, ticker, staleListener);
    }

    /**
     * Puts the checks that need no DNS before it: first the lists, then the names that have no mail host by definition.
     */
    public DomainCheck domains(DomainCheck dns, Supplier<DomainSet> allowed, Supplier<DomainSet> denied) {
        return new ListedDomainCheck(new SpecialUseDomainCheck(dns), allowed, denied);
    }

    public RecipientRule rule(DomainCheck domains) {
        return new RecipientRule(domains, settings, ProviderSuggestions.of(settings));
    }
}
