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
 * An authoritative DNS server on 127.0.0.1, over UDP and TCP at one port, that counts what it is asked and misbehaves
 * where it is told to. Names in none of its zones do not exist.
 *
 * <pre>{@code
 * try (LabDns dns = LabDns.serving("example.com. 300 IN MX 10 mx.example.com.")) {
 *     dns.behave("slow.test", DnsBehaviour.silence());
 *     // ask dns.address(), then:
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
    /** A flood must not be lost in the kernel while the one receiving thread is off the processor. */
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

    /** Where to ask. */
    public InetSocketAddress address() {
        return new InetSocketAddress(LOOPBACK, udp.getLocalPort());
    }

    /** Puts other records in the place of all that were served; behaviours and counts stay. */
    public void serve(String... masterLines) {
        responder = new Responder(zones(masterLines));
    }

    /** From now on this name and all below it behave so, unless a longer suffix of theirs says otherwise. */
    public void behave(String suffix, DnsBehaviour behaviour) {
        behaviours.put(absolute(suffix), behaviour);
    }

    /** Forgets all behaviours: everything answers as the zones say. */
    public void behaveNormally() {
        behaviours.clear();
    }

    /** How often each question was asked; past 100,000 distinct ones, new ones only count in {@link #total()}. */
    public Map<DnsQuestion, Long> queries() {
        return counts.all();
    }

    /** How often a name was asked for, whatever the type. */
    public long count(String name) {
        String wanted = new DnsQuestion(name, "ANY").name();
        return counts.all().entrySet().stream()
                .filter(entry -> entry.getKey().name().equals(wanted))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    /** How often a name was asked for with a type, as in {@code count("example.com", "MX")}. */
    public long count(String name, String type) {
        return counts.of(new DnsQuestion(name, type));
    }

    /** How many queries came in all. */
    public long total() {
        return counts.total();
    }

    /** Begins counting anew. */
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
                // A free TCP port may be taken for UDP; only a port of our own choice can be another.
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
                // Closed, or an ICMP error about an earlier client; the loop's condition tells which.
            }
        }
    }

    private void send(DatagramPacket packet) {
        try {
            udp.send(packet);
        } catch (IOException e) {
            // The client went away; DNS clients repeat what they still want.
        }
    }

    private void acceptConnections() {
        while (!tcp.isClosed()) {
            try {
                Socket connection = tcp.accept();
                connections.add(connection);
                threads.execute(() -> serve(connection));
            } catch (IOException | RejectedExecutionException e) {
                // Closed; the loop's condition ends it.
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
            later.schedule(
                    () -> send.accept(responder.answer(query, overTcp)),
                    delay.by().toNanos(),
                    TimeUnit.NANOSECONDS);
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
            case OPT_IN_ANSWER -> send.accept(with.elsewhere(query, true));
            case ONLY_IN_ADDITIONAL -> send.accept(with.elsewhere(query, false));
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
            case WRONG_ID -> send.accept(with.underWrongId(query, overTcp));
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
            // We only want it gone.
        }
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "lab-dns");
        thread.setDaemon(true);
        return thread;
    }
}
