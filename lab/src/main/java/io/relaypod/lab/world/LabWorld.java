package io.relaypod.lab.world;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import io.relaypod.lab.dns.LabDns;
import io.relaypod.lab.gateway.Mailpit;
import io.relaypod.lab.gateway.Relaying;
import io.relaypod.lab.gateway.Smtp2GraphStandIn;
import io.relaypod.lab.graph.GraphStandIn;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.server.james.RelayServer;
import io.relaypod.server.queue.broker.Broker;
import io.relaypod.server.settings.Settings;

/**
 * A relay with all the servers that it needs, on 127.0.0.1: DNS with the zone of world.zone, Mailpit (the real one if
 * this machine has it), smtp2graph and Graph.
 *
 * <pre>{@code
 * try (LabWorld world = LabWorld.builder().start()) {
 *     try (SmtpConversation smtp = world.connect()) { ... }
 * }
 * }</pre>
 */
public final class LabWorld implements AutoCloseable {

    /** The recipient in {@code STRIP_ICS_RECIPIENTS}. */
    public static final String ORGANISER = "organiser@organiser.example";

    private final LabDns dns;
    private final Mailpit mailpit;
    private final Smtp2GraphStandIn smtp2graph;
    private final GraphStandIn graph;
    private final Settings settings;
    private final Relay relay;
    private final Deque<AutoCloseable> parts;

