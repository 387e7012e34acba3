package io.relaypod.lab.gateway;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.relaypod.lab.smtp.LineReader;

/**
 * A TCP proxy in front of a real Mailpit. It forwards every byte in both directions, and records the envelope of each
 * accepted message, which Mailpit does not store. Thread-safe.
 */
final class EnvelopeTap implements AutoCloseable {

    /** Sender and recipients, as given by MAIL and RCPT. */
    record Envelope(String sender, List<String> recipients) {}

    private static final int BACKLOG = 1024;

    private final ServerSocket listener;
    private final InetSocketAddress target;
    private final Map<String, Envelope> envelopes = Collections.synchronizedMap(new LinkedHashMap<>());
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads = Executors.newCachedThreadPool(EnvelopeTap::daemon);

    private EnvelopeTap(ServerSocket listener, InetSocketAddress target) {
        this.listener = listener;
        this.target = target;
    }

    static EnvelopeTap start(int port, InetSocketAddress target) throws IOException {
        ServerSocket listener = new ServerSocket();
        listener.setReuseAddress(true);
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
        EnvelopeTap tap = new EnvelopeTap(listener, target);
        tap.threads.execute(tap::accept);
        return tap;
    }

    InetSocketAddress address() {
        return new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort());
    }

    /** Envelopes by Mailpit's ID, in the order of acceptance. */
    Map<String, Envelope> envelopes() {
        synchronized (envelopes) {
            return new LinkedHashMap<>(envelopes);
        }
    }

    void clear() {
        envelopes.clear();
    }

    @Override
    public void close() {
        closeQuietly(listener);
        connections.forEach(EnvelopeTap::closeQuietly);
        threads.shutdownNow();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                threads.execute(() -> tap(client));
            } catch (IOException | RejectedExecutionException e) {
                // The socket was closed, which ends the loop.
            }
        }
    }

    private void tap(Socket client) {
        try (client;
                Socket server = new Socket()) {
            connections.addAll(List.of(client, server));
            server.connect(target);
            server.setTcpNoDelay(true);
            client.setTcpNoDelay(true);
            Session session = new Session();
            CompletableFuture<Void> commands =
                    CompletableFuture.runAsync(() -> session.commands(client, server), threads);
            session.replies(server, client);
            closeQuietly(client);
            commands.join();
        } catch (IOException | RejectedExecutionException e) {
            // One side has closed its connection. Both are closed.
        } finally {
            connections.remove(client);
            connections.removeIf(Socket::isClosed);
        }
    }

    /** The commands and replies of one connection. */
    private final class Session {

        private static final String BANNER = "";
        private static final String CONTENT = ".";
        private static final byte[] END_OF_DATA = {'.', '\r', '\n'};
        private static final Pattern PATH = Pattern.compile("<([^<>]*)>");
        private static final Pattern QUEUED = Pattern.compile("250 .* queued as (\\S+)");

        /** The commands without a reply. */
        private final Queue<String> unanswered = new ConcurrentLinkedQueue<>(List.of(BANNER));

        private final Queue<CompletableFuture<Boolean>> dataCommands = new ConcurrentLinkedQueue<>();
        private String sender = "";
        private List<String> recipients = new ArrayList<>();

        void commands(Socket client, Socket server) {
            try {
                LineReader in = new LineReader(client.getInputStream());
                OutputStream out = new BufferedOutputStream(server.getOutputStream());
                byte[] line = in.readLine();
                while (line.length > 0) {
                    String command = new String(line, StandardCharsets.UTF_8).strip();
                    boolean isData = command.toUpperCase(Locale.ROOT).equals("DATA");
                    CompletableFuture<Boolean> goAhead = new CompletableFuture<>();
                    if (isData) {
                        dataCommands.add(goAhead);
                    }
                    unanswered.add(command);
                    forward(line, in, out);
                    if (isData) {
                        out.flush();
                        if (goAhead.join()) {
                            content(in, out);
                        }
                    }
                    line = in.readLine();
                }
                // Mailpit may still answer the last command, so only the sending direction is closed.
                server.shutdownOutput();
            } catch (IOException e) {
                closeQuietly(server);
            }
        }

        private void content(LineReader in, OutputStream out) throws IOException {
            byte[] line = in.readLine();
            while (line.length > 0) {
                boolean last = Arrays.equals(line, END_OF_DATA);
                if (last) {
                    unanswered.add(CONTENT);
                }
                forward(line, in, out);
                if (last) {
                    return;
                }
                line = in.readLine();
            }
        }

        void replies(Socket server, Socket client) throws IOException {
            LineReader in = new LineReader(server.getInputStream());
            OutputStream out = new BufferedOutputStream(client.getOutputStream());
            try {
                byte[] line = in.readLine();
                while (line.length > 0) {
                    String reply = new String(line, StandardCharsets.UTF_8).strip();
                    if (reply.length() < 4 || reply.charAt(3) != '-') {
                        record(String.valueOf(unanswered.poll()), reply);
                    }
                    forward(line, in, out);
                    line = in.readLine();
                }
            } finally {
                dataCommands.forEach(goAhead -> goAhead.complete(false));
            }
        }

        private void record(String command, String reply) {
            String verb = command.split("\\s", 2)[0].toUpperCase(Locale.ROOT);
            if (verb.equals("DATA")) {
                dataCommands.remove().complete(reply.startsWith("354"));
            } else if (verb.equals("MAIL") && reply.startsWith("250")) {
                sender = path(command);
                recipients = new ArrayList<>();
            } else if (verb.equals("RCPT") && reply.startsWith("250")) {
                recipients.add(path(command));
            } else if (command.equals(CONTENT)) {
                Matcher queued = QUEUED.matcher(reply);
                if (queued.matches()) {
                    envelopes.put(queued.group(1), new Envelope(sender, List.copyOf(recipients)));
                }
            }
        }

        private static String path(String command) {
            Matcher path = PATH.matcher(command);
            return path.find() ? path.group(1) : "";
        }

        private static void forward(byte[] line, LineReader in, OutputStream out) throws IOException {
            out.write(line);
            if (in.isDrained()) {
                out.flush();
            }
        }
    }

    private static void closeQuietly(AutoCloseable socket) {
        try {
            socket.close();
        } catch (Exception e) {
            // A socket that cannot be closed is not in use.
        }
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "lab-envelope-tap");
        thread.setDaemon(true);
        return thread;
    }
}
