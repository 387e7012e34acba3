package io.relaypod.dns;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;

/** A DNS server on UDP, and on TCP at the same port, that sends the messages of a script and records the queries. */
public final class ScriptedDnsServer implements AutoCloseable {

    private final DatagramSocket udp;
    private final ServerSocket tcp;
    private final Script overUdp;
    private final Script overTcp;
    private final Queue<Message> queries = new ConcurrentLinkedQueue<>();

    /** The messages that follow a query, in their order. */
    @FunctionalInterface
    public interface Script {
        List<Message> replies(Message query) throws IOException;
    }

    public ScriptedDnsServer(Script script) throws IOException {
        this(script, query -> List.of());
    }

    public ScriptedDnsServer(Script overUdp, Script overTcp) throws IOException {
        this.tcp = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        this.udp = new DatagramSocket(tcp.getLocalPort(), InetAddress.getLoopbackAddress());
        this.overUdp = overUdp;
        this.overTcp = overTcp;
        start(this::serveUdp);
        start(this::serveTcp);
    }

    private static void start(Runnable serving) {
        Thread thread = new Thread(serving, "scripted-dns");
        thread.setDaemon(true);
        thread.start();
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) tcp.getLocalSocketAddress();
    }

    /** The queries so far, over UDP and TCP. */
    public List<Message> queries() {
        return List.copyOf(queries);
    }

    private void serveUdp() {
        byte[] buffer = new byte[4096];
        while (!udp.isClosed()) {
            try {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                udp.receive(packet);
                Message query = new Message(Arrays.copyOf(buffer, packet.getLength()));
                queries.add(query);
                for (Message reply : overUdp.replies(query)) {
                    byte[] wire = reply.toWire();
                    udp.send(new DatagramPacket(wire, wire.length, packet.getSocketAddress()));
                }
            } catch (IOException closed) {
                // the loop's condition ends it
            }
        }
    }

    private void serveTcp() {
        while (!tcp.isClosed()) {
            try (Socket client = tcp.accept()) {
                DataInputStream in = new DataInputStream(client.getInputStream());
                Message query = new Message(in.readNBytes(in.readUnsignedShort()));
                queries.add(query);
                DataOutputStream out = new DataOutputStream(client.getOutputStream());
                for (Message reply : overTcp.replies(query)) {
                    byte[] wire = reply.toWire();
                    out.writeShort(wire.length);
                    out.write(wire);
                }
            } catch (IOException closed) {
                // the loop's condition ends it
            }
        }
    }

    /** A reply to the query. */
    public static Message reply(Message query, int rcode, Record... answers) {
        return reply(query, query.getHeader().getID(), query.getQuestion(), rcode, answers);
    }

    static Message reply(Message query, int id, Record question, int rcode, Record... answers) {
        Message reply = new Message(id);
        reply.getHeader().setFlag(Flags.QR);
        reply.getHeader().setRcode(rcode);
        reply.addRecord(question, Section.QUESTION);
        Arrays.stream(answers).forEach(answer -> reply.addRecord(answer, Section.ANSWER));
        return reply;
    }

    @Override
    public void close() throws IOException {
        udp.close();
        tcp.close();
    }
}
