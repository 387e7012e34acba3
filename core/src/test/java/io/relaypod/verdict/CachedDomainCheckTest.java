package io.relaypod.verdict;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import com.google.common.net.InetAddresses;
import io.relaypod.address.MailDomain;
import io.relaypod.dns.ClientNetwork;
import io.relaypod.verdict.DomainVerdict.HasMx;
import io.relaypod.verdict.DomainVerdict.ImplicitMx;
import io.relaypod.verdict.DomainVerdict.NoMailHost;
import io.relaypod.verdict.DomainVerdict.NullMx;
import io.relaypod.verdict.DomainVerdict.Unknown;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CachedDomainCheckTest {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration DAY = Duration.ofDays(1);
    private static final MailDomain DOMAIN = new MailDomain("example.com");
    private static final DomainVerdict MX = new HasMx(List.of("mx.example.com"));

    private final AtomicLong now = new AtomicLong();
    private final Queue<MailDomain> staleUsed = new ConcurrentLinkedQueue<>();
    private final Queue<MailDomain> asked = new ConcurrentLinkedQueue<>();

    static List<DomainVerdict> knownVerdicts() {
        return List.of(
                MX, new ImplicitMx(List.of("192.0.2.1")), new NoMailHost(false), new NoMailHost(true), new NullMx());
    }

    @ParameterizedTest
    @MethodSource("knownVerdicts")
    void whatDnsSaidIsRememberedForAnHour(DomainVerdict verdict) {
        DomainCheck cached = cached(answering(verdict));

        assertThat(verdict(cached, DOMAIN)).isEqualTo(verdict);
        now.addAndGet(Duration.ofMinutes(54).minusNanos(1).toNanos());
        assertThat(verdict(cached, DOMAIN)).isEqualTo(verdict);
        assertThat(asked).hasSize(1);
    }

    @Test
    void afterTheHourDnsIsAskedAgainAndItsNewAnswerCounts() {
        DomainCheck cached =
                cached((domain, client) -> CompletableFuture.completedFuture(asked.size() == 1 ? MX : new NullMx()));
        verdict(cached, DOMAIN);
        now.addAndGet(HOUR.toNanos());

        assertThat(verdict(cached, DOMAIN)).isEqualTo(new NullMx());
        assertThat(asked).hasSize(2);
        assertThat(staleUsed).isEmpty();
    }

    @Test
    void aDomainInUseIsAskedAboutBeforeItsHourIsOverAndNobodyWaits() {
        CompletableFuture<DomainVerdict> refresh = new CompletableFuture<>();
        DomainCheck cached =
                cached((domain, client) -> asked.size() == 1 ? CompletableFuture.completedFuture(MX) : refresh);
        verdict(cached, DOMAIN);
        now.addAndGet(Duration.ofMinutes(54).toNanos());

        assertThat(cached.verdict(DOMAIN, ClientNetwork.OPERATOR).toCompletableFuture())
                .isCompletedWithValue(MX);
        assertThat(cached.verdict(DOMAIN, ClientNetwork.OPERATOR).toCompletableFuture())
                .isCompletedWithValue(MX);
        assertThat(asked).as("one refresh for all").hasSize(2);
        refresh.complete(new NullMx());
        assertThat(verdict(cached, DOMAIN)).isEqualTo(new NullMx());
    }

    @Test
    void aRefreshThatFailsLeavesTheVerdictAsItIs() {
        DomainCheck cached = cached((domain, client) ->
                CompletableFuture.completedFuture(asked.size() == 1 ? MX : new Unknown("SERVFAIL")));
        verdict(cached, DOMAIN);
        now.addAndGet(Duration.ofMinutes(55).toNanos());

        assertThat(verdict(cached, DOMAIN)).isEqualTo(MX);
        assertThat(verdict(cached, DOMAIN)).isEqualTo(MX);
        assertThat(staleUsed).isEmpty();
    }

    @Test
    void whenDnsFailsTheVerdictOfTheDayIsUsedAndSaidToBe() {
        DomainCheck cached = cached((domain, client) ->
                CompletableFuture.completedFuture(asked.size() == 1 ? MX : new Unknown("SERVFAIL")));
        verdict(cached, DOMAIN);
        now.addAndGet(DAY.minusNanos(1).toNanos());

        assertThat(verdict(cached, DOMAIN)).isEqualTo(MX);
        assertThat(staleUsed).containsExactly(DOMAIN);
        now.addAndGet(1);
        assertThat(verdict(cached, DOMAIN)).as("older than a day").isEqualTo(new Unknown("SERVFAIL"));
    }

    @Test
    void whenDnsDoesNotAnswerTheVerdictOfTheDayIsUsedInTime() {
        DomainCheck cached = cached((domain, client) ->
                asked.size() == 1 ? CompletableFuture.completedFuture(MX) : new CompletableFuture<>());
        verdict(cached, DOMAIN);
        now.addAndGet(HOUR.toNanos());

        CompletionStage<DomainVerdict> waiting = cached.verdict(DOMAIN, ClientNetwork.OPERATOR);
        assertThat(waiting.toCompletableFuture()).isNotDone();
        assertThat(waiting.toCompletableFuture())
                .succeedsWithin(CachedDomainCheck.STALE_WAIT.plusSeconds(5))
                .isEqualTo(MX);
        assertThat(staleUsed).containsExactly(DOMAIN);
    }

    @Test
    void theHourBeginsWithTheAnswer() {
        CompletableFuture<DomainVerdict> slow = new CompletableFuture<>();
        DomainCheck cached = cached((domain, client) -> slow);
        cached.verdict(DOMAIN, ClientNetwork.OPERATOR);
        now.addAndGet(HOUR.toNanos());
        slow.complete(MX);

        now.addAndGet(Duration.ofMinutes(54).minusNanos(1).toNanos());
        assertThat(verdict(cached, DOMAIN)).isEqualTo(MX);
        assertThat(asked).hasSize(1);
    }

    @Test
    void onlyAnAcceptedDomainThatIsStillCachedCanBeAcceptedWithoutDns() {
        CachedDomainCheck denying = cached(answering(new NullMx()), 10);
        verdict(denying, DOMAIN);
        assertThat(denying.hasAcceptedDomains()).isFalse();

        CachedDomainCheck accepting = cached(answering(MX), 10);
        assertThat(accepting.hasAcceptedDomains()).isFalse();
        verdict(accepting, DOMAIN);
        now.addAndGet(DAY.minusNanos(1).toNanos());
        assertThat(accepting.hasAcceptedDomains()).as("stale").isTrue();
        now.addAndGet(1);
        assertThat(accepting.hasAcceptedDomains()).as("a day later").isFalse();
    }

    @Test
    void anUnknownVerdictIsNeverRemembered() {
        DomainCheck cached = cached(answering(new Unknown("SERVFAIL")));

        assertThat(verdict(cached, DOMAIN)).isEqualTo(new Unknown("SERVFAIL"));
        assertThat(verdict(cached, DOMAIN)).isEqualTo(new Unknown("SERVFAIL"));
        assertThat(asked).hasSize(2);
    }

    @Test
    void anUnknownVerdictThatComesLateIsNotRememberedEither() {
        CompletableFuture<DomainVerdict> late = new CompletableFuture<>();
        DomainCheck cached = cached((domain, client) -> late);
        CompletionStage<DomainVerdict> first = cached.verdict(DOMAIN, ClientNetwork.OPERATOR);
        CompletionStage<DomainVerdict> second = cached.verdict(DOMAIN, ClientNetwork.OPERATOR);
        late.complete(new Unknown("timeout"));

        assertThat(first.toCompletableFuture()).isCompletedWithValue(new Unknown("timeout"));
        assertThat(second.toCompletableFuture()).isCompletedWithValue(new Unknown("timeout"));
        assertThat(asked).hasSize(1);
        cached.verdict(DOMAIN, ClientNetwork.OPERATOR);
        assertThat(asked).as("a question after the failure").hasSize(2);
    }

    @Test
    void whoeverHeardAnUnknownVerdictAndAsksAgainAtOnceIsNotToldTheOldOne() {
        CompletableFuture<DomainVerdict> late = new CompletableFuture<>();
        DomainCheck cached =
                cached((domain, client) -> asked.size() == 1 ? late : CompletableFuture.completedFuture(MX));
        CompletionStage<DomainVerdict> again = cached.verdict(DOMAIN, ClientNetwork.OPERATOR)
                .thenCompose(unknown -> cached.verdict(DOMAIN, ClientNetwork.OPERATOR));
        late.complete(new Unknown("timeout"));

        assertThat(again.toCompletableFuture())
                .succeedsWithin(Duration.ofSeconds(5))
                .isEqualTo(MX);
    }

    @Test
    void aFailureOfTheOriginIsUnknownAndNotRemembered() {
        DomainCheck cached = cached((domain, client) -> asked.size() == 1
                ? CompletableFuture.failedFuture(new IllegalStateException("a bug"))
                : CompletableFuture.completedFuture(MX));
        assertThat(verdict(cached, DOMAIN)).isInstanceOf(Unknown.class);

        assertThat(verdict(cached, DOMAIN)).isEqualTo(MX);
    }

    @Test
    void aHundredSimultaneousQuestionsAreOne() throws Exception {
        CompletableFuture<DomainVerdict> slow = new CompletableFuture<>();
        DomainCheck cached = cached((domain, client) -> slow);
        CountDownLatch go = new CountDownLatch(1);
        ExecutorService clients = Executors.newFixedThreadPool(100);
        try {
            List<Future<CompletionStage<DomainVerdict>>> questions = IntStream.range(0, 100)
                    .mapToObj(client -> clients.submit(() -> {
                        go.await();
                        return cached.verdict(DOMAIN, ClientNetwork.OPERATOR);
                    }))
                    .toList();
            go.countDown();
            for (Future<CompletionStage<DomainVerdict>> question : questions) {
                assertThat(question.get(10, TimeUnit.SECONDS).toCompletableFuture())
                        .as("nobody waits inside")
                        .isNotDone();
            }
            slow.complete(MX);
            for (Future<CompletionStage<DomainVerdict>> question : questions) {
                assertThat(question.get().toCompletableFuture()).isCompletedWithValue(MX);
            }
        } finally {
            clients.shutdownNow();
        }
        assertThat(asked).hasSize(1);
    }

    @Test
    void otherDomainsAreOtherQuestions() {
        DomainCheck cached = cached(answering(MX));
        verdict(cached, DOMAIN);
        verdict(cached, new MailDomain("www.example.com"));

        assertThat(asked).containsExactly(DOMAIN, new MailDomain("www.example.com"));
    }

    @Test
    void theNumberOfRememberedDomainsIsBounded() {
        DomainCheck cached = cached(answering(MX), 10);
        List<MailDomain> flood = IntStream.range(0, 1_000)
                .mapToObj(i -> new MailDomain("d" + i + ".example"))
                .toList();
        flood.forEach(domain -> verdict(cached, domain));
        assertThat(asked).hasSize(1_000);

        // Caffeine forgets on another thread, a moment later.
        Awaitility.await().untilAsserted(() -> {
            asked.clear();
            flood.forEach(domain -> verdict(cached, domain));
            assertThat(asked).hasSizeGreaterThanOrEqualTo(990);
        });
    }

    @Test
    void theVerdictsAreBoundedInBytes() {
        long bytes = 100_000;
        MxSettings settings = MxSettingsFixture.remembering(100_000);
        String host = "m".repeat(60) + ("." + "x".repeat(60)).repeat(3);
        CachedDomainCheck cached = new CachedDomainCheck(
                answering(new HasMx(List.of(host, host, host, host, host))),
                new NonexistentDomains(settings, now::get),
                settings,
                new VerdictCacheSize(bytes, bytes, bytes),
                now::get,
                staleUsed::add);
        IntStream.range(0, 1_000).forEach(i -> verdict(cached, new MailDomain("d" + i + ".example")));

        assertThat(cached.size()).isBetween(10L, bytes / (5 * host.length()));
        assertThat(cached.bytes()).isLessThanOrEqualTo(bytes);
    }

    @Test
    void whatWasDeniedBeforeItWasFoundToBeALieIsAskedForAgain() {
        CachedDomainCheck cached = (CachedDomainCheck) cached(answering(new NoMailHost(false)));
        CompletableFuture<DomainVerdict> underWay = new CompletableFuture<>();
        CachedDomainCheck slow = (CachedDomainCheck) cached((domain, client) -> underWay);
        verdict(cached, DOMAIN);
        CompletionStage<DomainVerdict> late = slow.verdict(DOMAIN, ClientNetwork.OPERATOR);
        now.addAndGet(1);
        cached.forgetDenials();
        slow.forgetDenials();
        underWay.complete(new NoMailHost(false));

        assertThat(late.toCompletableFuture()).isCompletedWithValueMatching(Unknown.class::isInstance);
        asked.clear();
        assertThat(cached.memory(DOMAIN)).isEmpty();
        verdict(cached, DOMAIN);
        assertThat(asked).hasSize(1);
        verdict(cached, DOMAIN);
        assertThat(asked).hasSize(1);
    }

    @Test
    void aQuestionOfAnotherClientThatWasNotAskedIsAskedForThisOne() {
        CompletableFuture<DomainVerdict> first = new CompletableFuture<>();
        DomainCheck cached =
                cached((domain, client) -> asked.size() == 1 ? first : CompletableFuture.completedFuture(MX));
        cached.verdict(DOMAIN, ClientNetwork.at(InetAddresses.forString("192.0.2.66")));
        CompletionStage<DomainVerdict> second =
                cached.verdict(DOMAIN, ClientNetwork.at(InetAddresses.forString("192.0.2.1")));
        first.complete(new DomainVerdict.NotAsked());

        assertThat(second.toCompletableFuture()).isCompletedWithValue(MX);
    }

    @Test
    void anOriginThatThrowsDoesNotBlockItsDomainForEver() {
        DomainCheck cached = cached((domain, client) -> {
            if (asked.size() == 1) {
                throw new IllegalStateException("broken");
            }
            return CompletableFuture.completedFuture(MX);
        });

        assertThat(verdict(cached, DOMAIN)).isInstanceOf(Unknown.class);
        assertThat(verdict(cached, DOMAIN)).isEqualTo(MX);
    }

    private DomainCheck cached(DomainCheck origin) {
        return cached(origin, 1_000);
    }

    private CachedDomainCheck cached(DomainCheck origin, long maxEntries) {
        MxSettings settings = MxSettingsFixture.remembering(maxEntries);
        return new CachedDomainCheck(
                counting(origin), new NonexistentDomains(settings, now::get), settings, now::get, staleUsed::add);
    }

    private DomainCheck counting(DomainCheck origin) {
        return (domain, client) -> {
            asked.add(domain);
            return origin.verdict(domain, client);
        };
    }

    private static DomainCheck answering(DomainVerdict verdict) {
        return (domain, client) -> CompletableFuture.completedFuture(verdict);
    }

    private static DomainVerdict verdict(DomainCheck check, MailDomain domain) {
        return check.verdict(domain, ClientNetwork.OPERATOR)
                .toCompletableFuture()
                .join();
    }
}
