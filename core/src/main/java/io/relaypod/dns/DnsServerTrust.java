package io.relaypod.dns;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.collect.Sets;
import io.relaypod.address.MailDomain;
import io.relaypod.dns.DnsAnswer.AddressRecords;
import io.relaypod.dns.DnsAnswer.Alias;
import io.relaypod.dns.DnsAnswer.MxRecords;
import io.relaypod.dns.DnsAnswer.NoRecords;
import io.relaypod.dns.DnsAnswer.NoSuchName;
import io.relaypod.threads.Background;
import org.xbill.DNS.Name;
import org.xbill.DNS.Type;

/**
 * Whether the answers of one DNS server can be believed. Thread-safe.
 *
 * <ul>
 *   <li>A denial, which may refuse a recipient, is believed while the server answers for the canaries. The canaries are
 *       queried when a denial arrives, at most once a second.
 *   <li>An address is believed unless the server gives it for a name that does not exist.
 *   <li>MX records are always believed, so they wait for no check.
 * </ul>
 */
final class DnsServerTrust {

    /** The result of the canaries. */
    enum Standing {
        /** The server has answered for no canary yet. */
        UNKNOWN,
        TRUSTED,
        DISTRUSTED
    }

    private static final long CANARY_CHECK_INTERVAL = TimeUnit.SECONDS.toNanos(1);
    private static final long REDIRECT_CHECK_INTERVAL = TimeUnit.SECONDS.toNanos(30);
    private static final int MAX_REDIRECT_ADDRESSES = 64;

    private final DnsServer server;
    private final DnsCanaries canaries;
    private final Duration timeout;
    private final Set<Name> believedToExist;
    private final Ticker ticker;
    private final DnsServerListener listener;
    private final AtomicReference<TrustCheck> lastCanaryCheck = new AtomicReference<>(TrustCheck.never());
    private final AtomicReference<TrustCheck> lastRedirectCheck = new AtomicReference<>(TrustCheck.never());
    private volatile Standing standing;
    private volatile CanaryResult lastResult = CanaryResult.UNANSWERED;
    private volatile String lastFailure = "";
    private volatile Set<InetAddress> redirectAddresses = Set.of();

    /**
     * A check of canaries.
     *
     * @param ended when it ended, by the ticker in nanoseconds; empty if it runs, or if there was none
     */
    private record TrustCheck(CompletableFuture<Void> done, Optional<Long> ended) {

        static TrustCheck never() {
            return new TrustCheck(CompletableFuture.completedFuture(null), Optional.empty());
        }

        boolean isFresh(long now, long every) {
            return ended.filter(at -> now - at < every).isPresent();
        }
    }

    DnsServerTrust(DnsServer server, DnsSettings settings, Ticker ticker, DnsServerListener listener) {
        this.server = server;
        this.canaries = settings.canaries();
        this.timeout = settings.timeout();
        this.believedToExist = canaries.isEmpty() ? Set.of() : canaries.believedToExist();
        this.ticker = ticker;
        this.listener = listener;
        this.standing = canaries.isEmpty() ? Standing.TRUSTED : Standing.UNKNOWN;
    }

    Standing standing() {
        return standing;
    }

    /** Whether the server answered at the last check of the canaries. */
    boolean hasAnswered() {
        return lastResult != CanaryResult.UNANSWERED;
    }

    /** The failure of the last query for a canary; empty if the root is no canary. */
    Optional<String> rootFailure() {
        return canaries.root() ? Optional.of(lastFailure) : Optional.empty();
    }

    /** Addresses that the server gives for names that do not exist. */
    Set<InetAddress> redirectAddresses() {
        return redirectAddresses;
    }

    /** The reason not to believe the answer, if there is one. Complete at once for nearly every answer. */
    CompletableFuture<Optional<String>> objection(Name asked, DnsAnswer answer, DnsSockets here) {
        if (canaries.isEmpty() || answer instanceof Alias || answer.isGood() && !(answer instanceof AddressRecords)) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        if (answer instanceof AddressRecords addresses && answer.isGood()) {
            return freshRedirects(here)
                    .thenApply(done -> redirectAddresses.containsAll(addresses.usable())
                            ? Optional.of("an address that " + server + " gives for names that do not exist")
                            : Optional.empty());
        }
        return freshStanding(here, believedToExist.contains(asked)).thenApply(now -> switch (now) {
            case TRUSTED -> Optional.empty();
            case DISTRUSTED -> Optional.of(server + " denies names that exist");
            case UNKNOWN -> Optional.of(server + " does not say whether names exist that must");
        });
    }

    /**
     * Queries the canaries, unless the last check is less than a second old.
     *
     * @param isUrgent whether to query them in any case
     */
    CompletableFuture<Standing> freshStanding(DnsSockets here, boolean isUrgent) {
        return fresh(lastCanaryCheck, isUrgent ? 0 : CANARY_CHECK_INTERVAL, this::checkCanaries, here)
                .thenApply(done -> standing);
    }

    private CompletableFuture<Void> freshRedirects(DnsSockets here) {
        return fresh(lastRedirectCheck, REDIRECT_CHECK_INTERVAL, this::checkRedirects, here);
    }

    private interface CanaryCheck {
        CompletableFuture<?> at(DnsSockets here);
    }

