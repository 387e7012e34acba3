package io.relaypod.domain;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.StreamSupport;

import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.Type;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoop;

/**
 * The DNS servers, asked one after the other until one gives an answer that settles the question: silence, SERVFAIL, REFUSED and a lame
 * referral do not. Those that failed last are asked last. Truncated answers are asked for again over TCP.
 *
 * <p>Who asks on the thread of an event loop hears on it; anybody else on one of the loops. Thread-safe.
 */
public final class DnsServers implements DnsSource {

    // RFC 6891; what arrives unfragmented nearly everywhere, as dnsjava has it.
    private static final Record EDNS = new OPTRecord(SimpleResolver.DEFAULT_EDNS_PAYLOADSIZE, 0, 0, 0);

    private final List<Server> servers;
    private final Duration timeout;
    private final int tries;
    private final Duration longestWait;
    private final List<DnsSockets> loops = new CopyOnWriteArrayList<>();

    public DnsServers(DnsSettings settings) {
        this.servers = settings.servers().stream().map(address -> new Server(address, new AtomicInteger())).toList();
        this.timeout = settings.timeout();
        this.tries = settings.tries();
        // One timeout more than the tries take, as each is noticed a little late.
        this.longestWait = settings.longestWait().plus(timeout);
    }

    /**
     * Asks and hears on these threads too; it needs one at least.
     *
     * @param group of NIO loops; whoever made them ends them
     */
    public DnsServers on(EventLoopGroup group) {
        StreamSupport.stream(group.spliterator(), false).map(NioEventLoop.class::cast).map(DnsSockets::new).forEach(loops::add);
        return this;
    }

    /** Fails with an {@link IOException} when no server has an answer within the time that the settings give. */
    @Override
    public CompletableFuture<Message> ask(Name name, int type) {
        Question question = new Question(Record.newRecord(name, type, DClass.IN));
        for (DnsSockets here : loops) {
            if (here.isOnThisThread()) {
                question.begin(here);
                return question.answer;
            }
        }
        if (loops.isEmpty()) {
            throw new IllegalStateException("no event loop to ask DNS on");
        }
        DnsSockets there = loops.get(ThreadLocalRandom.current().nextInt(loops.size()));
        try {
            there.loop().execute(() -> question.begin(there));
        } catch (RejectedExecutionException stopped) {
            question.answer.completeExceptionally(new IOException("stopped", stopped));
        }
        return question.answer;
    }

    /**
     * @param failures how often it failed, less the more often it answered since
     */
    private record Server(InetSocketAddress address, AtomicInteger failures) {

        void answered() {
            if (failures.get() > 0) {
                failures.updateAndGet(before -> (int) Math.log(Math.max(1, before)));
            }
        }
    }

    private List<Server> bestFirst() {
        return servers.size() == 1 ? servers
            : servers.stream().sorted(Comparator.comparingInt(server -> server.failures().get())).toList();
    }

    /** One question on its way through the servers. For one loop's thread. */
    private final class Question {

        private final CompletableFuture<Message> answer = new CompletableFuture<>();
        private final List<Server> order = bestFirst();
        private final Record question;
        private int asked;

        Question(Record question) {
            this.question = question;
        }

        /** Asks, and gives up after the longest wait, whatever becomes of the tries. */
        void begin(DnsSockets sockets) {
            Future<?> deadline = sockets.loop().schedule(() -> answer.completeExceptionally(new SocketTimeoutException("timeout")),
                longestWait.toNanos(), TimeUnit.NANOSECONDS);
            answer.whenComplete((message, failure) -> deadline.cancel(false));
            askNext(sockets);
        }

        private void askNext(DnsSockets sockets) {
            Server server = order.get(asked++ % order.size());
            // With an ID of its own: who saw the last try cannot forge an answer to this one.
            Message query = Message.newQuery(question);
            query.addRecord(EDNS, Section.ADDITIONAL);
            sockets.ask(server.address(), query, query.toWire(), timeout, new DnsSockets.Asker() {
                @Override
                public void answered(Message message) {
                    if (message.getHeader().getFlag(Flags.TC)) {
                        askOverTcp(sockets, server, query);
                    } else {
                        read(sockets, server, message);
                    }
                }

                @Override
                public void failed(IOException failure) {
                    fail(sockets, server, failure);
                }
            });
        }

        // Rare, so dnsjava's own connections are good enough.
        private void askOverTcp(DnsSockets sockets, Server server, Message query) {
            SimpleResolver tcp = new SimpleResolver(server.address());
            tcp.setTCP(true);
            tcp.setTimeout(timeout);
            tcp.sendAsync(query, sockets.loop()).toCompletableFuture().orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS)
                .whenCompleteAsync((message, failure) -> {
                    if (failure == null) {
                        read(sockets, server, message);
                    } else {
                        fail(sockets, server, new IOException("TCP: " + failure.getMessage(), failure));
                    }
                }, sockets.loop());
        }

        private void read(DnsSockets sockets, Server server, Message message) {
            int rcode = message.getRcode();
            if (rcode != Rcode.NOERROR && rcode != Rcode.NXDOMAIN) {
                fail(sockets, server, new IOException(Rcode.string(rcode)));
            } else if (isReferral(message)) {
                fail(sockets, server, new IOException("lame answer"));
            } else {
                server.answered();
                answer.complete(message);
            }
        }

        private void fail(DnsSockets sockets, Server server, IOException failure) {
            server.failures().incrementAndGet();
            if (asked < tries * order.size() && !answer.isDone()) {
                askNext(sockets);
            } else {
                answer.completeExceptionally(failure);
            }
        }
    }

    // RFC 2308 2.2: NS without SOA in the authority section of an empty answer sends us elsewhere, it is no NODATA.
    private static boolean isReferral(Message answer) {
        return answer.getRcode() == Rcode.NOERROR
            && !answer.getHeader().getFlag(Flags.AA)
            && answer.getSection(Section.ANSWER).isEmpty()
            && hasType(answer, Type.NS)
            && !hasType(answer, Type.SOA);
    }

    private static boolean hasType(Message answer, int type) {
        return answer.getSection(Section.AUTHORITY).stream().mapToInt(Record::getType).anyMatch(found -> found == type);
    }
}
