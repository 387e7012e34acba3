package io.relaypod.verdict;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

import com.google.common.net.InetAddresses;
import io.relaypod.address.MailDomain;
import io.relaypod.dns.ClientNetwork;
import io.relaypod.dns.DnsAnswer;
import io.relaypod.dns.DnsAnswer.MxRecords;
import io.relaypod.dns.DnsAnswer.NoSuchName;
import io.relaypod.verdict.DomainVerdict.HasMx;
import io.relaypod.verdict.DomainVerdict.NoMailHost;
import io.relaypod.verdict.DomainVerdict.NotAsked;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.Name;

/** What does not exist, as the whole rule sees it: with the memory of verdicts before it and DNS behind it. */
class NonexistentDomainsTest {

    private static final long SECOND = Duration.ofSeconds(1).toNanos();
    private static final DomainVerdict NO_SUCH_DOMAIN = new NoMailHost(false);

    private final AtomicLong now = new AtomicLong();
    private final List<String> queries = new ArrayList<>();
    private final Set<String> existing = new HashSet<>();
    private final MxSettings settings = MxSettingsFixture.remembering(1_000);
    private final NonexistentDomains nonexistent = new NonexistentDomains(settings, now::get);
    private final CachedDomainCheck check = new CachedDomainCheck(
            new DnsDomainCheck(
                    (name, type) -> CompletableFuture.completedFuture(answer(name)), nonexistent, settings, now::get),
            nonexistent,
            settings,
            now::get,
            domain -> {});

    @Test
    void aDenialConcernsNoSibling() {
        existing.add("first.co.jp");
        assertThat(verdict("typo.co.jp")).isEqualTo(NO_SUCH_DOMAIN);

        assertThat(verdict("first.co.jp")).isInstanceOf(HasMx.class);
        assertThat(queries).containsExactly("typo.co.jp", "first.co.jp");
    }

    @Test
    void aPrivateZoneOfOneLabelIsNotDeniedAsAWhole() {
        existing.add("mail.office.lan");
        for (int typo = 0; typo < 20; typo++) {
            assertThat(verdict("typo" + typo + ".office.lan")).isEqualTo(NO_SUCH_DOMAIN);
        }
        existing.add("office.lan");
        now.addAndGet(SECOND);

        assertThat(verdict("mail.office.lan")).isInstanceOf(HasMx.class);
    }

    @Test
    void whatIsBelowADenialIsAskedForUntilSeveralNamesWereDenied() {
        existing.add("real.gone.test");
        verdict("gone.test");

        assertThat(verdict("real.gone.test")).isInstanceOf(HasMx.class);
        queries.clear();
        verdict("void.test");
        flood("void.test", 100);
        assertThat(queries).hasSize(1 + NonexistentDomains.MISSES);
    }

    @Test
    void inAFloodANameASecondIsAskedFor() {
        verdict("gone.test");
        flood("gone.test", 100);
        int before = queries.size();
        now.addAndGet(SECOND);
        existing.add("real.gone.test");

        assertThat(verdict("real.gone.test")).isInstanceOf(HasMx.class);
        assertThat(queries).hasSize(before + 1);
        assertThat(verdict("another.gone.test")).isEqualTo(NO_SUCH_DOMAIN);
        assertThat(queries).as("what is above a name that exists does exist").hasSize(before + 2);
    }

    @Test
    void aFloodOfNamesBelowADomainThatDoesNotExistCostsAFewQueries() {
        flood("fake.shop", 1_000);

        assertThat(queries).contains("fake.shop").hasSizeLessThan(3 * NonexistentDomains.MISSES);
    }

    @Test
    void aFloodOfNamesBelowADomainThatExistsCostsItsClientABudgetAndNoOtherClientAnything() {
        existing.add("real.shop");
        flood("real.shop", 1_000);
        assertThat(queries).hasSizeLessThan(RandomSubdomainLimit.BURST + 10);
        assertThat(verdict("one-more.real.shop")).isEqualTo(new NotAsked());
        assertThat(check.randomSubdomains().refusals()).isGreaterThan(1_000 - RandomSubdomainLimit.BURST - 10);

        existing.add("good.real.shop");
        assertThat(check.verdict(
                                new MailDomain("good.real.shop"),
                                ClientNetwork.at(InetAddresses.forString("192.0.2.1")))
                        .toCompletableFuture())
                .isCompletedWithValueMatching(HasMx.class::isInstance);
        now.addAndGet(SECOND);
        assertThat(verdict("next.real.shop")).isEqualTo(NO_SUCH_DOMAIN);
    }

    @Test
    void namesBelowAPublicSuffixHaveNoBudgetInCommon() {
        for (int name = 0; name < 1_000; name++) {
            assertThat(verdict("n" + name + ".co.jp")).isEqualTo(NO_SUCH_DOMAIN);
        }
        existing.add("first.co.jp");
        assertThat(verdict("first.co.jp")).isInstanceOf(HasMx.class);
    }

