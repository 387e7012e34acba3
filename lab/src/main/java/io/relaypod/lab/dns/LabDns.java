package io.relaypod.lab.dns;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/**
 * An authoritative DNS server on 127.0.0.1, over UDP and TCP at one port. It counts its queries, and misbehaves for
 * chosen names. Names in none of its zones do not exist.
 *
 * <pre>{@code
 * try (LabDns dns = LabDns.serving("example.com. 300 IN MX 10 mx.example.com.")) {
 *     dns.behave("slow.test", DnsBehaviour.silence());
 *     // send queries to dns.address(), then:
 *     dns.count("example.com", "MX");
 * }
 * }</pre>
 *
 * <p>Safe for use by many threads. RFC 1034 and 1035, RFC 2308, RFC 4592, RFC 6891, RFC 7766.
 */
public final class LabDns implements AutoCloseable {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    private static final int ANY_PORT = 0;
    private static final int BIND_ATTEMPTS = 20;
    /** Bytes. The kernel must not drop queries of a flood while the one receiving thread does not run. */
    private static final int RECEIVE_BUFFER = 4 * 1024 * 1024;

    private static final int TCP_IDLE_MILLIS = 30_000;
    private static final int HEADER_SIZE = 12;

    private final DatagramSocket udp;
    private final ServerSocket tcp;
    private final Map<Name, DnsBehaviour> behaviours = new ConcurrentHashMap<>();
    private final QueryCounts counts = new QueryCounts();
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads = Executors.newCachedThreadPool(LabDns::daemon);
    private final ScheduledExecutorService later = Executors.newSingleThreadScheduledExecutor(LabDns::daemon);
    private volatile Responder responder;

    private LabDns(ServerSocket tcp, DatagramSocket udp, Zones zones) {
        this.tcp = tcp;
        this.udp = udp;
        this.responder = new Responder(zones);
    }

    /** Starts at a free port; the lines together are a master file. */
    public static LabDns serving(String... masterLines) {
        return at(ANY_PORT, masterLines);
    }

    /** Starts at the given port; the lines together are a master file. */
    public static LabDns at(int port, String... masterLines) {
        LabDns dns = bind(port, zones(masterLines));
        dns.threads.execute(dns::receiveDatagrams);
        dns.threads.execute(dns::acceptConnections);
        return dns;
    }

    /** The address of the server. */
    public InetSocketAddress address() {
        return new InetSocketAddress(LOOPBACK, udp.getLocalPort());
    }

    /** Replaces all records. Behaviours and counts stay. */
    public void serve(String... masterLines) {
        responder = new Responder(zones(masterLines));
    }

    /** Sets the behaviour for a name and all names below it. The longest matching suffix of a name counts. */
    public void behave(String suffix, DnsBehaviour behaviour) {
        behaviours.put(absolute(suffix), behaviour);
    }

    /** Removes all behaviours, so that all names are answered with the records of the zones. */
    public void behaveNormally() {
        behaviours.clear();
    }

    /** Queries by question. Beyond 100,000 different questions, new ones count only in {@link #total()}. */
    public Map<DnsQuestion, Long> queries() {
        return counts.all();
    }

