package io.relaypod.verdict;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.Reference;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;

import com.github.benmanes.caffeine.cache.Ticker;
import io.relaypod.address.DomainSet;
import io.relaypod.dns.ClientNetwork;
import io.relaypod.dns.DnsAnswer;
import io.relaypod.dns.DnsAnswer.MxRecords;
import io.relaypod.dns.DnsAnswer.NoSuchName;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.verdict.MxSettings.OnDnsFailure;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.Name;

/** A flood of names, all of them different, through all that stands before DNS. */
class MillionNamesTest {

    private static final int MILLION = 1_000_000;
    private static final int REMEMBERED = 10_000;
    private static final MxSettings SETTINGS = new MxSettings(
            Duration.ofHours(1),
            Duration.ofDays(1),
            REMEMBERED,
            256,
            OnDnsFailure.TRY_LATER,
            false,
            false,
            Optional.empty(),
            Optional.empty(),
            true,
            Optional.empty());

    // What a remembered name takes, in all caches; a name kept for ever takes some 200 bytes, so a million of them 200
    // MB.
    private static final long BYTES_OF_A_NAME = 1_000;

    private final NonexistentDomains nonexistent = new NonexistentDomains(SETTINGS, Ticker.systemTicker());
    private final DnsDomainCheck dns = new DnsDomainCheck(
            (name, type) -> CompletableFuture.completedFuture(answer(name)),
            nonexistent,
            SETTINGS,
            Ticker.systemTicker());
    private final BoundedDomainCheck bounded =
            new BoundedDomainCheck(dns, SETTINGS.maxInflight(), Duration.ofSeconds(2), MemoryBudget.ofThisProcess());
    private final CachedDomainCheck cached =
            new CachedDomainCheck(bounded, nonexistent, SETTINGS, Ticker.systemTicker(), domain -> {});
    private final RecipientRule rule = new RecipientRule(
            new ListedDomainCheck(cached, DomainSet::empty, DomainSet::empty),
            SETTINGS,
            ProviderSuggestions.of(SETTINGS));

    @Test
    void aMillionDistinctNamesLeaveTheHeapWhereItWas() {
        ask(REMEMBERED);
        long before = heapInUse();

        ask(MILLION);

        assertThat(cached.size()).isLessThanOrEqualTo(REMEMBERED);
        assertThat(nonexistent.size()).isLessThanOrEqualTo(REMEMBERED);
        assertThat(cached.underWay()).isZero();
        assertThat(bounded.underWay()).isZero();
        assertThat(heapInUse() - before).isLessThan(REMEMBERED * BYTES_OF_A_NAME);
        Reference.reachabilityFence(rule);
    }

    private void ask(int names) {
        int accepted = 0;
        String run = Long.toString(ThreadLocalRandom.current().nextLong(1L << 40), 36);
        for (int name = 0; name < names; name++) {
            // Of each kind some: names that do not exist, deep and not, and domains with mail.
            String domain = switch (name % 4) {
                case 0 -> "good" + run + name + ".example";
                case 1 -> "a" + run + ".b" + name + run + ".test";
                default -> "n" + run + name + ".test";
            };
            accepted += rule.answer("somebody", domain, ClientNetwork.OPERATOR)
                            .toCompletableFuture()
                            .join()
                            .isAccepted()
                    ? 1
                    : 0;
        }
        assertThat(accepted).isEqualTo(names / 4);
    }

    private static DnsAnswer answer(Name name) {
        return new Name(name, name.labels() - 2).toString().equals("example.")
                ? new MxRecords(List.of(name), List.of(), 1)
                : new NoSuchName(false);
    }

    private static long heapInUse() {
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 3; round++) {
            System.gc();
            least = Math.min(
                    least,
                    Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
        }
        return least;
    }
}
