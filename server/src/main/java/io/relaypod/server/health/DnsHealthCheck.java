package io.relaypod.server.health;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;

import org.apache.james.core.healthcheck.ComponentName;
import org.apache.james.core.healthcheck.HealthCheck;
import org.apache.james.core.healthcheck.Result;
import org.reactivestreams.Publisher;
import org.xbill.DNS.DClass;
import org.xbill.DNS.ExtendedResolver;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Resolver;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.Type;

import com.github.benmanes.caffeine.cache.Ticker;

import io.relaypod.domain.CachedDomainCheck.StaleListener;
import io.relaypod.domain.DnsSettings;
import io.relaypod.domain.LookupListener;
import io.relaypod.domain.MailDomain;
import io.relaypod.domain.MxSettings.OnDnsFailure;
import reactor.core.publisher.Mono;

/**
 * Whether DNS answers. Recipients' domains say so while there are some; else the servers are asked for the root's name servers, at most
 * every ten seconds, as a domain that fails may be that domain's fault. Degraded, so still ready, when what is remembered stands in, or
 * when the admin accepts recipients unchecked. Thread-safe.
 */
public final class DnsHealthCheck implements HealthCheck, LookupListener, StaleListener {

    private static final ComponentName NAME = new ComponentName("DNS");

    private static final long FRESH = Duration.ofMinutes(1).toNanos();
    private static final long PROBE_EVERY = Duration.ofSeconds(10).toNanos();

    private final DnsSettings settings;
    private final OnDnsFailure onDnsFailure;
    private final Ticker ticker;
    private final Resolver servers;
    private final AtomicReference<Probe> lastProbe;
    private volatile long lastAnswer;
    private volatile long lastStale;

    private record Probe(long at, CompletableFuture<Boolean> isAnswered) {
    }

    /**
     * @param settings     the servers, and how long one has to answer
     * @param onDnsFailure what happens to recipients meanwhile
     */
    public DnsHealthCheck(DnsSettings settings, OnDnsFailure onDnsFailure, Ticker ticker) {
        this.settings = settings;
        this.onDnsFailure = onDnsFailure;
        this.ticker = ticker;
        ExtendedResolver all = new ExtendedResolver(settings.servers().stream().map(server -> server(server, settings)).toArray(Resolver[]::new));
        all.setRetries(1);
        all.setTimeout(settings.timeout().multipliedBy(settings.servers().size()));
        this.servers = all;
        this.lastAnswer = longAgo();
        this.lastStale = longAgo();
        this.lastProbe = new AtomicReference<>(new Probe(longAgo(), CompletableFuture.completedFuture(false)));
    }

    private static Resolver server(InetSocketAddress address, DnsSettings settings) {
        SimpleResolver server = new SimpleResolver(address);
        server.setTimeout(settings.timeout());
        return server;
    }

    private long longAgo() {
        return ticker.read() - FRESH;
    }

    @Override
    public void lookedUp(String type, Outcome outcome, Duration took) {
        if (outcome.isAnswer()) {
            lastAnswer = ticker.read();
        }
    }

    @Override
    public void staleVerdictUsed(MailDomain domain) {
        lastStale = ticker.read();
    }

    @Override
    public ComponentName componentName() {
        return NAME;
    }

    @Override
    public Publisher<Result> check() {
        return Mono.defer(() -> isFresh(lastAnswer) ? Mono.just(Result.healthy(NAME)) : Mono.fromFuture(probe()).map(this::result));
    }

    private boolean isFresh(long time) {
        return ticker.read() - time < FRESH;
    }

    private Result result(boolean isAnswered) {
        if (isAnswered) {
            return Result.healthy(NAME);
        }
        String asked = settings.servers().stream().map(server -> server.getAddress().getHostAddress() + ":" + server.getPort())
            .collect(Collectors.joining(", "));
        if (isFresh(lastStale)) {
            return Result.degraded(NAME, "no answer from " + asked + "; remembered verdicts are used");
        }
        return onDnsFailure == OnDnsFailure.ACCEPT
            ? Result.degraded(NAME, "no answer from " + asked + "; recipients are accepted unchecked")
            : Result.unhealthy(NAME, "no answer from " + asked);
    }

    private CompletableFuture<Boolean> probe() {
        Probe last = lastProbe.get();
        if (ticker.read() - last.at() < PROBE_EVERY || !last.isAnswered().isDone()) {
            return last.isAnswered().copy();
        }
        Probe next = new Probe(ticker.read(), new CompletableFuture<>());
        if (!lastProbe.compareAndSet(last, next)) {
            return lastProbe.get().isAnswered().copy();
        }
        servers.sendAsync(Message.newQuery(Record.newRecord(Name.root, Type.NS, DClass.IN)))
            .handle((answer, failure) -> failure == null && answer.getRcode() != Rcode.SERVFAIL)
            .thenAccept(next.isAnswered()::complete);
        return next.isAnswered().copy();
    }
}
