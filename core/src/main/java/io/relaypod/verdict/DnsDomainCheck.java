package io.relaypod.verdict;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

import com.github.benmanes.caffeine.cache.Ticker;
import io.relaypod.address.MailDomain;
import io.relaypod.dns.ClientNetwork;
import io.relaypod.dns.DnsAnswer;
import io.relaypod.dns.DnsAnswer.AddressRecords;
import io.relaypod.dns.DnsAnswer.Alias;
import io.relaypod.dns.DnsAnswer.MxRecords;
import io.relaypod.dns.DnsAnswer.NoRecords;
import io.relaypod.dns.DnsLookup;
import io.relaypod.dns.DnsMessageReader;
import io.relaypod.dns.MailHostAddress;
import io.relaypod.threads.Background;
import io.relaypod.verdict.DomainVerdict.HasMx;
import io.relaypod.verdict.DomainVerdict.ImplicitMx;
import io.relaypod.verdict.DomainVerdict.NoMailHost;
import io.relaypod.verdict.DomainVerdict.NullMx;
import io.relaypod.verdict.DomainVerdict.Unknown;
import io.relaypod.verdict.DomainVerdict.UnreachableMx;
import io.relaypod.verdict.DomainVerdict.UnusableImplicitMx;
import org.xbill.DNS.Name;
import org.xbill.DNS.Type;

/**
 * Asks DNS for a domain's MX records and, where there are none, for its addresses (RFC 5321 section 5.1).
 *
 * <p>A domain that does not exist costs one query; one without MX records costs three, the last two in parallel, of
 * which an address in one settles it. Names are absolute, so no search domain applies, and CNAMEs are followed.
 * Thread-safe; no thread waits for an answer.
 */
public final class DnsDomainCheck implements DomainCheck {

    // More than anybody's real mail has; a domain with so many is not refused for the rest.
    private static final int MAX_VERIFIED_TARGETS = DnsAnswer.MAX_KEPT;
    // A client waits meanwhile.
    private static final Duration LONGEST_VERIFICATION = Duration.ofSeconds(10);
    // For the operator; that there is one is all that the rule needs.
    private static final int MAX_NAMED = 5;

    private static final Consumer<DnsAnswer> NOBODY = answer -> {};

    private final DnsLookup dns;
    private final NonexistentDomains nonexistent;
    private final boolean verifyTargets;
    private final Ticker ticker;

    /**
     * @param dns whom to ask
     * @param nonexistent learns from the answers; is not asked
     * @param mx whether mail exchangers are looked up too
     * @param ticker the clock
     */
    public DnsDomainCheck(DnsLookup dns, NonexistentDomains nonexistent, MxSettings mx, Ticker ticker) {
        this.dns = dns;
        this.nonexistent = nonexistent;
        this.verifyTargets = mx.verifyTargets();
        this.ticker = ticker;
    }

    @Override
    public CompletionStage<DomainVerdict> verdict(MailDomain domain, ClientNetwork client) {
        Name name = domain.absolute();
        return ask(name, Type.MX, 0, answer -> nonexistent.learn(domain.name(), answer))
                .thenCompose(answer -> verdict(name, answer))
                .exceptionally(failure -> new Unknown(reason(failure)));
    }

    private CompletionStage<DomainVerdict> verdict(Name name, DnsAnswer answer) {
        if (answer instanceof MxRecords exchangers) {
            return byMx(exchangers);
        }
        return answer instanceof NoRecords ? byAddress(name) : done(new NoMailHost(false));
    }

    private CompletionStage<DomainVerdict> byMx(MxRecords exchangers) {
        if (exchangers.isNullMx()) {
            return done(new NullMx());
        }
        if (exchangers.usable().isEmpty()) {
            return done(new UnreachableMx(names(exchangers.unusable())));
        }
        HasMx mx = new HasMx(names(exchangers.usable()));
        return verifyTargets && exchangers.found() <= MAX_VERIFIED_TARGETS
                ? verified(mx, exchangers.usable().iterator(), ticker.read())
                : done(mx);
    }

    private static List<String> names(List<Name> hosts) {
        return hosts.stream().limit(MAX_NAMED).map(host -> host.toString(true)).toList();
    }

