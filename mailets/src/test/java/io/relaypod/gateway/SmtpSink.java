package io.relaypod.gateway;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/**
 * The next hop, down to the bytes: keeps every line of the client and each message with its dots unstuffed, and answers
 * as it is told.
 *
 * <p>It offers SIZE and no 8BITMIME, as Mailpit 1.28.3 does.
 */
final class SmtpSink implements AutoCloseable {

    /** What came between DATA and the last dot. */
    record SinkMail(List<String> envelope, byte[] message) {}

    static final String DATA_END = ".";
    /** In place of a reply: the connection is closed; at {@link #DATA_END}, after the message was taken. */
    static final String CLOSE = "close";
    /** In place of a reply to {@code DATA}: the connection is closed in the middle of the message. */
    static final String CLOSE_IN_MESSAGE = "close in message";
    /** In place of a reply: nothing is said any more. */
    static final String SILENCE = "silence";

    private final ServerSocket server;
    private final UnaryOperator<String> replies;
    private volatile String greeting = "220 sink ESMTP";
    private final List<String> commands = new CopyOnWriteArrayList<>();
    private final List<SinkMail> received = new CopyOnWriteArrayList<>();
    private final List<Socket> connections = new CopyOnWriteArrayList<>();
    private final AtomicLong using = new AtomicLong();
    private final List<String> extensions;

    private SmtpSink(InetAddress address, int port, UnaryOperator<String> replies, String... extensions)
            throws IOException {
        this.extensions = List.of(extensions);
        this.server = new ServerSocket(port, 50, address);
        this.replies = replies;
    }

    static SmtpSink acceptingAll() throws IOException {
        return replying(command -> "");
    }

    /**
     * @param replies the reply to a command, {@link #DATA_END} being the end of a message; empty for the reply of
     *     success
     * @param extensions offered beside SIZE
     */
    static SmtpSink replying(UnaryOperator<String> replies, String... extensions) throws IOException {
        return started(new SmtpSink(InetAddress.getLoopbackAddress(), 0, replies, extensions));
    }

    /** At 127.0.0.2, which is this machine's as well. */
    static SmtpSink atAnotherAddress(int port) throws IOException {
        return started(new SmtpSink(InetAddress.getByName("127.0.0.2"), port, command -> ""));
    }

    private static SmtpSink started(SmtpSink sink) {
        Thread thread = new Thread(sink::accept, "smtp-sink");
        thread.setDaemon(true);
        thread.start();
        return sink;
    }

    /** Greets further connections with this line. */
    SmtpSink greetingWith(String line) {
        greeting = line;
        return this;
    }

    int port() {
        return server.getLocalPort();
    }

    List<String> commands() {
        return commands;
    }

    List<SinkMail> received() {
        return received;
    }

    /** Number of connections that a mail was sent over, or was to be: they began a transaction. */
    int connections() {
        return (int) using.get();
    }

    /** Closes the connections that are open, as a gateway does that is restarted. */
    void hangUp() throws IOException {
        for (Socket connection : connections) {
            connection.close();
        }
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                connections.add(client);
                Thread talking = new Thread(() -> serve(client), "smtp-sink-client");
                talking.setDaemon(true);
                talking.start();
            } catch (IOException over) {
                // the test is over
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            talk(client);
        } catch (IOException gone) {
            // the client went away, or was to be dropped
        }
    }

    private void talk(Socket client) throws IOException {
        InputStream in = new BufferedInputStream(client.getInputStream());
        OutputStream out = client.getOutputStream();
        List<String> envelope = new CopyOnWriteArrayList<>();
        boolean isUsed = false;
        say(out, greeting);
        for (byte[] line = line(in); line.length > 0; line = line(in)) {
            String command = new String(line, StandardCharsets.ISO_8859_1).stripTrailing();
            commands.add(command);
            String verb = command.split("[ :]", 2)[0].toUpperCase(Locale.ROOT);
            if (verb.equals("MAIL") && !isUsed) {
                isUsed = true;
                using.incrementAndGet();
            }
            String reply = replies.apply(command);
            if (verb.equals("QUIT") && reply.isEmpty()) {
                say(out, "221 bye");
                return;
            }
            if (reply.equals(CLOSE_IN_MESSAGE)) {
                say(out, "354 go ahead");
                line(in);
                return;
            }
            if (verb.equals("DATA") && reply.isEmpty()) {
                say(out, "354 go ahead");
                byte[] message = message(in);
                String answer = replies.apply(DATA_END);
                if (answer.isEmpty() || answer.equals(CLOSE)) {
                    received.add(new SinkMail(List.copyOf(envelope), message));
                }
                say(out, answer.isEmpty() ? "250 2.0.0 Ok: queued" : answer);
                continue;
            }
            if (verb.equals("MAIL") || verb.equals("RSET")) {
                envelope.clear();
            }
            if (reply.isEmpty() && (verb.equals("MAIL") || verb.equals("RCPT"))) {
                envelope.add(command);
            }
            say(out, !reply.isEmpty() ? reply : verb.equals("EHLO") ? offer() : "250 2.0.0 Ok");
        }
    }

    private String offer() {
        return "250-sink\r\n"
                + String.join(
                        "",
                        extensions.stream()
                                .map(extension -> "250-" + extension + "\r\n")
                                .toList()) + "250 SIZE 52428800";
    }

    private static byte[] message(InputStream in) throws IOException {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        for (byte[] line = line(in); !isLastDot(line); line = line(in)) {
            if (line.length == 0) {
                throw new IOException("the client left in the middle of its message");
            }
            int stuffed = line[0] == '.' ? 1 : 0;
            message.write(line, stuffed, line.length - stuffed);
        }
        return message.toByteArray();
    }

    private static boolean isLastDot(byte[] line) {
        return line.length == 3 && line[0] == '.' && line[1] == '\r' && line[2] == '\n';
    }

    /** A line with its CRLF; empty at the end. */
    private static byte[] line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int previous = -1;
        for (int next = in.read(); next >= 0; next = in.read()) {
            line.write(next);
            if (previous == '\r' && next == '\n') {
                break;
            }
            previous = next;
        }
        return line.toByteArray();
    }

    private static void say(OutputStream out, String reply) throws IOException {
        if (reply.equals(CLOSE)) {
            throw new IOException("to be dropped");
        }
        if (reply.equals(SILENCE)) {
            return;
        }
        out.write((reply + "\r\n").getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    @Override
    public void close() {
        try {
            server.close();
            hangUp();
        } catch (IOException notClosed) {
            throw new UncheckedIOException(notClosed);
        }
    }
}
