package io.relaypod.lab.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.IDN;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.subethamail.smtp.MessageContext;
import org.subethamail.smtp.MessageHandler;
import org.subethamail.smtp.RejectException;
import org.subethamail.smtp.server.SMTPServer;

/**
 * A stand-in for smtp2graph 1.1.4: accepts every message with 250, then sends it to Graph. The SMTP client does not
 * learn Graph's answer.
 *
 * <pre>{@code
 * Smtp2GraphStandIn gateway = Smtp2GraphStandIn.start(graph.address(), Retries.fast());
 * gateway.down();   // the port is closed
 * gateway.up();     // at the same port; the messages in the queue directory are sent again
 * gateway.killAt(KillPoint.BEFORE_UNLINK);
 * }</pre>
 *
 * <p>{@link #data} has the directories and the error.log of the real smtp2graph. Thread-safe.
 */
public final class Smtp2GraphStandIn implements Smtp2Graph {

    private static final int MAX_SIZE = 104_857_600;
    private static final int MAX_CONNECTIONS = 1000;
    private static final int NO_LIMIT = -1;

    private final InetSocketAddress graph;
    private final Duration timeout;
    private final Retries retries;
    private final Clock clock;
    private final long logBytes;
    private final Smtp2GraphFiles files;
    private final boolean isOwnData;
    private final int port;
    private final Map<KillPoint, Integer> kills = new EnumMap<>(KillPoint.class);
    private Optional<SMTPServer> server = Optional.empty();
    private volatile Smtp2GraphMailQueue life;

    private Smtp2GraphStandIn(Builder builder) throws IOException {
        this.graph = builder.graph;
        this.timeout = builder.timeout;
        this.retries = builder.retries;
        this.clock = builder.clock;
        this.logBytes = builder.logBytes;
        this.isOwnData = builder.data.isEmpty();
        this.files = new Smtp2GraphFiles(
                isOwnData ? Files.createTempDirectory("lab-smtp2graph") : builder.data.orElseThrow());
        this.life = begin();
        SMTPServer first = listen(builder.port);
        this.server = Optional.of(first);
        this.port = first.getPortAllocated();
    }

    /** The differences to an smtp2graph with default settings. For one thread. */
    public static final class Builder {

        private final InetSocketAddress graph;
        private int port;
        private Retries retries = Retries.asReleased();
        private Clock clock = Clock.systemUTC();
        private Duration timeout = Duration.ofMinutes(2);
        private long logBytes = Smtp2GraphLog.RELEASED_SIZE;
        private Optional<Path> data = Optional.empty();

        private Builder(InetSocketAddress graph) {
            this.graph = graph;
        }

        /** A port of 127.0.0.1; a free one by default. */
        public Builder atPort(int number) {
            this.port = number;
            return this;
        }

        public Builder withRetries(Retries other) {
            this.retries = other;
            return this;
        }

        /** The clock of the retries. */
        public Builder withClock(Clock other) {
            this.clock = other;
            return this;
        }

        /** The time limit for Graph's answer. */
        public Builder withTimeout(Duration other) {
            this.timeout = other;
            return this;
        }

        /** The maximum size of one error log file. */
        public Builder withLogsOf(long bytes) {
            this.logBytes = bytes;
            return this;
        }

        /** A data directory that is not deleted at the end. The default is a temporary one, which is deleted. */
        public Builder withData(Path directory) {
            this.data = Optional.of(directory);
            return this;
        }

        public Smtp2GraphStandIn start() throws IOException {
            return new Smtp2GraphStandIn(this);
        }
    }

    /** @param graph simulates the login and Graph */
    public static Builder builder(InetSocketAddress graph) {
        return new Builder(graph);
    }

    /** Starts at a free port of 127.0.0.1. */
    public static Smtp2GraphStandIn start(InetSocketAddress graph, Retries retries) throws IOException {
        return builder(graph).withRetries(retries).start();
    }

    /** Starts at the given port of 127.0.0.1. */
    public static Smtp2GraphStandIn start(int port, InetSocketAddress graph, Retries retries) throws IOException {
        return builder(graph).atPort(port).withRetries(retries).start();
    }

    @Override
    public InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    @Override
    public Path data() {
        return files.data();
    }

    /** Closes the port and its connections. Accepted messages are still sent. */
    public synchronized void down() {
        server.ifPresent(SMTPServer::stop);
        server = Optional.empty();
    }

    /**
     * Opens the same port again, and sends the messages in the queue directory again, as smtp2graph does at a start.
     */
    @Override
    public synchronized void up() throws IOException {
        if (server.isEmpty() || life.isDead()) {
            down();
            life.finish();
            life = begin();
            server = Optional.of(listen(port));
        }
    }

    @Override
    public void kill() {
        life.kill();
        down();
    }

    /** Kills the process when the next message reaches the point. */
    public void killAt(KillPoint point) {
        killAt(point, 1);
    }

    /** Kills the process when this number of messages has reached the point. */
    public void killAt(KillPoint point, int mails) {
        synchronized (kills) {
            kills.put(point, mails);
        }
    }

