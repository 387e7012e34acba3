package io.relaypod.domain;

import java.net.InetAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
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

    // An alias of an alias is rare already; resolvers themselves follow about as many.
    private static final int MAX_ALIASES = 16;

    private static final DomainVerdict NO_SUCH_DOMAIN = new NoMailHost(false);
    private static final Consumer<Message> NOBODY = message -> { };

    private final DnsSource dns;
    private final NonexistentDomains nonexistent;
    private final boolean verifyTargets;

    /**
     * @param dns    whom to ask
     * @param mx     whether mail exchangers are looked up too, and how much of what does not exist is remembered
     * @param ticker the clock
     */
    public DnsDomainCheck(DnsSource dns, MxSettings mx, Ticker ticker) {
        this.nonexistent = new NonexistentDomains(mx.cacheTtl(), mx.cacheSize(), ticker);
        this.verifyTargets = mx.verifyTargets();
        this.dns = dns;
    }

    /** Names that are remembered as not existing. */
    public int nonexistentNames() {
        return nonexistent.size();
    }

    @Override
    public CompletionStage<DomainVerdict> verdict(MailDomain domain) {
        if (nonexistent.contains(domain.name())) {
            return done(NO_SUCH_DOMAIN);
        }
        Name name = domain.absolute();
        return ask(name, Type.MX, 0, message -> nonexistent.learn(domain.name(), message)).thenCompose(answer -> verdict(name, answer));
    }

    private CompletionStage<DomainVerdict> verdict(Name name, Answer answer) {
        if (answer instanceof Answer.Found found) {
            DomainVerdict byMx = byMx(found.records());
            return verifyTargets && byMx instanceof HasMx mx ? verified(mx, found.records()) : done(byMx);
        }
        if (answer instanceof Answer.NoData) {
            return byAddress(name);
        }
        return done(answer instanceof Answer.Failed failed ? new Unknown(failed.reason()) : NO_SUCH_DOMAIN);
    }

    private static DomainVerdict byMx(List<Record> records) {
        List<String> exchangers = records.stream()
            .map(MXRecord.class::cast)
            .sorted(Comparator.comparingInt(MXRecord::getPriority))
            .map(MXRecord::getTarget)
            .filter(target -> !target.equals(Name.root))
            .map(target -> target.toString(true))
            .toList();
        return exchangers.isEmpty() ? new NullMx() : new HasMx(exchangers);
    }

    /** Refuses only when every exchanger was looked up and none can be reached. */
    private CompletionStage<DomainVerdict> verified(HasMx mx, List<Record> records) {
        List<CompletableFuture<Optional<Boolean>>> reachable = records.stream()
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
