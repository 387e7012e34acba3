package io.relaypod.server.graph;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.relaypod.graph.GraphErrors;
import io.relaypod.graph.Smtp2GraphDirectory;
import io.relaypod.server.graph.ProcessSteps.EndOfProcess;
import io.relaypod.server.graph.SteppedFileSystem.ChangeTimes;

/**
 * What is behind the relay: a Mailpit that relays at once, a smtp2graph 1.1.4 with its directories and logs, and Graph.
 * It acts when the test says so, by the clock of the test. Its replies are steps of the relay's process. Safe for use
 * by many threads.
 */
final class SimulatedChain implements AutoCloseable {

    /** The last line of each message, so that a message that was cut can be told from a whole one. */
    static final String LAST_LINE = "the end";

    private static final Duration RETRY_INTERVAL = Duration.ofMinutes(5);
    private static final int MOST_ATTEMPTS = 4;
    private static final Pattern ID = Pattern.compile("with ESMTP id (Mail[0-9A-Za-z!-]+)");

    final Smtp2GraphDirectory directory;
    private final Clock clock;
    private final ChangeTimes times;
    private final GraphAnswers graph;
    private final ServerSocket server;
    private final GraphErrors errors = new GraphErrors();
    private final Map<String, Integer> accepted = new ConcurrentHashMap<>();
    private final Map<String, Integer> acceptedCut = new ConcurrentHashMap<>();
    private final Map<String, Integer> requests = new ConcurrentHashMap<>();
    // What smtp2graph has in its memory: by file, the attempts and the time of the next one.
    private final Map<String, Integer> attempts = new HashMap<>();
    private final Map<String, Instant> due = new HashMap<>();
    private volatile ProcessSteps relay = ProcessSteps.endless();
    private volatile boolean diesInTemp;
    private volatile String refused = "";
    private int files;
    private volatile int changes;

    /** What Graph answers. */
    @FunctionalInterface
    interface GraphAnswers {

        /**
         * @param request number of the request for this message
         * @return empty if it accepts; what smtp2graph logs otherwise
         */
        Optional<String> answer(String queueId, int request);
    }

    SimulatedChain(Path data, Clock clock, ChangeTimes times, GraphAnswers graph) throws IOException {
        this.directory = new Smtp2GraphDirectory(data);
        this.clock = clock;
        this.times = times;
        this.graph = graph;
        for (Path each : List.of(directory.temp(), directory.queue(), directory.failed(), directory.logs())) {
            Files.createDirectories(each);
        }
        startSmtp2Graph();
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread listening = new Thread(this::listen, "simulated-mailpit");
        listening.setDaemon(true);
        listening.start();
    }

    int port() {
        return server.getLocalPort();
    }

    /** The process whose steps the replies are from now on. */
    void serve(ProcessSteps process) {
        relay = process;
    }

    /** smtp2graph answers 250 to the next message and ends, before it has moved the file out of temp/. */
    void dieInTemp() {
        diesInTemp = true;
    }

    /** Mailpit refuses this recipient. */
    void refuse(String recipient) {
        refused = recipient;
    }

    /** How often Graph accepted a whole message. */
    int accepted(String queueId) {
        return accepted.getOrDefault(queueId, 0);
    }

    /** How often it has changed a file; each time, the system reports an event. */
    int changes() {
        return changes;
    }

