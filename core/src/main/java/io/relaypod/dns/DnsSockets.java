package io.relaypod.dns;

import static io.relaypod.threads.Background.logFailure;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

import io.netty.channel.nio.NioEventLoop;
import io.netty.channel.nio.NioTask;
import io.relaypod.memory.MemoryBudget;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Header;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.WireParseException;

/**
 * Queries DNS servers over UDP on one event loop, from a few sockets for each server. The answer arrives on the thread
 * that sent the query, so it wakes no other thread. For the thread of the loop.
 *
 * <p>Against forged answers (RFC 5452), each socket is connected, has a random port, and serves a thousand queries. An
 * answer with an unknown ID, or to another question, is ignored, and the query waits for the true one.
 */
final class DnsSockets {

    private static final int SOCKETS_PER_SERVER = 16;
    private static final int QUERIES_PER_SOCKET = 1_000;
    private static final int LARGEST_DATAGRAM = 65_535;
    /** The message of the failure if no answer arrives in time. */
    static final String TIMEOUT = "timeout";

    // The delay after which a timeout is noticed, small against the timeout of seconds.
    private static final Duration TIMEOUT_CHECK = Duration.ofMillis(20);

    private final NioEventLoop loop;
    private final MemoryBudget memory;
    private final Map<InetSocketAddress, UdpSocket[]> pools = new HashMap<>();
    private final List<UdpSocket> open = new ArrayList<>();
    private final ByteBuffer received = ByteBuffer.allocateDirect(LARGEST_DATAGRAM);
    private int waiting;
    private boolean checking;

    /** @param memory has a share for truncated answers */
    DnsSockets(NioEventLoop loop, MemoryBudget memory) {
        this.loop = loop;
        this.memory = memory;
    }

    /** Receives the result once, on the loop's thread. */
    interface ReplyHandler {

        void answered(Message answer);

        void failed(IOException failure);
    }

    boolean isOnThisThread() {
        return loop.inEventLoop();
    }

    NioEventLoop loop() {
        return loop;
    }

    MemoryBudget memory() {
        return memory;
    }

    /**
     * @param wire the query in wire format
     * @return cancels the query
     */
    Runnable ask(InetSocketAddress server, Message query, byte[] wire, Duration timeout, ReplyHandler handler) {
        SentQuery asked = new SentQuery(query, System.nanoTime() + timeout.toNanos(), handler);
        try {
            UdpSocket socket = socketWithout(asked.id(), server);
            socket.send(asked, wire);
            checkLater();
            return () -> socket.forget(asked);
        } catch (IOException notSent) {
            handler.failed(notSent);
        } catch (RuntimeException notSent) {
            // NIO reports a missing address family, a name without address, and the end of the loop in this way.
            handler.failed(new IOException(notSent));
        }
        return () -> {};
    }

    private UdpSocket socketWithout(Integer id, InetSocketAddress server) throws IOException {
        UdpSocket socket = socket(server);
        while (socket.queries.containsKey(id)) {
            socket = socket(server);
        }
        return socket;
    }

    private UdpSocket socket(InetSocketAddress server) throws IOException {
        UdpSocket[] pool = pools.computeIfAbsent(server, address -> new UdpSocket[SOCKETS_PER_SERVER]);
        int place = ThreadLocalRandom.current().nextInt(SOCKETS_PER_SERVER);
        if (pool[place] == null || !pool[place].isFresh()) {
            pool[place] = new UdpSocket(server);
        }
        return pool[place];
    }

    private void checkLater() {
        if (!checking) {
            checking = true;
            logFailure(loop.schedule(this::check, TIMEOUT_CHECK.toNanos(), TimeUnit.NANOSECONDS));
        }
    }

    private void check() {
        checking = false;
        long now = System.nanoTime();
        open.removeIf(socket -> socket.isDone(now));
        if (waiting > 0) {
            checkLater();
        }
    }

    private record SentQuery(Message message, long deadline, ReplyHandler handler) {

        Integer id() {
            return message.getHeader().getID();
        }
    }

    /** Whether ID and question are those of the query. Servers leave the question out of some failures. */
    static boolean isAnswer(Message query, Message answer) {
        Record asked = query.getQuestion();
        Record repeated = answer.getQuestion();
        if (!answer.getHeader().getFlag(Flags.QR)
                || answer.getHeader().getID() != query.getHeader().getID()) {
            return false;
        }
        if (repeated == null) {
            return answer.getRcode() != Rcode.NOERROR && answer.getRcode() != Rcode.NXDOMAIN;
        }
        return asked.getType() == repeated.getType()
                && asked.getDClass() == repeated.getDClass()
                && asked.getName().equals(repeated.getName());
    }