    /** Whether the process was killed and not started again. */
    public boolean isDead() {
        return life.isDead();
    }

    /** Deletes all files of the data directory. The process must not run. */
    public void emptyData() throws IOException {
        delete(files.data());
        Files.createDirectories(files.data());
    }

    /**
     * The messages that stay in the queue directory until the next start: messages without a sender, and messages that
     * failed permanently. A throttled message fails permanently, since its retries have an empty body.
     */
    public List<String> stuck() {
        return Smtp2GraphFiles.mails(files.queue()).stream()
                .filter(name -> !life.isWorkingOn(name))
                .flatMap(name -> text(files.queue().resolve(name)).stream())
                .toList();
    }

    /** The messages that failed after all retries. */
    public List<String> failed() {
        return Smtp2GraphFiles.mails(files.failed()).stream()
                .flatMap(name -> text(files.failed().resolve(name)).stream())
                .toList();
    }

    /** Number of accepted messages that are neither sent, nor stuck, nor failed. */
    public int pending() {
        return Smtp2GraphFiles.mails(files.temp()).size()
                + (int) Smtp2GraphFiles.mails(files.queue()).stream()
                        .filter(life::isWorkingOn)
                        .count();
    }

    @Override
    public void close() {
        kill();
        if (isOwnData) {
            try {
                delete(files.data());
            } catch (IOException left) {
                throw new UncheckedIOException(left);
            }
        }
    }

    private Smtp2GraphMailQueue begin() throws IOException {
        return new Smtp2GraphMailQueue(
                files,
                new Smtp2GraphLog(files.logs(), logBytes, clock),
                new GraphClient(graph, timeout),
                retries,
                clock,
                this::killedAt);
    }

    private boolean killedAt(KillPoint point) {
        synchronized (kills) {
            if (!kills.containsKey(point)) {
                return false;
            }
            int left = kills.merge(point, -1, Integer::sum);
            if (left > 0) {
                return false;
            }
            kills.remove(point);
        }
        life.kill();
        // The server's stop waits for its sessions. This thread may serve a session, so another one stops the server.
        daemon(this::down).start();
        return true;
    }

    private SMTPServer listen(int atPort) {
        SMTPServer listening = SMTPServer.port(atPort)
                .bindAddress(InetAddress.getLoopbackAddress())
                .hostName("smtp2graph-stand-in")
                .softwareName("SMTP2Graph 1.1.4")
                .maxMessageSize(MAX_SIZE)
                .maxRecipients(NO_LIMIT)
                .maxConnections(MAX_CONNECTIONS)
                .insertReceivedHeaders(false)
                .fromAddressValidator(address -> true)
                .executorService(Executors.newCachedThreadPool(Smtp2GraphStandIn::daemon))
                .messageHandlerFactory(context -> new ReceivedTransaction(context, life))
                .build();
        listening.start();
        return listening;
    }

    private final class ReceivedTransaction implements MessageHandler {

        private final Smtp2GraphMailQueue life;
        private final Path file;
        private String sender = "";
        private final Set<String> recipients = new LinkedHashSet<>();
        private boolean isWritten;

        // The file is named after the connection, so a second message on a connection replaces the first.
        ReceivedTransaction(MessageContext context, Smtp2GraphMailQueue life) {
            this.life = life;
            this.file = files.temp()
                    .resolve(Integer.toHexString(System.identityHashCode(context))
                            + context.getSessionId().toLowerCase(Locale.ROOT) + ".eml");
        }

        @Override
        public void from(String address) {
            sender = address;
        }

        @Override
        public void recipient(String address) throws RejectException {
            if (address.indexOf('@') != address.lastIndexOf('@')) {
                throw new RejectException(501, "Error: Bad recipient address syntax");
            }
            recipients.add(unicode(address));
        }

        // As in smtp-server's punycode, only labels that begin with a lower-case xn-- are converted.
        private static String unicode(String address) {
            return Stream.of(address.split("(?<=[@.])"))
                    .map(label -> label.startsWith("xn--") ? IDN.toUnicode(label) : label)
                    .collect(Collectors.joining());
        }

        @Override
        public String data(InputStream content) throws IOException {
            byte[] mime = Smtp2GraphMail.completed(content.readAllBytes(), sender, List.copyOf(recipients));
            if (life.isDead()) {
                throw new IOException("smtp2graph was killed");
            }
            Files.write(file, mime);
            isWritten = true;
            return "OK: message queued";
        }

        /** Called after the 250 was sent. */
        @Override
        public void done() {
            if (isWritten) {
                isWritten = false;
                life.queue(file);
            }
        }
    }

    private static Optional<String> text(Path file) {
        try {
            // In ISO 8859-1 no byte is lost.
            return Optional.of(Files.readString(file, StandardCharsets.ISO_8859_1));
        } catch (IOException goneMeanwhile) {
            return Optional.empty();
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "lab-smtp2graph");
        thread.setDaemon(true);
        return thread;
    }
}
