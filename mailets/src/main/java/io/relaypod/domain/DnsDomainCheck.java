package io.relaypod.domain;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.ExtendedResolver;
import org.xbill.DNS.MXRecord;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Resolver;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;
import org.xbill.DNS.lookup.LookupResult;
import org.xbill.DNS.lookup.LookupSession;
import org.xbill.DNS.lookup.NoSuchDomainException;

import com.github.benmanes.caffeine.cache.Ticker;

import io.relaypod.domain.DomainVerdict.HasMx;
import io.relaypod.domain.DomainVerdict.ImplicitMx;
import io.relaypod.domain.DomainVerdict.NoMailHost;
import io.relaypod.domain.DomainVerdict.NullMx;
import io.relaypod.domain.DomainVerdict.Unknown;
import io.relaypod.domain.DomainVerdict.UnreachableMx;

/**
 * Asks DNS for a domain's MX records and, where there are none, for its addresses (RFC 5321 section 5.1).
 *
 * <p>A domain that does not exist costs one query; one without MX records costs three, the last two in parallel. Names are
 * absolute, so no search domain applies, and CNAMEs are followed. Thread-safe; no thread waits for an answer.
 */
public final class DnsDomainCheck implements DomainCheck {

    // More than anybody's real mail has; a domain with so many is not refused for the rest.
    private static final int MAX_VERIFIED_TARGETS = 10;
    private static final String TIMEOUT = "timeout";

    private final LookupSession lookups;
    private final Duration longestWait;
    private final NonexistentDomains nonexistent;
    private final boolean verifyTargets;
    private final LookupListener listener;

    /**
     * @param settings servers, timeout and tries
     * @param mx       whether mail exchangers are looked up too, and how much of what does not exist is remembered
     * @param ticker   the clock
     * @param executor where answers are parsed and their consumers run; they do not block
     * @param listener hears of every question
     */
    public DnsDomainCheck(DnsSettings settings, MxSettings mx, Ticker ticker, Executor executor, LookupListener listener) {
        this.listener = listener;
        this.nonexistent = new NonexistentDomains(mx.cacheTtl(), mx.cacheSize(), ticker);
        this.verifyTargets = mx.verifyTargets();
        DnsSockets sockets = new DnsSockets();
        ExtendedResolver servers = new Servers(settings.servers().stream()
            .map(server -> withTimeout(new UsableAnswerResolver(server, nonexistent, sockets), settings))
            .toList());
        servers.setRetries(settings.tries());
        servers.setTimeout(settings.longestWait());
        // No cache and no hosts file: verdicts are cached, not records, and mail is not routed by /etc/hosts.
        this.lookups = LookupSession.builder().resolver(servers).executor(executor).build();
        // MX, then the addresses of the domain or of its exchangers; the resolver keeps to it by itself, this is the last line of defence.
        this.longestWait = settings.longestWait().multipliedBy(2).plusSeconds(1);
    }

    private static Resolver withTimeout(UsableAnswerResolver server, DnsSettings settings) {
        server.setTimeout(settings.timeout());
        return server;
    }

    @Override
    public CompletionStage<DomainVerdict> verdict(MailDomain domain) {
        Name name = domain.absolute();
        if (nonexistent.contains(name)) {
            return done(new NoMailHost(false));
        }
        return ask(name, Type.MX).thenCompose(answer -> verdict(name, answer)).toCompletableFuture()
            .completeOnTimeout(new Unknown(TIMEOUT), longestWait.toMillis(), TimeUnit.MILLISECONDS)
            .exceptionally(failure -> new Unknown(reason(failure)));
    }

    private CompletionStage<DomainVerdict> verdict(Name name, Answer answer) {
        if (answer instanceof Answer.Found found) {
            DomainVerdict byMx = byMx(found.result());
            return verifyTargets && byMx instanceof HasMx mx ? verified(mx, found.result()) : done(byMx);
        }
        if (answer instanceof Answer.NoData) {
            return byAddress(name);
        }
        return done(answer instanceof Answer.Failed failed ? new Unknown(failed.reason()) : new NoMailHost(false));
    }

    private static DomainVerdict byMx(LookupResult result) {
        List<String> exchangers = result.getRecords().stream()
            .map(MXRecord.class::cast)
            .sorted(Comparator.comparingInt(MXRecord::getPriority))
            .map(MXRecord::getTarget)
            .filter(target -> !target.equals(Name.root))
            .map(target -> target.toString(true))
            .toList();
        return exchangers.isEmpty() ? new NullMx() : new HasMx(exchangers);
    }