    /** A server without EDNS may return the header of the query, with counts but without records. */
    private static Message read(byte[] datagram) throws IOException {
        try {
            return new Message(datagram);
        } catch (WireParseException broken) {
            Header header = new Header(datagram);
            if (header.getRcode() != Rcode.FORMERR && header.getRcode() != Rcode.NOTIMP) {
                throw broken;
            }
            Message failure = new Message(header.getID());
            failure.getHeader().setRcode(header.getRcode());
            if (header.getFlag(Flags.QR)) {
                failure.getHeader().setFlag(Flags.QR);
            }
            return failure;
        }
    }

    /** One socket, and the queries that wait for an answer at it. */
    private final class UdpSocket implements NioTask<SelectableChannel> {

        private final DatagramChannel channel;
        private final Map<Integer, SentQuery> queries = new HashMap<>();
        private int served;

        UdpSocket(InetSocketAddress server) throws IOException {
            channel = DatagramChannel.open();
            try {
                channel.configureBlocking(false);
                channel.connect(server);
                loop.register(channel, SelectionKey.OP_READ, this);
            } catch (IOException | RuntimeException notConnected) {
                channel.close();
                throw notConnected;
            }
            open.add(this);
        }

        boolean isFresh() {
            return served < QUERIES_PER_SOCKET && channel.isOpen();
        }

        void send(SentQuery query, byte[] wire) throws IOException {
            served++;
            // A datagram that the kernel drops is lost, and the query ends by its timeout.
            channel.write(ByteBuffer.wrap(wire));
            queries.put(query.id(), query);
            waiting++;
        }

        @Override
        public void channelReady(SelectableChannel ready, SelectionKey key) {
            try {
                // There is mostly one datagram, and a further read costs a system call. A further datagram makes the
                // socket ready again.
                do {
                    if (channel.read(received.clear()) <= 0) {
                        return;
                    }
                    byte[] datagram = new byte[received.flip().remaining()];
                    received.get(datagram);
                    answered(datagram);
                } while (!queries.isEmpty());
            } catch (IOException refused) {
                // An ICMP error does not name its query.
                failAll(refused);
            }
        }

        private void answered(byte[] datagram) {
            if (datagram.length < Short.BYTES) {
                return;
            }
            int id = Byte.toUnsignedInt(datagram[0]) << Byte.SIZE | Byte.toUnsignedInt(datagram[1]);
            SentQuery query = queries.get(id);
            if (query == null) {
                return;
            }
            try {
                Message answer = read(datagram);
                if (isAnswer(query.message(), answer)) {
                    queries.remove(id);
                    waiting--;
                    query.handler().answered(answer);
                }
            } catch (WireParseException forged) {
                // or damaged; the true answer may still arrive
            } catch (IOException impossible) {
                throw new IllegalStateException("an array can be read", impossible);
            }
        }

        void forget(SentQuery query) {
            if (queries.remove(query.id(), query)) {
                waiting--;
            }
        }

        private void failAll(IOException failure) {
            List<SentQuery> failed = List.copyOf(queries.values());
            queries.clear();
            waiting -= failed.size();
            failed.forEach(query -> query.handler().failed(failure));
        }

        /**
         * Fails the queries whose timeout is over.
         *
         * @return whether the socket serves no further query, and was closed
         */
        boolean isDone(long now) {
            List<SentQuery> late = queries.values().stream()
                    .filter(query -> now - query.deadline() >= 0)
                    .toList();
            late.forEach(query -> {
                queries.remove(query.id());
                waiting--;
                loop.execute(() -> query.handler().failed(new SocketTimeoutException(TIMEOUT)));
            });
            if (isFresh() || !queries.isEmpty()) {
                return false;
            }
            close();
            return true;
        }

        /** The loop has ended. */
        @Override
        public void channelUnregistered(SelectableChannel unregistered, Throwable cause) {
            close();
            failAll(new IOException("stopped"));
        }

        private void close() {
            try {
                channel.close();
            } catch (IOException alreadyGone) {
                // it is closed
            }
        }
    }
}