    /**
     * Looks at one exchanger after the other, so that a domain never has more than two queries under way, until one may
     * be reachable. Refuses only when every one was looked up in time and none can be reached.
     */
    private CompletionStage<DomainVerdict> verified(HasMx mx, Iterator<Name> targets, long begin) {
        if (!targets.hasNext()) {
            return done(new UnreachableMx(mx.exchangers()));
        }
        if (ticker.read() - begin >= LONGEST_VERIFICATION.toNanos()) {
            return done(mx);
        }
        return mayBeReachable(targets.next()).thenCompose(mayBe -> mayBe ? done(mx) : verified(mx, targets, begin));
    }

    /** @return also true when DNS does not say */
    private CompletionStage<Boolean> mayBeReachable(Name host) {
        return addresses(host, addresses -> addresses.usable().stream().anyMatch(MailHostAddress::isRoutable))
                .thenApply(both -> both.stream()
                        .anyMatch(addresses -> addresses.usable().stream().anyMatch(MailHostAddress::isRoutable)))
                .exceptionally(failure -> true);
    }

    private CompletionStage<DomainVerdict> byAddress(Name name) {
        return addresses(name, addresses -> !addresses.usable().isEmpty()).thenApply(both -> {
            List<String> usable = texts(both.stream().map(AddressRecords::usable));
            if (!usable.isEmpty()) {
                return new ImplicitMx(usable);
            }
            List<String> unusable = texts(both.stream().map(AddressRecords::unusable));
            return unusable.isEmpty() ? new NoMailHost(true) : new UnusableImplicitMx(unusable);
        });
    }

    private static List<String> texts(Stream<List<InetAddress>> addresses) {
        return addresses
                .flatMap(List::stream)
                .limit(MAX_NAMED)
                .map(InetAddress::getHostAddress)
                .toList();
    }

    /**
     * The addresses of both kinds. One kind that is enough settles it, and the question for the other is taken back.
     *
     * @return fails when neither is enough, and one of them failed
     */
    private CompletableFuture<List<AddressRecords>> addresses(Name name, Predicate<AddressRecords> isEnough) {
        List<CompletableFuture<DnsAnswer>> questions = Stream.of(Type.A, Type.AAAA)
                .map(type -> ask(name, type, 0, NOBODY))
                .toList();
        List<CompletableFuture<AddressRecords>> kinds = questions.stream()
                .map(question -> question.thenApply(answer ->
                        answer instanceof AddressRecords found ? found : new AddressRecords(List.of(), List.of())))
                .toList();
        CompletableFuture<List<AddressRecords>> enough = new CompletableFuture<>();
        kinds.forEach(kind -> Background.whenDone(kind, (found, failure) -> {
            if (failure == null && isEnough.test(found)) {
                enough.complete(List.of(found));
            }
        }));
        CompletableFuture<List<AddressRecords>> both = CompletableFuture.allOf(kinds.toArray(CompletableFuture[]::new))
                .thenApply(all -> kinds.stream().map(CompletableFuture::join).toList())
                .applyToEither(enough, Function.identity());
        Background.whenDone(both, (done, failure) -> questions.forEach(question -> question.cancel(false)));
        return both;
    }

    private CompletableFuture<DnsAnswer> ask(Name name, int type, int aliases, Consumer<DnsAnswer> learner) {
        AtomicReference<CompletableFuture<DnsAnswer>> last = new AtomicReference<>(dns.ask(name, type));
        CompletableFuture<DnsAnswer> answer = last.get().thenCompose(given -> {
            learner.accept(given);
            if (!(given instanceof Alias alias)) {
                return CompletableFuture.completedFuture(given);
            }
            if (aliases == DnsMessageReader.MAX_ALIASES) {
                return CompletableFuture.failedFuture(new IOException("too many aliases"));
            }
            last.set(ask(alias.target(), type, aliases + 1, NOBODY));
            return last.get();
        });
        // A caller that cancels the answer cancels the query.
        Background.whenDone(answer, (given, failure) -> last.get().cancel(false));
        return answer;
    }

    private static String reason(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }

    private static CompletionStage<DomainVerdict> done(DomainVerdict verdict) {
        return CompletableFuture.completedFuture(verdict);
    }
}