    /** Refuses only when every exchanger was looked up and none can be reached. */
    private CompletionStage<DomainVerdict> verified(HasMx mx, LookupResult result) {
        List<CompletableFuture<Optional<Boolean>>> reachable = result.getRecords().stream()
            .map(MXRecord.class::cast)
            .map(MXRecord::getTarget)
            .limit(MAX_VERIFIED_TARGETS)
            .map(target -> isReachable(target).toCompletableFuture())
            .toList();
        return CompletableFuture.allOf(reachable.toArray(CompletableFuture[]::new)).thenApply(all ->
            mx.exchangers().size() <= MAX_VERIFIED_TARGETS
                && reachable.stream().map(CompletableFuture::join).allMatch(Optional.of(false)::equals)
                ? new UnreachableMx(mx.exchangers()) : mx);
    }

    /** @return empty when DNS does not say */
    private CompletionStage<Optional<Boolean>> isReachable(Name host) {
        return ask(host, Type.A).thenCombine(ask(host, Type.AAAA), (a, aaaa) -> {
            if (Stream.of(a, aaaa).flatMap(DnsDomainCheck::inetAddresses).anyMatch(RoutableAddress::isRoutable)) {
                return Optional.of(true);
            }
            return a instanceof Answer.Failed || aaaa instanceof Answer.Failed ? Optional.<Boolean>empty() : Optional.of(false);
        });
    }

    private CompletionStage<DomainVerdict> byAddress(Name name) {
        return ask(name, Type.A).thenCombine(ask(name, Type.AAAA), (a, aaaa) -> {
            List<String> addresses = Stream.of(a, aaaa).flatMap(DnsDomainCheck::inetAddresses).map(InetAddress::getHostAddress).toList();
            if (!addresses.isEmpty()) {
                return new ImplicitMx(addresses);
            }
            return Stream.of(a, aaaa)
                .filter(Answer.Failed.class::isInstance)
                .map(Answer.Failed.class::cast)
                .findFirst()
                .<DomainVerdict>map(failed -> new Unknown(failed.reason()))
                .orElseGet(() -> new NoMailHost(true));
        });
    }

    private static Stream<InetAddress> inetAddresses(Answer answer) {
        return answer instanceof Answer.Found found
            ? found.result().getRecords().stream()
                .map(address -> address instanceof ARecord a ? a.getAddress() : ((AAAARecord) address).getAddress())
            : Stream.empty();
    }

    private CompletionStage<Answer> ask(Name name, int type) {
        long begin = System.nanoTime();
        return lookup(name, type).thenApply(answer -> {
            listener.lookedUp(Type.string(type), answer.outcome(), Duration.ofNanos(System.nanoTime() - begin));
            return answer;
        });
    }

    private CompletionStage<Answer> lookup(Name name, int type) {
        return lookups.lookupAsync(name, type).handle((result, failure) -> {
            if (failure == null) {
                return result.getRecords().isEmpty() ? new Answer.NoData() : new Answer.Found(result);
            }
            Throwable cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            return cause == NoSuchName.INSTANCE || cause instanceof NoSuchDomainException ? new Answer.NoSuchDomain() : new Answer.Failed(reason(cause));
        });
    }

    private static String reason(Throwable failure) {
        if (failure instanceof TimeoutException) {
            return TIMEOUT;
        }
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }

    private static CompletionStage<DomainVerdict> done(DomainVerdict verdict) {
        return CompletableFuture.completedFuture(verdict);
    }

    /** The servers, asked in turn; in a flood most names do not exist, and dnsjava's exception for it is dear. */
    private static final class Servers extends ExtendedResolver {

        Servers(List<Resolver> servers) {
            super(servers);
        }

        @Override
        public CompletionStage<Message> sendAsync(Message query, Executor executor) {
            return super.sendAsync(query, executor).thenCompose(answer ->
                answer.getRcode() == Rcode.NXDOMAIN && answer.getSection(Section.ANSWER).isEmpty()
                    ? CompletableFuture.failedFuture(NoSuchName.INSTANCE) : CompletableFuture.completedFuture(answer));
        }
    }

    /** Has no stack trace. */
    private static final class NoSuchName extends Exception {

        static final NoSuchName INSTANCE = new NoSuchName();

        private NoSuchName() {
            super("no such domain", null, false, false);
        }
    }

    /** What one question to DNS came to. */
    private sealed interface Answer {

        LookupListener.Outcome outcome();

        record Found(LookupResult result) implements Answer {
            @Override
            public LookupListener.Outcome outcome() {
                return LookupListener.Outcome.FOUND;
            }
        }

        record NoData() implements Answer {
            @Override
            public LookupListener.Outcome outcome() {
                return LookupListener.Outcome.NO_RECORDS;
            }
        }

        record NoSuchDomain() implements Answer {
            @Override
            public LookupListener.Outcome outcome() {
                return LookupListener.Outcome.NO_SUCH_DOMAIN;
            }
        }

        record Failed(String reason) implements Answer {
            @Override
            public LookupListener.Outcome outcome() {
                return reason.equals(TIMEOUT) ? LookupListener.Outcome.TIMEOUT : LookupListener.Outcome.FAILED;
            }
        }
    }
}
