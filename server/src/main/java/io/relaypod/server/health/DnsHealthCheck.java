package io.relaypod.server.health;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

import com.github.benmanes.caffeine.cache.Ticker;
import io.relaypod.address.MailDomain;
import io.relaypod.dns.DnsFailover;
import io.relaypod.dns.DnsFailover.DnsServerReport;
import io.relaypod.dns.DnsServerListener;
import io.relaypod.dns.LookupListener;
import io.relaypod.threads.Background;
import io.relaypod.verdict.CachedDomainCheck.StaleListener;
import io.relaypod.verdict.MxSettings.OnDnsFailure;
import org.apache.james.core.healthcheck.ComponentName;
import org.apache.james.core.healthcheck.HealthCheck;
import org.apache.james.core.healthcheck.Result;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Checks whether DNS answers and can be believed. Lookups of recipients' domains show it. Without them, or after
 * several failures in a row, the servers are probed, at most every ten seconds. The result is degraded, and so the
 * relay ready, if there are cached verdicts, if recipients are accepted unchecked, or if only some servers are usable.
 * Logs when no server is usable any more, and when one is usable again. Thread-safe.
 */
public final class DnsHealthCheck implements HealthCheck, LookupListener, StaleListener, DnsServerListener {

    private static final Logger LOGGER = LoggerFactory.getLogger(DnsHealthCheck.class);
    private static final ComponentName NAME = new ComponentName("DNS");

    private static final long FRESH = Duration.ofMinutes(1).toNanos();
    private static final Duration PROBE_EVERY = Duration.ofSeconds(10);
    // A single failure may be due to the servers of the domain.
    private static final int FAILURES_IN_A_ROW = 5;

    private final DnsFailover servers;
    private final OnDnsFailure onDnsFailure;
    private final Ticker ticker;
    private final AtomicReference<DnsProbe> lastProbe;
    private final AtomicInteger failuresInARow = new AtomicInteger();
    private final Availability availability;
    private volatile BooleanSupplier cachedVerdicts = () -> false;
    private volatile long lastAnswer;
    private volatile long lastStale;

    private record DnsProbe(long at, CompletableFuture<List<DnsServerReport>> reports) {}

    /** @param onDnsFailure what happens to recipients while there is no answer */
    public DnsHealthCheck(DnsFailover servers, OnDnsFailure onDnsFailure, Ticker ticker) {
        this(servers, onDnsFailure, ticker, Clock.systemUTC());
    }

    DnsHealthCheck(DnsFailover servers, OnDnsFailure onDnsFailure, Ticker ticker, Clock clock) {
        this.availability = new Availability(clock);
        this.servers = servers;
        this.onDnsFailure = onDnsFailure;
        this.ticker = ticker;
        this.lastAnswer = longAgo();
        this.lastStale = longAgo();
        this.lastProbe = new AtomicReference<>(new DnsProbe(longAgo(), CompletableFuture.completedFuture(List.of())));
    }

    private long longAgo() {
        return ticker.read() - FRESH;
    }

    /** Whether a server was usable at the last observation. */
    public boolean isUp() {
        return availability.isAvailable();
    }

    /** @param cached whether recipients at some domain are accepted without DNS */
    public void answerFrom(BooleanSupplier cached) {
        this.cachedVerdicts = cached;
    }

    @Override
    public void lookedUp(String type, LookupOutcome outcome, Duration took) {
        if (outcome.isAnswer()) {
            failuresInARow.set(0);
            lastAnswer = ticker.read();
        } else if (failuresInARow.incrementAndGet() >= FAILURES_IN_A_ROW) {
            probe();
        }
    }

    @Override
    public void staleVerdictUsed(MailDomain domain) {
        lastStale = ticker.read();
    }

    @Override
    public void distrusted(InetSocketAddress server, String denied) {
        lastAnswer = longAgo();
        probe(0);
    }

    @Override
    public void trustedAgain(InetSocketAddress server) {
        probe(0);
    }

    @Override
    public void answersWithoutEdns(InetSocketAddress server) {
        // the server is usable
    }

    @Override
    public void redirectsNonexistent(InetSocketAddress server, Set<InetAddress> addresses) {
        // only the redirect addresses are ignored; other answers of the server are used
    }

    @Override
    public ComponentName componentName() {
        return NAME;
    }

    @Override
    public Publisher<Result> check() {
        return Mono.defer(() -> {
            if (!servers.isStarted()) {
                return Mono.just(Result.unhealthy(NAME, "not started yet"));
            }
            return isKnownHealthy()
                    ? Mono.just(Result.healthy(NAME))
                    : Mono.fromFuture(probe().toCompletableFuture()).map(this::result);
        });
    }

    private boolean isKnownHealthy() {
        return isUp()
                && isFresh(lastAnswer)
                && failuresInARow.get() < FAILURES_IN_A_ROW
                && servers.distrusted() + servers.redirecting() == 0;
    }

    private boolean isFresh(long time) {
        return ticker.read() - time < FRESH;
    }

    private static boolean isUsable(List<DnsServerReport> reports) {
        return reports.stream().anyMatch(DnsServerReport::isUsable);
    }

    private static String words(List<DnsServerReport> reports) {
        return reports.stream()
                .map(DnsServerReport::words)
                .filter(words -> !words.isEmpty())
                .collect(Collectors.joining("; "));
    }

    private Result result(List<DnsServerReport> reports) {
        String words = words(reports);
        if (isUsable(reports)) {
            return words.isEmpty() ? Result.healthy(NAME) : Result.degraded(NAME, words);
        }
        words +=
                availability.unavailableSince().map(since -> ", since " + since).orElse("");
        // A relay that is not ready gets no connection, so its cached verdicts would help nobody.
        if (isFresh(lastStale) || cachedVerdicts.getAsBoolean()) {
            return Result.degraded(NAME, words + "; cached verdicts are used");
        }
        return onDnsFailure == OnDnsFailure.ACCEPT
                ? Result.degraded(NAME, words + "; recipients are accepted unchecked")
                : Result.unhealthy(NAME, words);
    }

    private CompletionStage<List<DnsServerReport>> probe() {
        return probe(PROBE_EVERY.toNanos());
    }

    private CompletionStage<List<DnsServerReport>> probe(long every) {
        DnsProbe last = lastProbe.get();
        if (ticker.read() - last.at() < every || !last.reports().isDone()) {
            return last.reports().minimalCompletionStage();
        }
        DnsProbe next = new DnsProbe(ticker.read(), new CompletableFuture<>());
        if (!lastProbe.compareAndSet(last, next)) {
            return lastProbe.get().reports().minimalCompletionStage();
        }
        Background.whenDone(servers.check(), (reports, failure) -> {
            try {
                logChange(reports);
            } finally {
                next.reports().complete(reports);
            }
        });
        return next.reports().minimalCompletionStage();
    }

    private void logChange(List<DnsServerReport> reports) {
        if (isUsable(reports)) {
            failuresInARow.set(0);
            availability.returned().ifPresent(outage -> LOGGER.info("event=dns-back after={}s", outage.toSeconds()));
            return;
        }
        availability
                .lost()
                .ifPresent(since -> LOGGER.warn("event=dns-away reason=\"{}\" since={}", words(reports), since));
        // Probes again until a server is usable, without lookups too.
        CompletableFuture.delayedExecutor(PROBE_EVERY.toMillis() + 1, TimeUnit.MILLISECONDS)
                .execute(this::probe);
    }
}