    /** Files of messages on the volume, wherever they are. */
    List<Path> mails() {
        try (Stream<Path> all = Files.walk(directory.root())) {
            return all.filter(file -> file.toString().endsWith(".eml")).sorted().toList();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** Somebody empties the queue/ directory. */
    void empty() throws IOException {
        for (Path file : list(directory.queue(), "")) {
            Files.delete(file);
        }
        changes++;
    }

    /** smtp2graph starts, and knows nothing of what it did before. */
    void startSmtp2Graph() throws IOException {
        attempts.clear();
        due.clear();
        log(
                "combined.log",
                "{\"level\":\"info\",\"message\":\"[SMTPServer] Server started on any-ip:2525\",\"timestamp\":\""
                        + time() + "\"}\n");
    }

    /** What a power failure does: of each file, a part is lost. */
    void losePower(double part) throws IOException {
        for (Path file : mails()) {
            SteppedFileSystem.cut(file, 0, part);
        }
    }

    /** Attempts what came, and again what failed for a reason that smtp2graph retries. */
    void act() throws IOException {
        for (Path file : look()) {
            boolean isDue = Optional.ofNullable(due.get(name(file)))
                    .filter(at -> !at.isAfter(clock.instant()))
                    .isPresent();
            if (isDue || !attempts.containsKey(name(file))) {
                attempt(file);
            }
        }
    }

    /** Forgets each file that left the queue, so that it is a new one when it is back. */
    List<Path> look() throws IOException {
        List<Path> inQueue = list(directory.queue(), ".eml");
        List<String> names = inQueue.stream().map(SimulatedChain::name).toList();
        attempts.keySet().retainAll(names);
        due.keySet().retainAll(names);
        return inQueue;
    }

    private void attempt(Path file) throws IOException {
        String text = text(file);
        String id = id(text);
        int attempt = attempts.merge(name(file), 1, Integer::sum);
        Optional<String> error = text.contains("\nFrom: ")
                ? graph.answer(id, requests.merge(id, 1, Integer::sum))
                : Optional.of("No sender/from address defined");
        if (error.isEmpty()) {
            Files.delete(file);
            changes++;
            (text.contains(LAST_LINE) ? accepted : acceptedCut).merge(id, 1, Integer::sum);
            return;
        }
        log(
                "error.log",
                "{\"error\":\"" + error.get().replace("\"", "\\\"") + "\",\"filename\":\"" + name(file)
                        + "\",\"level\":\"error\",\"message\":\"[MailQueue] Failed to send message \\\"" + name(file)
                        + "\\\"\",\"name\":\"Error\",\"timestamp\":\"" + time() + "\"}\n");
        due.remove(name(file));
        if (!errors.isLast(error.get()) && attempt < MOST_ATTEMPTS) {
            due.put(name(file), clock.instant().plus(RETRY_INTERVAL));
        } else if (!errors.isLast(error.get())) {
            move(file, directory.failed());
        }
    }

    /** Queue id of the message in a file; empty without one. */
    String id(Path file) {
        return id(text(file));
    }

    private static String id(String text) {
        Matcher id = ID.matcher(text);
        return id.find() ? id.group(1) : "";
    }

    private void move(Path file, Path to) throws IOException {
        Path moved = to.resolve(name(file));
        Files.move(file, moved, StandardCopyOption.ATOMIC_MOVE);
        times.changed(moved);
        changes++;
    }

    private void log(String file, String line) throws IOException {
        Files.writeString(directory.logs().resolve(file), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        changes++;
    }

    private String time() {
        return DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssxxx")
                .format(clock.instant().truncatedTo(ChronoUnit.SECONDS).atOffset(ZoneOffset.UTC));
    }

    static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static List<Path> list(Path place, String ending) throws IOException {
        try (Stream<Path> all = Files.list(place)) {
            return all.filter(file -> file.toString().endsWith(ending)).sorted().toList();
        }
    }

    private void listen() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                Thread session = new Thread(() -> converse(client), "simulated-mailpit-session");
                session.setDaemon(true);
                session.start();
            } catch (IOException closed) {
                // the test is over
            }
        }
    }

    private void converse(Socket client) {
        try (client) {
            session(client);
        } catch (IOException | EndOfProcess gone) {
            // the relay's end closes its connections
        }
    }

    private void session(Socket client) throws IOException {
        BufferedReader in =
                new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1));
        say(client, "220 mailpit ESMTP");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (line.startsWith("EHLO")) {
                say(client, "250-mailpit\r\n250 SIZE 52428800");
            } else if (!refused.isEmpty() && line.startsWith("RCPT TO:<" + refused)) {
                say(client, "550 5.1.1 no such recipient");
            } else if (line.equals("DATA")) {
                say(client, "354 go ahead");
                relay(client, message(in));
            } else {
                say(client, line.equals("QUIT") ? "221 bye" : "250 2.0.0 Ok");
            }
        }
    }

    private void relay(Socket client, String message) throws IOException {
        ProcessSteps sender = relay;
        sender.take("Mailpit has the message");
        arrive("Return-Path: <app@ours.test>\r\n" + message);
        sender.take("smtp2graph has the message");
        say(client, "250 2.0.0 Ok: queued");
    }

    private synchronized void arrive(String message) throws IOException {
        Path written = directory.temp().resolve("file" + files++ + ".eml");
        Files.writeString(written, message, StandardCharsets.ISO_8859_1);
        Files.setLastModifiedTime(written, FileTime.from(clock.instant()));
        times.changed(written);
        changes++;
        if (diesInTemp) {
            diesInTemp = false;
            startSmtp2Graph();
        } else {
            move(written, directory.queue());
        }
    }

    private static String message(BufferedReader in) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line = in.readLine(); !".".equals(line); line = in.readLine()) {
            if (line == null) {
                throw new IOException("the relay left in the middle of its message");
            }
            lines.add(line);
        }
        return String.join("\r\n", lines) + "\r\n";
    }

    private static void say(Socket client, String reply) throws IOException {
        OutputStream out = client.getOutputStream();
        out.write((reply + "\r\n").getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
