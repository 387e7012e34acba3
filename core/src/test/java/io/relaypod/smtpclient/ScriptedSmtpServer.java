package io.relaypod.smtpclient;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** An SMTP server at a socket that replies as a test says, and records the bytes of its clients. */
final class ScriptedSmtpServer implements AutoCloseable {

    /** The name of the end of data among the commands. */
    static final String END_OF_DATA = ".";
    /** In place of a reply: the connection is closed. */
    static final String CLOSE = "close";
    /** In place of a reply: nothing is sent. */
    static final String SILENCE = "silence";
    /** In place of the reply to DATA: it is accepted, and the message is not read. */
    static final String DO_NOT_READ = "do not read";
    /** In place of a reply: 100 bytes without a line feed, for ever. */
    static final String ENDLESS_LINE = "endless line";
    /** In place of a reply: continued lines, for ever. */
    static final String ENDLESS_LINES = "endless lines";
    /** In place of a reply: one byte each 100 ms. */
    static final String DRIP = "drip";

    private final ServerSocket server = new ServerSocket();
    private final UnaryOperator<String> replies;
    private final List<String> extensions;
    private final List<Socket> clients = new CopyOnWriteArrayList<>();
    private final List<String> commands = new CopyOnWriteArrayList<>();
    private final List<byte[]> messages = new CopyOnWriteArrayList<>();
    private final List<Integer> groups = new CopyOnWriteArrayList<>();
    private volatile Optional<SSLSocketFactory> tls = Optional.empty();
    private volatile boolean usesImplicitTls;

    /**
     * @param replies the reply to a command, {@code greeting} and {@link #END_OF_DATA} included; empty for success
     * @param extensions offered to EHLO
     */
    ScriptedSmtpServer(UnaryOperator<String> replies, String... extensions) throws IOException {
        this.replies = replies;
        this.extensions = List.of(extensions);
        server.setReceiveBufferSize(4096);
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        start(() -> {
            while (!server.isClosed()) {
                Socket client = server.accept();
                clients.add(client);
                start(() -> serve(client));
            }
        });
    }

    static ScriptedSmtpServer accepting(String... extensions) throws IOException {
        return new ScriptedSmtpServer(command -> "", extensions);
    }

    ScriptedSmtpServer withTls(SSLSocketFactory factory) {
        tls = Optional.of(factory);
        return this;
    }

    /** Begins TLS before the greeting. */
    ScriptedSmtpServer withImplicitTls() {
        usesImplicitTls = true;
        return this;
    }

    SmtpServerAddress address() {
        return new SmtpServerAddress("localhost", server.getInetAddress(), server.getLocalPort(), false);
    }

    List<String> commands() {
        return commands;
    }

    /** The bytes between the reply to DATA and the end of data, which is included. */
    List<byte[]> messages() {
        return messages;
    }

    /** For each command, the number of bytes that had come behind it. */
    List<Integer> bytesBehindCommands() {
        return groups;
    }

    private interface ServerTask {
        void run() throws IOException, InterruptedException;
    }

    private static void start(ServerTask step) {
        Thread thread = new Thread(
                () -> {
                    try {
                        step.run();
                    } catch (IOException | InterruptedException over) {
                        // the client has gone, or the test is over
                    }
                },
                "scripted-smtp-server");
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(Socket accepted) throws IOException, InterruptedException {
        try (Socket client = accepted) {
            Socket socket = client;
            InputStream in = new BufferedInputStream(client.getInputStream());
            OutputStream out = client.getOutputStream();
            if (usesImplicitTls) {
                socket = secured(client);
                in = new BufferedInputStream(socket.getInputStream());
                out = socket.getOutputStream();
            }
            if (!reply(out, "greeting", "220 scripted")) {
                return;
            }
            while (true) {
                String command = new String(line(in), StandardCharsets.UTF_8).stripTrailing();
                commands.add(command);
                groups.add(in.available());
                String verb = command.split(" ")[0];
                if (!reply(out, command, success(verb))) {
                    return;
                }
                if (verb.equals("STARTTLS") && tls.isPresent()) {
                    socket = secured(client);
                    in = new BufferedInputStream(socket.getInputStream());
                    out = socket.getOutputStream();
                }
                if (verb.equals("DATA") && replies.apply(command).isEmpty()) {
                    messages.add(message(in));
                    if (!reply(out, END_OF_DATA, "250 2.0.0 queued")) {
                        return;
                    }
                }
            }
        }
    }

    private Socket secured(Socket client) throws IOException {
        SSLSocket socket = (SSLSocket) tls.orElseThrow().createSocket(client, null, client.getPort(), true);
        socket.setUseClientMode(false);
        return socket;
    }

    private String success(String verb) {
        return switch (verb) {
            case "EHLO" ->
                "250-scripted\r\n"
                        + String.join(
                                "",
                                extensions.stream()
                                        .map(extension -> "250-" + extension + "\r\n")
                                        .toList())
                        + "250 SIZE 0";
            case "DATA" -> "354 go on";
            case "STARTTLS" -> "220 go on";
            case "AUTH" -> "235 2.7.0 welcome";
            default -> "250 2.0.0 ok";
        };
    }

    private boolean reply(OutputStream out, String command, String success) throws IOException, InterruptedException {
        String reply = replies.apply(command);
        switch (reply) {
            case CLOSE -> {
                return false;
            }
            case SILENCE -> {}
            case DO_NOT_READ -> {
                say(out, "354 go on\r\n");
                Thread.sleep(60_000);
            }
            case ENDLESS_LINE -> {
                while (true) {
                    say(out, "250-" + "x".repeat(100));
                }
            }
            case ENDLESS_LINES -> {
                while (true) {
                    say(out, "250-go on\r\n");
                }
            }
            case DRIP -> {
                say(out, "250-");
                while (true) {
                    Thread.sleep(100);
                    say(out, "x");
                }
            }
            default -> say(out, (reply.isEmpty() ? success : reply) + "\r\n");
        }
        return true;
    }

    private static void say(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    private static byte[] message(InputStream in) throws IOException {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        byte[] line;
        do {
            line = line(in);
            message.write(line);
        } while (!(line.length == 3 && line[0] == '.'));
        return message.toByteArray();
    }

    private static byte[] line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int previous = -1, next = in.read(); ; previous = next, next = in.read()) {
            if (next < 0) {
                throw new IOException("the client has gone");
            }
            line.write(next);
            if (previous == '\r' && next == '\n') {
                return line.toByteArray();
            }
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket client : new ArrayList<>(clients)) {
            client.close();
        }
    }
}
