package io.relaypod.dns;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.StreamSupport;

import com.github.benmanes.caffeine.cache.Ticker;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoop;
import io.relaypod.dns.DnsServerTrust.Standing;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.threads.Background;
import org.xbill.DNS.Name;
import org.xbill.DNS.Type;

/**
 * Queries the DNS servers one after the other until one gives an answer that can be believed. Silence, SERVFAIL,
 * REFUSED, a lame referral, and an answer that {@link DnsServerTrust} rejects are failures. Servers that failed last
 * are queried after the others, and after them the distrusted servers, because their records may still be true.
 *
 * <p>A caller on the thread of an event loop gets the answer on that thread, any other caller on the thread of one of
 * the loops. Thread-safe.
 */
public final class DnsFailover implements DnsLookup {

    private final List<DnsServer> servers;
    private final Duration timeout;
    private final int tries;
    private final Duration longestWait;
    private final MemoryBudget memory;
    private final List<DnsSockets> loops = new CopyOnWriteArrayList<>();
    private final List<DnsServerListener> listeners = new CopyOnWriteArrayList<>();

    /** @param memory holds the truncated answers that are read over TCP */
    public DnsFailover(DnsSettings settings, MemoryBudget memory) {
        this.timeout = settings.timeout();
        this.tries = settings.tries();
        this.memory = memory;
        // One timeout more than the queries take, because each timeout is noticed a little late.
        this.longestWait = settings.longestWait().plus(timeout);
        DnsServerListener everybody = new AllListeners();
        this.servers = settings.servers().stream()
                .map(address -> new DnsServer(address, settings, Ticker.systemTicker(), everybody))
                .toList();
    }

    /**
     * Adds event loops to query on. At least one is needed.
     *
     * @param group of NIO loops; the caller shuts them down
     */
    public DnsFailover on(EventLoopGroup group) {
        StreamSupport.stream(group.spliterator(), false)
                .map(NioEventLoop.class::cast)
                .map(loop -> new DnsSockets(loop, memory))
                .forEach(loops::add);
        return this;
    }

    /** Adds a listener. */
    public void addListener(DnsServerListener listener) {
        listeners.add(listener);
    }

    /** Fails with an {@link IOException} if no server has an answer within the longest wait of the settings. */
    @Override
    public CompletableFuture<DnsAnswer> ask(Name name, int type) {
        PendingLookup question = new PendingLookup(name, type);
        onLoop(question::begin, question.answer);
        return question.answer;
    }

    private void onLoop(Consumer<DnsSockets> task, CompletableFuture<?> result) {
        for (DnsSockets here : loops) {
            if (here.isOnThisThread()) {
                task.accept(here);
                return;
            }
        }
        if (loops.isEmpty()) {
            throw new IllegalStateException("no event loop to ask DNS on");
        }
        DnsSockets there = loops.get(ThreadLocalRandom.current().nextInt(loops.size()));
        try {
            there.loop().execute(() -> task.accept(there));
        } catch (RejectedExecutionException stopped) {
            result.completeExceptionally(new IOException("stopped", stopped));
        }
    }

    /**
     * The state of a server.
     *
     * @param isUsable whether it answers and is trusted
     * @param words its fault; empty if it has none
     */
    public record DnsServerReport(boolean isUsable, String words) {}

    /**
     * Checks the canaries of each server, or queries it for the name servers of the root. Completes within a few
     * timeouts and never fails. Requires that an event loop was added.
     */
    public CompletableFuture<List<DnsServerReport>> check() {
        List<CompletableFuture<DnsServerReport>> reports = servers.stream()
                .map(server -> {
                    CompletableFuture<DnsServerReport> report = new CompletableFuture<>();
                    onLoop(
                            here -> Background.whenDone(
                                    server.trust().freshStanding(here, false),
                                    (standing, failure) ->
                                            here.loop().execute(() -> check(here, server, standing, report))),
                            report);
                    return report.completeOnTimeout(
                                    unusable(server, DnsSockets.TIMEOUT), 3 * timeout.toNanos(), TimeUnit.NANOSECONDS)
                            .exceptionally(stopped -> unusable(server, stopped.getMessage()));
                })
                .toList();
        return CompletableFuture.allOf(reports.toArray(CompletableFuture[]::new))
                .thenApply(all -> reports.stream().map(CompletableFuture::join).toList());
    }

    private void check(
            DnsSockets here, DnsServer server, Standing standing, CompletableFuture<DnsServerReport> report) {
        if (standing == Standing.DISTRUSTED) {
            report.complete(new DnsServerReport(false, server + " denies names that must exist"));
        } else if (server.trust().hasAnswered()) {
            report.complete(usable(server));
        } else if (server.trust().rootFailure().isPresent()) {
            report.complete(unusable(server, server.trust().rootFailure().get()));
        } else {
            new DnsQuery(here, server, Name.root, Type.NS, timeout, new DnsQuery.AnswerHandler() {
                        @Override
                        public void answered(DnsAnswer answer) {
                            report.complete(usable(server));
                        }

                        @Override
                        public void failed(IOException failure) {
                            report.complete(unusable(server, failure.getMessage()));
                        }
                    })
                    .begin(false);
        }
    }

    private static DnsServerReport usable(DnsServer server) {
        return new DnsServerReport(
                true,
                server.trust().redirectAddresses().isEmpty()
                        ? ""
                        : server + " has addresses for names that do not exist");
    }