    private CompletableFuture<Void> fresh(
            AtomicReference<TrustCheck> last, long every, CanaryCheck look, DnsSockets here) {
        TrustCheck before = last.get();
        if (!before.done().isDone() || before.isFresh(ticker.read(), every)) {
            return before.done();
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        if (!last.compareAndSet(before, new TrustCheck(done, Optional.empty()))) {
            return last.get().done();
        }
        Background.whenDone(look.at(here), (any, failure) -> {
            CompletableFuture<Void> past = CompletableFuture.completedFuture(null);
            last.set(new TrustCheck(past, Optional.of(ticker.read())));
            done.complete(null);
        });
        return done;
    }

    private CompletableFuture<?> checkCanaries(DnsSockets here) {
        List<CompletableFuture<CanaryResult>> domains = new ArrayList<>(canaries.domains().stream()
                .map(domain -> ask(here, domain.absolute(), Type.MX))
                .toList());
        CompletableFuture<CanaryResult> root = canaries.root()
                ? ask(here, Name.root, Type.NS)
                : CompletableFuture.completedFuture(CanaryResult.UNANSWERED);
        // One canary that exists decides.
        CompletableFuture<Object> isFound = new CompletableFuture<>();
        domains.forEach(domain -> Background.whenDone(domain, (found, failure) -> {
            if (found == CanaryResult.FOUND) {
                isFound.complete(found);
            }
        }));
        return CompletableFuture.anyOf(
                        isFound,
                        CompletableFuture.allOf(domains.toArray(CompletableFuture[]::new))
                                .thenCombine(root, (all, its) -> its))
                .thenRun(() -> conclude(domains, root));
    }

    private enum CanaryResult {
        FOUND,
        DENIED,
        UNANSWERED
    }

    private void conclude(List<CompletableFuture<CanaryResult>> domains, CompletableFuture<CanaryResult> root) {
        List<CanaryResult> found = domains.stream()
                .map(domain -> domain.getNow(CanaryResult.UNANSWERED))
                .toList();
        // If no domain is answered, the root decides: a closed network may have a root of its own.
        boolean byDomains = found.stream().anyMatch(one -> one != CanaryResult.UNANSWERED);
        CanaryResult all = found.contains(CanaryResult.FOUND)
                ? CanaryResult.FOUND
                : byDomains ? CanaryResult.DENIED : root.getNow(CanaryResult.UNANSWERED);
        lastResult = all;
        if (all == CanaryResult.FOUND) {
            becomeTrusted();
        } else if (all == CanaryResult.DENIED) {
            becomeDistrusted(
                    byDomains
                            ? String.join(
                                    ", ",
                                    canaries.domains().stream()
                                            .map(MailDomain::name)
                                            .toList())
                            : "the root");
        }
        // A server that does not answer keeps its standing.
    }

    private void becomeTrusted() {
        Standing before = standing;
        standing = Standing.TRUSTED;
        if (before == Standing.DISTRUSTED) {
            listener.trustedAgain(server.address());
        }
    }

    private void becomeDistrusted(String denied) {
        Standing before = standing;
        standing = Standing.DISTRUSTED;
        if (before != Standing.DISTRUSTED) {
            listener.distrusted(server.address(), denied);
        }
    }

    private CompletableFuture<?> checkRedirects(DnsSockets here) {
        return canaries.nonexistent()
                .map(name -> addresses(here, name, Type.A)
                        .thenCombine(addresses(here, name, Type.AAAA), Sets::union)
                        .thenAccept(this::keepRedirectAddresses))
                .orElseGet(() -> CompletableFuture.completedFuture(null));
    }

    private void keepRedirectAddresses(Set<InetAddress> given) {
        Set<InetAddress> before = redirectAddresses;
        // A server may redirect to several addresses, in turns.
        redirectAddresses = given.isEmpty()
                ? Set.of()
                : Stream.concat(given.stream(), before.stream())
                        .limit(MAX_REDIRECT_ADDRESSES)
                        .collect(Collectors.toUnmodifiableSet());
        if (before.isEmpty() && !redirectAddresses.isEmpty()) {
            listener.redirectsNonexistent(server.address(), given);
        }
    }

    private CompletableFuture<Set<InetAddress>> addresses(DnsSockets here, Name name, int type) {
        CompletableFuture<Set<InetAddress>> given = new CompletableFuture<>();
        new DnsQuery(here, server, name, type, timeout, new DnsQuery.AnswerHandler() {
                    @Override
                    public void answered(DnsAnswer answer) {
                        given.complete(
                                answer instanceof AddressRecords addresses ? Set.copyOf(addresses.usable()) : Set.of());
                    }

                    @Override
                    public void failed(IOException failure) {
                        given.complete(Set.of());
                    }
                })
                .begin(false);
        return given;
    }

    private CompletableFuture<CanaryResult> ask(DnsSockets here, Name name, int type) {
        CompletableFuture<CanaryResult> found = new CompletableFuture<>();
        new DnsQuery(here, server, name, type, timeout, new DnsQuery.AnswerHandler() {
                    @Override
                    public void answered(DnsAnswer answer) {
                        found.complete(isDenial(answer) ? CanaryResult.DENIED : CanaryResult.FOUND);
                    }

                    @Override
                    public void failed(IOException failure) {
                        lastFailure = String.valueOf(failure.getMessage());
                        found.complete(CanaryResult.UNANSWERED);
                    }
                })
                .begin(false);
        return found;
    }

    private static boolean isDenial(DnsAnswer answer) {
        // Some resolvers block a name by an alias without a target.
        return answer instanceof NoSuchName
                || answer instanceof NoRecords
                || answer instanceof Alias
                || answer instanceof MxRecords exchangers && exchangers.usable().isEmpty();
    }
}