    private LabWorld(
            LabDns dns,
            Mailpit mailpit,
            Smtp2GraphStandIn smtp2graph,
            GraphStandIn graph,
            Settings settings,
            Relay relay,
            Deque<AutoCloseable> parts) {
        this.dns = dns;
        this.mailpit = mailpit;
        this.smtp2graph = smtp2graph;
        this.graph = graph;
        this.settings = settings;
        this.relay = relay;
        this.parts = parts;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** The domains of the lab, as a zone file. */
    public static String zone() {
        try (InputStream zone = LabWorld.class.getResourceAsStream("world.zone")) {
            return new String(zone.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    public LabDns dns() {
        return dns;
    }

    public Mailpit mailpit() {
        return mailpit;
    }

    public Smtp2GraphStandIn smtp2graph() {
        return smtp2graph;
    }

    public GraphStandIn graph() {
        return graph;
    }

    /** The relay in this process. */
    public RelayServer relay() {
        if (relay instanceof OwnRelay own) {
            return own.server();
        }
        throw new IllegalStateException("the relay of this world is a program of its own");
    }

    public InetSocketAddress smtpAddress() {
        return relay.smtpAddress();
    }

    /** Messages in the relay's queues, those that wait for their next attempt included. */
    public long queuedMails() {
        return relay.queuedMails();
    }

    public Settings settings() {
        return settings;
    }

    /** The {@code Authorization} of requests to webadmin, unless WEBADMIN_PASSWORD_FILE is set. */
    public String webadminAuthorization() throws IOException {
        return "Bearer "
                + Files.readString(settings.dataDir().resolve("webadmin-password"))
                        .strip();
    }

    /** The body of webadmin's answer to a GET of the path. */
    public String webadmin(String path) throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + relay().webadminPort().orElseThrow() + path);
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(uri)
                                .header("Authorization", webadminAuthorization())
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    /** Opens a connection to the relay and sends EHLO. */
    public SmtpConversation connect() throws IOException {
        SmtpConversation smtp = SmtpConversation.connect(relay.smtpAddress());
        smtp.send("EHLO client.example");
        return smtp;
    }

    /**
     * The value of a metric, summed over its series; 0 if there is none.
     *
     * @param metric Prometheus name, such as {@code relaypod_rcpt_total}
     * @param labels keys and values; other labels may have any value
     */
    public long count(String metric, String... labels) {
        return relay.count(metric, labels);
    }

    @Override
    public void close() {
        closeAll(parts);
    }

    private static void closeAll(Deque<AutoCloseable> parts) {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception failed) {
                // The other parts must be closed nevertheless.
            }
        }
    }

    /** Settings of a lab world. For one thread. */
    public static final class Builder {

        private static final int ANY_PORT = 0;

        private final Map<String, String> environment = new HashMap<>();
        private UnaryOperator<Broker> broker = UnaryOperator.identity();
        private Mailpit.Starter mailpit = Mailpit::start;
        private UnaryOperator<Smtp2GraphStandIn.Builder> smtp2graphSettings = UnaryOperator.identity();
        private boolean isFollowed;
        private int mailpitPort = ANY_PORT;
        private int dnsPort = ANY_PORT;

        private Builder() {
            environment.put("LISTEN_ADDR", "127.0.0.1:0");
            environment.put("WEBADMIN_ADDR", "127.0.0.1:0");
            environment.put("METRICS_ADDR", "off");
            environment.put("DNS_TIMEOUT", "500ms");
            environment.put("QUEUE_TIMEOUT", "60s");
            environment.put("STRIP_ICS_RECIPIENTS", ORGANISER);
            environment.put("JAMES_CONF", jamesConf().toString());
        }

        /** Sets an environment variable of the relay. */
        public Builder with(String variable, String value) {
            environment.put(variable, value);
            return this;
        }

        /** Wraps the relay's broker. */
        public Builder withBroker(UnaryOperator<Broker> wrapper) {
            broker = wrapper;
            return this;
        }

        /** Uses another Mailpit than {@link Mailpit#start}. */
        public Builder withMailpit(Mailpit.Starter starter) {
            mailpit = starter;
            return this;
        }

        /** Changes the settings of smtp2graph. */
        public Builder withSmtp2Graph(UnaryOperator<Smtp2GraphStandIn.Builder> settings) {
            smtp2graphSettings = settings;
            return this;
        }

        /** Gives the relay smtp2graph's data directory. */
        public Builder followingGraph() {
            isFollowed = true;
            return this;
        }

        /** Uses fixed ports, for people. */
        public Builder atFixedPorts(int smtp, int metrics, int webadmin, int mailpit, int dns) {
            this.mailpitPort = mailpit;
            this.dnsPort = dns;
            return with("LISTEN_ADDR", "127.0.0.1:" + smtp)
                    .with("METRICS_ADDR", "127.0.0.1:" + metrics)
                    .with("WEBADMIN_ADDR", "127.0.0.1:" + webadmin);
        }

        /** Starts all servers, and the relay in this process. If a start fails, the others are stopped. */
        public LabWorld start() throws Exception {
            return start(own -> OwnRelay.start(own, broker));
        }

        /** Starts all servers, and then the relay. If a start fails, the others are stopped. */
        public LabWorld start(Relay.RelayStarter starter) throws Exception {
            Deque<AutoCloseable> parts = new ArrayDeque<>();
            try {
                Path data = Files.createTempDirectory("relaypod-lab");
                parts.push(() -> delete(data));
                LabDns dns = LabDns.at(dnsPort, zone());
                parts.push(dns);
                GraphStandIn graph = GraphStandIn.start();
                parts.push(graph);
                Smtp2GraphStandIn smtp2graph = smtp2graphSettings
                        .apply(Smtp2GraphStandIn.builder(graph.address()))
                        .start();
                parts.push(smtp2graph);
                if (isFollowed) {
                    environment.putIfAbsent("SMTP2GRAPH_DATA", smtp2graph.data().toString());
                }
                Mailpit gateway = mailpit.start(mailpitPort, Relaying.to(smtp2graph.address()));
                parts.push(gateway);
                environment.putIfAbsent(
                        "DNS_SERVERS", "127.0.0.1:" + dns.address().getPort());
                environment.putIfAbsent(
                        "UPSTREAM_PORT", Integer.toString(gateway.smtpAddress().getPort()));
                environment.putIfAbsent("DATA_DIR", data.toString());
                Settings settings = Settings.from(environment);
                Relay relay = starter.start(Map.copyOf(environment));
                parts.push(relay);
                return new LabWorld(dns, gateway, smtp2graph, graph, settings, relay, parts);
            } catch (Exception | Error notStarted) {
                closeAll(parts);
                throw notStarted;
            }
        }

        // The launcher and Maven have different working directories.
        private static Path jamesConf() {
            return Stream.of("james-conf", "../james-conf", System.getenv().getOrDefault("JAMES_CONF", "james-conf"))
                    .map(Path::of)
                    .filter(Files::isDirectory)
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException(
                            "no james-conf near " + Path.of("").toAbsolutePath()));
        }

        private static void delete(Path directory) throws IOException {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }
}