    /** Number of queries for a name, of all types. */
    public long count(String name) {
        String wanted = new DnsQuestion(name, "ANY").name();
        return counts.all().entrySet().stream()
                .filter(entry -> entry.getKey().name().equals(wanted))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    /** Number of queries for a name and a type, as in {@code count("example.com", "MX")}. */
    public long count(String name, String type) {
        return counts.of(new DnsQuestion(name, type));
    }

    /** Number of all queries. */
    public long total() {
        return counts.total();
    }

    /** Sets all counts to 0. */
    public void reset() {
        counts.reset();
    }

    @Override
    public void close() {
        udp.close();
        closeQuietly(tcp);
        connections.forEach(LabDns::closeQuietly);
        later.shutdownNow();
        threads.shutdownNow();
    }

    private static LabDns bind(int port, Zones zones) {
        IOException last = new IOException("no port tried");
        for (int attempt = 0; attempt < BIND_ATTEMPTS; attempt++) {
            try {
                return bindBoth(port, zones);
            } catch (IOException e) {
                // A free TCP port may be in use for UDP. Another one can be tried only if the caller chose none.
                last = e;
                if (port != ANY_PORT) {
                    break;
                }
            }
        }
        throw new UncheckedIOException("no DNS server at port " + port + ": " + last.getMessage(), last);
    }

    private static LabDns bindBoth(int port, Zones zones) throws IOException {
        ServerSocket tcp = new ServerSocket();
        try {
            tcp.setReuseAddress(true);
            tcp.bind(new InetSocketAddress(LOOPBACK, port));
            DatagramSocket udp = new DatagramSocket(new InetSocketAddress(LOOPBACK, tcp.getLocalPort()));
            udp.setReceiveBufferSize(RECEIVE_BUFFER);
            return new LabDns(tcp, udp, zones);
        } catch (IOException e) {
            tcp.close();
            throw e;
        }
    }

    private void receiveDatagrams() {
        byte[] buffer = new byte[Responder.MAX_TCP_SIZE];
        while (!udp.isClosed()) {
            DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
            try {
                udp.receive(packet);
                var client = packet.getSocketAddress();
                respond(
                        Arrays.copyOf(buffer, packet.getLength()),
                        false,
                        response -> send(new DatagramPacket(response, response.length, client)));
            } catch (IOException e) {
                // The socket was closed, which ends the loop; or an ICMP error about an earlier client.
            }
        }
    }

    private void send(DatagramPacket packet) {
        try {
            udp.send(packet);
        } catch (IOException e) {
            // The client has closed its socket. DNS clients repeat queries without an answer.
        }
    }

    private void acceptConnections() {
        while (!tcp.isClosed()) {
            try {
                Socket connection = tcp.accept();
                connections.add(connection);
                threads.execute(() -> serve(connection));
            } catch (IOException | RejectedExecutionException e) {
                // The socket was closed, which ends the loop.
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            connection.setSoTimeout(TCP_IDLE_MILLIS);
            connection.setTcpNoDelay(true);
            DataInputStream in = new DataInputStream(connection.getInputStream());
            DataOutputStream out = new DataOutputStream(new BufferedOutputStream(connection.getOutputStream()));
            while (true) {
                byte[] query = in.readNBytes(in.readUnsignedShort());
                respond(query, true, response -> send(out, response));
            }
        } catch (IOException e) {
            // The client closed, or was idle for too long.
        } finally {
            connections.remove(connection);
        }
    }

    private static void send(DataOutputStream out, byte[] response) {
        // Delayed answers come from another thread (RFC 7766 section 6.2.1.1 allows any order).
        synchronized (out) {
            try {
                out.writeShort(response.length);
                out.write(response);
                out.flush();
            } catch (IOException e) {
                // The client closed.
            }
        }
    }

    private void respond(byte[] wire, boolean overTcp, Consumer<byte[]> send) {
        Message query;
        try {
            query = new Message(wire);
        } catch (IOException e) {
            if (wire.length >= HEADER_SIZE) {
                send.accept(responder.error(new Message(id(wire)), Rcode.FORMERR));
            }
            return;
        }
        if (query.getHeader().getFlag(Flags.QR)) {
            return;
        }
        if (query.getQuestion() == null) {
            send.accept(responder.error(query, Rcode.FORMERR));
            return;
        }
        counts.add(DnsQuestion.of(query.getQuestion()));
        behave(behaviourOf(query.getQuestion().getName()), query, overTcp, send);
    }

    private void behave(DnsBehaviour behaviour, Message query, boolean overTcp, Consumer<byte[]> send) {
        if (behaviour instanceof DnsBehaviour.Delay delay) {
            CompletableFuture.delayedExecutor(delay.by().toNanos(), TimeUnit.NANOSECONDS, later)
                    .execute(() -> send.accept(responder.answer(query, overTcp)));
            return;
        }
        Responder with = responder;
        if (behaviour instanceof DnsBehaviour.SilentFor silent) {
            if (!Type.string(query.getQuestion().getType()).equals(silent.type())) {
                send.accept(with.answer(query, overTcp));
            }
            return;
        }
        if (behaviour instanceof DnsBehaviour.Invent invent) {
            send.accept(with.inventing(query, invent.address(), overTcp));
            return;
        }
        switch ((DnsBehaviour.Fixed) behaviour) {
            case ANSWER -> send.accept(with.answer(query, overTcp));
            case SILENCE -> {}
            case SERVFAIL -> send.accept(with.error(query, Rcode.SERVFAIL));
            case REFUSED -> send.accept(with.error(query, Rcode.REFUSED));
            case NXDOMAIN -> send.accept(with.error(query, Rcode.NXDOMAIN));
            case TRUNCATE_PART -> {
                if (!overTcp) {
                    send.accept(with.truncatedPart(query));
                }
            }
            case OPT_IN_ANSWER -> send.accept(with.inAdditionalSection(query, true));
            case ONLY_IN_ADDITIONAL -> send.accept(with.inAdditionalSection(query, false));
            case EDNS_FORMERR,
                    EDNS_FORMERR_BARE,
                    EDNS_FORMERR_ECHO,
                    EDNS_NOTIMP,
                    EDNS_BADVERS,
                    EDNS_SERVFAIL,
                    EDNS_SILENCE -> {
                if (query.getOPT() == null) {
                    send.accept(with.answer(query, overTcp));
                } else if (behaviour != DnsBehaviour.Fixed.EDNS_SILENCE) {
                    send.accept(with.refusingEdns(query, (DnsBehaviour.Fixed) behaviour));
                }
            }
            case TRUNCATE -> send.accept(overTcp ? with.answer(query, true) : with.truncated(query));
            case WRONG_ID -> send.accept(with.withWrongId(query, overTcp));
            case LAME -> send.accept(with.lame(query));
            case NODATA_WITHOUT_SOA -> send.accept(with.nodataWithoutSoa(query));
            case GARBAGE -> send.accept(with.garbage(query));
        }
    }

    private DnsBehaviour behaviourOf(Name name) {
        if (behaviours.isEmpty()) {
            return DnsBehaviour.answer();
        }
        for (int labels = 0; labels < name.labels(); labels++) {
            DnsBehaviour behaviour = behaviours.get(new Name(name, labels));
            if (behaviour != null) {
                return behaviour;
            }
        }
        return DnsBehaviour.answer();
    }

    private static Zones zones(String... masterLines) {
        return Zones.parse(String.join("\n", masterLines));
    }

    private static Name absolute(String name) {
        try {
            return Name.fromString(name, Name.root);
        } catch (TextParseException e) {
            throw new IllegalArgumentException("not a domain name: " + name, e);
        }
    }

    private static int id(byte[] wire) {
        return (wire[0] & 0xFF) << 8 | wire[1] & 0xFF;
    }

    private static void closeQuietly(AutoCloseable socket) {
        try {
            socket.close();
        } catch (Exception e) {
            // A socket that cannot be closed is not in use.
        }
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "lab-dns");
        thread.setDaemon(true);
        return thread;
    }
}