    @Test
    void denialsAreBoundedInBytes() {
        NonexistentDomains small = new NonexistentDomains(settings, 10_000, now::get);
        for (int name = 0; name < 1_000; name++) {
            small.learn("n" + name + "x".repeat(50) + ".test", new NoSuchName(false));
        }
        assertThat(small.size()).isBetween(10, 50);
    }

    @Test
    void theLimitsOfRandomSubdomainsAreBoundedInBytes() {
        RandomSubdomainLimit limit = new RandomSubdomainLimit(1_000, 10_000, now::get);
        ClientNetwork client = ClientNetwork.at(InetAddresses.forString("192.0.2.1"));
        for (int domain = 0; domain < 1_000; domain++) {
            limit.missed(new MailDomain("n." + "x".repeat(50) + domain + ".test"), client);
        }
        assertThat(limit.bytes()).isBetween(9_000L, 10_000L);
    }

    @Test
    void aNewDomainDoesNotEndTheLimitThatWasUsedLast() {
        RandomSubdomainLimit limit = new RandomSubdomainLimit(1_000, 1_000, now::get);
        MailDomain flooded = new MailDomain("n.flooded.test");
        for (int name = 0; name <= RandomSubdomainLimit.BURST; name++) {
            limit.missed(flooded, ClientNetwork.OPERATOR);
            limit.missed(new MailDomain("n.d" + name + ".test"), ClientNetwork.OPERATOR);
        }
        assertThat(limit.allows(flooded, ClientNetwork.OPERATOR)).isFalse();
    }

    @Test
    void whatIsBelowItIsCoveredForTheHourOfTheAnswerAndNoLonger() {
        verdict("gone.test");
        flood("gone.test", 10);
        now.addAndGet(Duration.ofMinutes(59).toNanos());
        queries.clear();
        assertThat(verdict("fresh.gone.test")).isEqualTo(NO_SUCH_DOMAIN);
        assertThat(verdict("a.gone.test")).isEqualTo(NO_SUCH_DOMAIN);
        existing.add("a.gone.test");
        now.addAndGet(Duration.ofMinutes(1).toNanos());

        assertThat(verdict("a.gone.test")).isInstanceOf(HasMx.class);
        assertThat(queries).containsExactly("fresh.gone.test", "a.gone.test");
    }

    @Test
    void inUseItIsAskedForAnewBeforeItsHourIsOver() {
        verdict("gone.test");
        existing.add("gone.test");
        now.addAndGet(Duration.ofMinutes(54).toNanos());

        verdict("gone.test");

        assertThat(queries).containsExactly("gone.test", "gone.test");
        assertThat(verdict("gone.test")).isInstanceOf(HasMx.class);
    }

    @Test
    void whatIsForgottenIsAskedForAgain() {
        verdict("gone.test");
        check.forget(new MailDomain("gone.test"));
        assertThat(verdict("gone.test")).isEqualTo(NO_SUCH_DOMAIN);
        assertThat(queries).containsExactly("gone.test", "gone.test");

        check.forget(new MailDomain("a.gone.test"));
        assertThat(verdict("a.gone.test")).isEqualTo(NO_SUCH_DOMAIN);
        assertThat(queries)
                .as("what covered it is forgotten too")
                .containsExactly("gone.test", "gone.test", "a.gone.test");

        check.forgetAll();
        assertThat(verdict("b.gone.test")).isEqualTo(NO_SUCH_DOMAIN);
        assertThat(queries).hasSize(4);
    }

    @Test
    void aFreshVerdictComesFromDns() {
        verdict("gone.test");
        verdict("a.gone.test");
        existing.add("a.gone.test");

        assertThat(check.freshVerdict(new MailDomain("a.gone.test")).toCompletableFuture())
                .isCompletedWithValueMatching(HasMx.class::isInstance);
        assertThat(verdict("a.gone.test")).isInstanceOf(HasMx.class);
        existing.add("b.gone.test");
        assertThat(verdict("b.gone.test"))
                .as("what is above a name that exists does exist")
                .isInstanceOf(HasMx.class);
    }

    private void flood(String below, int names) {
        for (int name = 0; name < names; name++) {
            assertThat(verdict("n" + name + "-" + queries.size() + "." + below)).isNotInstanceOf(HasMx.class);
        }
    }

    private DomainVerdict verdict(String domain) {
        return check.verdict(new MailDomain(domain), ClientNetwork.OPERATOR)
                .toCompletableFuture()
                .join();
    }

    private DnsAnswer answer(Name name) {
        String asked = name.toString(true);
        queries.add(asked);
        return existing.contains(asked) ? new MxRecords(List.of(name), List.of(), 1) : new NoSuchName(false);
    }
}
