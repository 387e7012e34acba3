package io.relaypod.lab.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.Supplier;

/**
 * SMTP clients that send RCPT commands as fast as the server answers. Each client waits for its reply and begins a new
 * transaction after 20 recipients. One thread serves all clients, so that the load generator takes little CPU time.
 *
 * <pre>{@code
 * LoadResult result = new RcptLoad(server, 20, names, code -> code == 550).run(Duration.ofSeconds(1), Duration.ofSeconds(5));
 * }</pre>
 */
final class RcptLoad {

    private static final int RCPTS_PER_TRANSACTION = 20;
    private static final int LARGEST_REPLY = 8192;
    private static final long SELECT_MILLIS = 50;

    private static final byte[] EHLO = bytes("EHLO bench.example\r\n");
    private static final byte[] MAIL = bytes("MAIL FROM:<s@example.com>\r\n");
    private static final byte[] RSET = bytes("RSET\r\n");

    private enum Sent {
        NOTHING,
        EHLO,
        MAIL,
        RCPT,
        RSET
    }

    private final InetSocketAddress server;
    private final int clients;
    private final Supplier<String> recipients;
    private final IntPredicate expected;
    private long[] latencies = new long[1 << 16];
    private int answered;
    private long measureFrom = Long.MAX_VALUE;

    /**
     * @param recipients supplies an address for each RCPT
     * @param expected accepts the expected reply codes to RCPT; any other code ends the run
     */
    RcptLoad(InetSocketAddress server, int clients, Supplier<String> recipients, IntPredicate expected) {
        this.server = server;
        this.clients = clients;
        this.recipients = recipients;
        this.expected = expected;
    }

    LoadResult run(Duration warmUp, Duration measured) throws IOException {
        List<SocketChannel> channels = new ArrayList<>();
        try (Selector selector = Selector.open()) {
            for (int client = 0; client < clients; client++) {
                SocketChannel channel = SocketChannel.open(server);
                channels.add(channel);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                channel.configureBlocking(false);
                channel.register(selector, SelectionKey.OP_READ, new Client(channel));
            }
            long begin = System.nanoTime() + warmUp.toNanos();
            serveUntil(selector, begin);
            Duration cpuBefore = cpuOfOthers();
            measureFrom = System.nanoTime();
            serveUntil(selector, measureFrom + measured.toNanos());
            long took = System.nanoTime() - measureFrom;
            // The connections are still open: a server with a process for each loses its CPU time when they close.
            Duration cpu = cpuOfOthers().minus(cpuBefore);
            return LoadResult.of(Arrays.copyOf(latencies, answered), Duration.ofNanos(took), cpu);
        } finally {
            for (SocketChannel channel : channels) {
                channel.close();
            }
        }
    }

    private void serveUntil(Selector selector, long end) throws IOException {
        while (System.nanoTime() < end) {
            selector.select(SELECT_MILLIS);
            for (SelectionKey ready : selector.selectedKeys()) {
                ((Client) ready.attachment()).read();
            }
            selector.selectedKeys().clear();
        }
    }

    /** Correct only if no other process runs, as in the process namespace that bench/rcpt/run creates. */
    private static Duration cpuOfOthers() {
        return ProcessHandle.allProcesses()
                .filter(process -> process.pid() != ProcessHandle.current().pid())
                .flatMap(process -> process.info().totalCpuDuration().stream())
                .reduce(Duration.ZERO, Duration::plus);
    }

    private void answered(long sentAt) {
        if (sentAt < measureFrom) {
            return;
        }
        if (answered == latencies.length) {
            latencies = Arrays.copyOf(latencies, answered * 2);
        }
        latencies[answered++] = System.nanoTime() - sentAt;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private final class Client {

        private final SocketChannel channel;
        private final ByteBuffer in = ByteBuffer.allocate(LARGEST_REPLY);
        private Sent sent = Sent.NOTHING;
        private int rcpts;
        private long sentAt;

        Client(SocketChannel channel) {
            this.channel = channel;
        }

        void read() throws IOException {
            if (channel.read(in) < 0) {
                throw new IOException(server + " closed the connection after " + sent + ": " + received());
            }
            if (isComplete()) {
                reply((in.get(0) - '0') * 100 + (in.get(1) - '0') * 10 + in.get(2) - '0');
            }
        }

        // The client waits for each reply, so the buffer never holds the start of another one.
        private boolean isComplete() {
            int end = in.position();
            if (end < 5 || in.get(end - 1) != '\n') {
                return false;
            }
            int begin = end - 2;
            while (begin > 0 && in.get(begin - 1) != '\n') {
                begin--;
            }
            return in.get(begin + 3) != '-';
        }

        private void reply(int code) throws IOException {
            boolean right = sent == Sent.RCPT ? expected.test(code) : code >= 200 && code < 300;
            if (!right) {
                throw new IOException(server + " answered to " + sent + ": " + received());
            }
            in.clear();
            switch (sent) {
                case NOTHING -> send(Sent.EHLO, EHLO);
                case EHLO, RSET -> send(Sent.MAIL, MAIL);
                case MAIL -> {
                    rcpts = 0;
                    sendRcpt();
                }
                case RCPT -> {
                    answered(sentAt);
                    if (++rcpts < RCPTS_PER_TRANSACTION) {
                        sendRcpt();
                    } else {
                        send(Sent.RSET, RSET);
                    }
                }
            }
        }

        private void sendRcpt() throws IOException {
            byte[] command = bytes("RCPT TO:<" + recipients.get() + ">\r\n");
            sentAt = System.nanoTime();
            send(Sent.RCPT, command);
        }

        private void send(Sent type, byte[] command) throws IOException {
            sent = type;
            ByteBuffer out = ByteBuffer.wrap(command);
            while (out.hasRemaining()) {
                channel.write(out);
            }
        }

        private String received() {
            return new String(in.array(), 0, in.position(), StandardCharsets.US_ASCII).strip();
        }
    }
}