    private static DnsServerReport unusable(DnsServer server, String reason) {
        return new DnsServerReport(false, "no answer from " + server + " (" + reason + ")");
    }

    /** Whether an event loop was added. */
    public boolean isStarted() {
        return !loops.isEmpty();
    }

    /** The number of servers that deny canaries. */
    public int distrusted() {
        return count(server -> server.trust().standing() == Standing.DISTRUSTED);
    }

    /** The number of servers that give addresses for names that do not exist. */
    public int redirecting() {
        return count(server -> !server.trust().redirectAddresses().isEmpty());
    }

    private int count(Predicate<DnsServer> which) {
        return (int) servers.stream().filter(which).count();
    }

    /** The remarks on servers for an operator; empty if there are none. */
    public List<String> remarks() {
        return servers.stream()
                .flatMap(server -> List.of(
                                server.trust().standing() == Standing.DISTRUSTED
                                        ? Optional.of(
                                                server
                                                        + " denies names that must exist (DNS_CANARIES); nothing that it denies is believed")
                                        : Optional.<String>empty(),
                                server.isWithoutEdns()
                                        ? Optional.of(server + " answers only without EDNS (RFC 6891)")
                                        : Optional.<String>empty(),
                                server.trust().redirectAddresses().isEmpty()
                                        ? Optional.<String>empty()
                                        : Optional.of(server + " answers for names that do not exist: "
                                                + server.trust()
                                                        .redirectAddresses()
                                                        .iterator()
                                                        .next()
                                                        .getHostAddress()))
                        .stream()
                        .flatMap(Optional::stream))
                .toList();
    }

    private List<DnsServer> bestFirst() {
        return servers.size() == 1
                ? servers
                : servers.stream()
                        .sorted(Comparator.comparing(DnsFailover::isDistrusted).thenComparingInt(DnsServer::failures))
                        .toList();
    }

    private static boolean isDistrusted(DnsServer server) {
        return server.trust().standing() == Standing.DISTRUSTED;
    }

    /** One lookup at the servers in turn. For one loop's thread, except its answer. */
    private final class PendingLookup {

        private final CompletableFuture<DnsAnswer> answer = new CompletableFuture<>();
        private final List<DnsServer> order = bestFirst();
        private final Name name;
        private final int type;
        private Optional<DnsQuery> underWay = Optional.empty();
        private int asked;

        PendingLookup(Name name, int type) {
            this.name = name;
            this.type = type;
        }

        /** Starts the lookup, which fails after the longest wait at the latest. */
        void begin(DnsSockets sockets) {
            Future<?> deadline = sockets.loop()
                    .schedule(
                            () -> answer.completeExceptionally(new SocketTimeoutException(DnsSockets.TIMEOUT)),
                            longestWait.toNanos(),
                            TimeUnit.NANOSECONDS);
            Background.whenDone(answer, (message, failure) -> {
                deadline.cancel(false);
                if (sockets.isOnThisThread()) {
                    cancelQuery();
                } else {
                    sockets.loop().execute(this::cancelQuery);
                }
            });
            askNext(sockets);
        }

        private void cancelQuery() {
            underWay.ifPresent(DnsQuery::cancel);
        }

        private void askNext(DnsSockets sockets) {
            boolean isLast = tries > 1 && asked / order.size() == tries - 1;
            DnsServer server = order.get(asked++ % order.size());
            DnsQuery next = new DnsQuery(sockets, server, name, type, timeout, new DnsQuery.AnswerHandler() {
                @Override
                public void answered(DnsAnswer given) {
                    whenDone(
                            server.trust().objection(name, given, sockets),
                            sockets,
                            objection -> objection.ifPresentOrElse(
                                    reason -> fail(sockets, server, new IOException(reason)), () -> {
                                        server.answered();
                                        answer.complete(given);
                                    }));
                }

                @Override
                public void failed(IOException failure) {
                    fail(sockets, server, failure);
                }
            });
            underWay = Optional.of(next);
            next.begin(isLast);
        }

        private void fail(DnsSockets sockets, DnsServer server, IOException failure) {
            server.failed();
            if (asked < tries * order.size() && !answer.isDone()) {
                askNext(sockets);
            } else {
                answer.completeExceptionally(failure);
            }
        }
    }

    /** Runs the next step at once if the future is done, and otherwise later on the loop's thread. */
    private static <T> void whenDone(CompletableFuture<T> future, DnsSockets sockets, Consumer<T> next) {
        if (future.isDone()) {
            next.accept(future.join());
        } else {
            Background.whenDone(future, (value, failure) -> sockets.loop().execute(() -> next.accept(value)));
        }
    }

    /** Passes each notification to all listeners. */
    private final class AllListeners implements DnsServerListener {

        @Override
        public void answersWithoutEdns(InetSocketAddress server) {
            listeners.forEach(listener -> listener.answersWithoutEdns(server));
        }

        @Override
        public void distrusted(InetSocketAddress server, String denied) {
            listeners.forEach(listener -> listener.distrusted(server, denied));
        }

        @Override
        public void trustedAgain(InetSocketAddress server) {
            listeners.forEach(listener -> listener.trustedAgain(server));
        }

        @Override
        public void redirectsNonexistent(InetSocketAddress server, Set<InetAddress> addresses) {
            listeners.forEach(listener -> listener.redirectsNonexistent(server, addresses));
        }
    }
}
