package io.relaypod.domain;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

import org.xbill.DNS.Message;
import org.xbill.DNS.io.UdpIoClient;

/**
 * Asks DNS servers over UDP from a few sockets each: dnsjava's own client opens, binds, registers and closes one for every query, which
 * costs more than the query. Thread-safe; one thread receives, and completes what was asked.
 *
 * <p>Against forged answers (RFC 5452) each socket is connected, has a port of the kernel's random choice, serves a thousand queries, and
 * ignores answers whose ID nobody waits for.
 */
final class DnsSockets implements UdpIoClient {

    private static final int SOCKETS_A_SERVER = 16;
    private static final int QUERIES_A_SOCKET = 1_000;
    private static final int LARGEST_DATAGRAM = 65_535;
    // How late a timeout may be noticed; nothing to the seconds that it takes.
    private static final long TIMEOUT_CHECK_MILLIS = 20;

    private final Selector selector;
    private final Map<InetSocketAddress, AtomicReferenceArray<Socket>> pools = new ConcurrentHashMap<>();
    private final Queue<Socket> open = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();

    DnsSockets() {
        try {
            selector = Selector.open();
        } catch (IOException noSelector) {
            throw new UncheckedIOException(noSelector);
        }
        Thread receiver = new Thread(this::receive, "dns");
        receiver.setDaemon(true);
        receiver.start();
    }

    @Override
    public CompletableFuture<byte[]> sendAndReceiveUdp(InetSocketAddress local, InetSocketAddress remote, Message query, byte[] data, int max,
                                                       Duration timeout) {
        int id = query.getHeader().getID();
        Query asked = new Query(new CompletableFuture<>(), System.nanoTime() + timeout.toNanos());
        try {
            Socket socket = socket(remote);
            while (!socket.expect(id, asked)) {
                socket = socket(remote);
            }
            if (waiting.getAndIncrement() == 0) {
                selector.wakeup();
            }
            socket.send(id, data);
        } catch (IOException notSent) {
            asked.answer().completeExceptionally(notSent);
        }
        return asked.answer();
    }

    private Socket socket(InetSocketAddress server) throws IOException {
        AtomicReferenceArray<Socket> pool = pools.computeIfAbsent(server, address -> new AtomicReferenceArray<>(SOCKETS_A_SERVER));
        int place = ThreadLocalRandom.current().nextInt(SOCKETS_A_SERVER);
        Socket socket = pool.get(place);
        if (socket != null && socket.isFresh()) {
            return socket;
        }
        Socket fresh = new Socket(server);
        if (!pool.compareAndSet(place, socket, fresh)) {
            fresh.retire();
        }
        return fresh;
    }

    private void receive() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(LARGEST_DATAGRAM);
        long nextCheck = System.nanoTime();
        while (selector.isOpen()) {
            try {
                selector.select(key -> ((Socket) key.attachment()).receive(buffer), waiting.get() == 0 ? 0 : TIMEOUT_CHECK_MILLIS);
            } catch (IOException notSelected) {
                throw new UncheckedIOException(notSelected);
            }
            long now = System.nanoTime();
            if (now - nextCheck >= 0) {
                nextCheck = now + Duration.ofMillis(TIMEOUT_CHECK_MILLIS).toNanos();
                open.removeIf(socket -> socket.isDone(now));
            }
        }
    }

    private record Query(CompletableFuture<byte[]> answer, long deadline) {
    }

    /** One socket, and who waits for an answer at it. */
    private final class Socket {

        private final DatagramChannel channel;
        private final Map<Integer, Query> queries = new ConcurrentHashMap<>();
        private final AtomicInteger served = new AtomicInteger();

        Socket(InetSocketAddress server) throws IOException {
            channel = DatagramChannel.open();
            try {
                channel.configureBlocking(false);
                channel.connect(server);
                channel.register(selector, SelectionKey.OP_READ, this);
            } catch (IOException notConnected) {
                channel.close();
                throw notConnected;
            }
            open.add(this);
            selector.wakeup();
        }

        boolean isFresh() {
            return served.get() < QUERIES_A_SOCKET;
        }

        void retire() {
            served.set(QUERIES_A_SOCKET);
        }

        /** False when the ID is taken or the socket is done with. */
        boolean expect(int id, Query query) {
            served.incrementAndGet();
            return channel.isOpen() && queries.putIfAbsent(id, query) == null;
        }

        void send(int id, byte[] data) throws IOException {
            try {
                // A datagram that the kernel does not take is a lost one; the timeout comes to it.
                channel.write(ByteBuffer.wrap(data));
            } catch (IOException notSent) {
                if (queries.remove(id) != null) {
                    waiting.decrementAndGet();
                }
                throw notSent;
            }
        }

        void receive(ByteBuffer buffer) {
            try {
                while (channel.read(buffer.clear()) > 0) {
                    answered(buffer.flip());
                }
            } catch (IOException refused) {
                // An ICMP error says nothing of which query it is about.
                queries.keySet().forEach(id -> fail(id, refused));
            }
        }

        private void answered(ByteBuffer datagram) {
            if (datagram.remaining() < Short.BYTES) {
                return;
            }
            Query query = queries.remove(Short.toUnsignedInt(datagram.getShort(0)));
            if (query != null) {
                waiting.decrementAndGet();
                byte[] answer = new byte[datagram.remaining()];
                datagram.get(answer);
                query.answer().complete(answer);
            }
        }

        private void fail(Integer id, IOException failure) {
            Query query = queries.remove(id);
            if (query != null) {
                waiting.decrementAndGet();
                query.answer().completeExceptionally(failure);
            }
        }

        /** Fails what has waited too long; closes and says so when nothing is left to wait for and nothing more will be asked. */
        boolean isDone(long now) {
            queries.forEach((id, query) -> {
                if (now - query.deadline() >= 0) {
                    fail(id, new SocketTimeoutException("Query timed out"));
                }
            });
            if (isFresh() || !queries.isEmpty()) {
                return false;
            }
            try {
                channel.close();
            } catch (IOException alreadyGone) {
                // what was wanted
            }
            // Who was about to ask as it closed is told at once.
            queries.keySet().forEach(id -> fail(id, new IOException("socket closed")));
            return true;
        }
    }
}
