package io.relaypod.domain;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.stream.Stream;

import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.MXRecord;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

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
    // A client waits meanwhile.
    private static final Duration LONGEST_VERIFICATION = Duration.ofSeconds(10);

    // An alias of an alias is rare already; resolvers themselves follow about as many.
    private static final int MAX_ALIASES = 16;

    private static final Consumer<Message> NOBODY = message -> { };

    private final DnsSource dns;
    private final NonexistentDomains nonexistent;
    private final boolean verifyTargets;
    private final Ticker ticker;

    /**
     * @param dns         whom to ask
     * @param nonexistent learns from the answers; is not asked
     * @param mx          whether mail exchangers are looked up too
     * @param ticker      the clock
     */
    public DnsDomainCheck(DnsSource dns, NonexistentDomains nonexistent, MxSettings mx, Ticker ticker) {
        this.dns = dns;
        this.nonexistent = nonexistent;
        this.verifyTargets = mx.verifyTargets();
        this.ticker = ticker;
    }

    @Override
    public CompletionStage<DomainVerdict> verdict(MailDomain domain) {
        Name name = domain.absolute();
        return ask(name, Type.MX, 0, message -> nonexistent.learn(domain.name(), message)).thenCompose(answer -> verdict(name, answer));
    }

    private CompletionStage<DomainVerdict> verdict(Name name, Answer answer) {
        if (answer instanceof Answer.Found found) {
            DomainVerdict byMx = byMx(found.records());
            return verifyTargets && byMx instanceof HasMx mx && mx.exchangers().size() <= MAX_VERIFIED_TARGETS
                ? verified(mx, targets(found.records()).iterator(), ticker.read()) : done(byMx);
        }
        if (answer instanceof Answer.NoData) {
            return byAddress(name);
        }
        return done(answer instanceof Answer.Failed failed ? new Unknown(failed.reason()) : new NoMailHost(false));
    }

    private static DomainVerdict byMx(List<Record> records) {
        List<String> exchangers = targets(records).stream().map(target -> target.toString(true)).toList();
        return exchangers.isEmpty() ? new NullMx() : new HasMx(exchangers);
    }

    /** @return best preference first */
    private static List<Name> targets(List<Record> records) {
        return records.stream()
            .map(MXRecord.class::cast)
            .sorted(Comparator.comparingInt(MXRecord::getPriority))
            .map(MXRecord::getTarget)
            .filter(target -> !target.equals(Name.root))
            .toList();
    }

    /**
     * Looks at one exchanger after the other, so that a domain never has more than two queries under way, until one may be reachable.
     * Refuses only when every one was looked up in time and none can be reached.
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
        return ask(host, Type.A).thenCombine(ask(host, Type.AAAA), (a, aaaa) -> a instanceof Answer.Failed || aaaa instanceof Answer.Failed
            || Stream.of(a, aaaa).flatMap(DnsDomainCheck::inetAddresses).anyMatch(RoutableAddress::isRoutable));
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
            ? found.records().stream()
                .map(address -> address instanceof ARecord a ? a.getAddress() : ((AAAARecord) address).getAddress())
            : Stream.empty();
    }

    private CompletionStage<Answer> ask(Name name, int type) {
        return ask(name, type, 0, NOBODY);
    }

    private CompletionStage<Answer> ask(Name name, int type, int aliases, Consumer<Message> learner) {
        return dns.ask(name, type).handle((message, failure) -> {
            if (failure != null) {
                return new Answer.Failed(reason(failure));
            }
            learner.accept(message);
            return answer(message, name, type);
        }).thenCompose(answer -> answer instanceof Answer.Alias alias ? follow(alias.target(), type, aliases) : CompletableFuture.completedFuture(answer));
    }

    private CompletionStage<Answer> follow(Name target, int type, int aliases) {
        return aliases < MAX_ALIASES ? ask(target, type, aliases + 1, NOBODY) : CompletableFuture.completedFuture(new Answer.Failed("too many aliases"));
    }

    /** What the message says about the name, or the last of its aliases that it names. */
    private static Answer answer(Message message, Name name, int type) {
        if (message.getRcode() == Rcode.NXDOMAIN) {
            return new Answer.NoSuchDomain();
        }
        List<Record> answers = message.getSection(Section.ANSWER);
        Name alias = name;
        for (int aliases = 0; aliases <= MAX_ALIASES; aliases++) {
            List<Record> found = select(answers, alias, type);
            if (!found.isEmpty()) {
                return new Answer.Found(found);
            }
            List<Record> next = select(answers, alias, Type.CNAME);
            if (next.isEmpty()) {
                return alias == name ? new Answer.NoData() : new Answer.Alias(alias);
            }
            alias = ((CNAMERecord) next.get(0)).getTarget();
        }
        return new Answer.Failed("too many aliases");
    }

    private static List<Record> select(List<Record> records, Name name, int type) {
        return records.isEmpty() ? records
            : records.stream().filter(record -> record.getType() == type && record.getName().equals(name)).toList();
    }

    private static String reason(Throwable failure) {
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }

    private static CompletionStage<DomainVerdict> done(DomainVerdict verdict) {
        return CompletableFuture.completedFuture(verdict);
    }

    /** What one question to DNS came to. */
    private sealed interface Answer {
        record Found(List<Record> records) implements Answer {
        }

        record Alias(Name target) implements Answer {
        }

        record NoData() implements Answer {
        }

        record NoSuchDomain() implements Answer {
        }

        record Failed(String reason) implements Answer {
        }
    }
}
