package io.relaypod.containers;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Volume;
import io.relaypod.lab.Engine;
import io.relaypod.lab.gateway.MailpitRelease;
import io.relaypod.lab.gateway.RealMailpit;
import io.relaypod.lab.graph.GraphStandIn;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.ExternalRelay;
import io.relaypod.lab.world.LabWorld;
import io.relaypod.lab.world.Relay;
import org.testcontainers.containers.GenericContainer;

/**
 * The pod's three containers, configured as in the manifests, but in the host's network. If the engine has no images of
 * Mailpit and smtp2graph, the lab's image has stand-ins. The lab simulates Graph, as smtp2graph's httpProxy.
 */
final class Chain implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration HTTP_TIMEOUT = Duration.ofSeconds(20);
    private static final String USER = "10001:10001";
    private static final long MAILPIT_MEMORY = 256L << 20;
    private static final long SMTP2GRAPH_MEMORY = 128L << 20;
    private static final long LAB_MEMORY = 192L << 20;

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final GraphStandIn graph;
    private final GenericContainer<?> smtp2graph;
    private final GenericContainer<?> mailpit;
    private final LabWorld world;
    // Set while the world starts.
    private RelayContainer relay;
    private URI webadmin = URI.create("");

    private Chain(MailpitRelease release) throws Exception {
        try {
            graph = GraphStandIn.start();
            parts.push(graph);
            InetSocketAddress smtp2graphAddress = RealMailpit.freeAddress();
            smtp2graph = started(smtp2graph(smtp2graphAddress), smtp2graphAddress);
            InetSocketAddress mailpitAddress = RealMailpit.freeAddress();
            mailpit = started(mailpit(release, mailpitAddress, smtp2graphAddress), mailpitAddress);
            world = LabWorld.builder()
                    .with("UPSTREAM_PORT", Integer.toString(mailpitAddress.getPort()))
                    .start(this::relay);
            parts.push(world);
        } catch (Exception | Error notStarted) {
            close();
            throw notStarted;
        }
    }

    static Chain start(MailpitRelease release) throws Exception {
        return new Chain(release);
    }

    GraphStandIn graph() {
        return graph;
    }

    InetSocketAddress smtpAddress() {
        return world.smtpAddress();
    }

    SmtpConversation connect() throws IOException {
        return world.connect();
    }

    void startRelayAgain() {
        relay.stop();
        relay.startAgain();
    }

    void startMailpitAgain() {
        Engine.client().stopContainerCmd(mailpit.getContainerId()).exec();
        Engine.client().startContainerCmd(mailpit.getContainerId()).exec();
    }

    /**
     * Restarts smtp2graph as in a pod: Mailpit stops before it, and starts after it. Otherwise smtp2graph would lose
     * messages that it has answered with 250 and not yet moved to its queue, since it does not handle SIGTERM.
     */
    void startSmtp2GraphAgain() {
        Engine.client().stopContainerCmd(mailpit.getContainerId()).exec();
        Engine.client()
                .killContainerCmd(smtp2graph.getContainerId())
                .withSignal("INT")
                .exec();
        await().atMost(PATIENCE).until(() -> !smtp2graph.isRunning());
        Engine.client().startContainerCmd(smtp2graph.getContainerId()).exec();
        Engine.client().startContainerCmd(mailpit.getContainerId()).exec();
    }

    /** Retries waiting messages, as an operator does after an outage of the gateway. */
    void retryNow() throws IOException, InterruptedException {
        HttpRequest patch = HttpRequest.newBuilder(webadmin.resolve("/mailQueues/outgoing/mails?delayed=true"))
                .timeout(HTTP_TIMEOUT)
                .header("Authorization", "Bearer " + relay.password())
                .method("PATCH", HttpRequest.BodyPublishers.ofString("{\"delayed\": false}"))
                .build();
        HttpResponse<String> answer = HttpClient.newHttpClient().send(patch, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() / 100 != 2) {
            throw new IOException("webadmin answered " + answer.statusCode() + " " + answer.body());
        }
    }

    @Override
    public void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception next) {
                // The other parts must be stopped nevertheless.
            }
        }
    }

    private GenericContainer<?> smtp2graph(InetSocketAddress address) throws IOException {
        if (!Engine.canRun(Engine.SMTP2GRAPH)) {
            return standIn(
                    "smtp2graph",
                    "--port",
                    Integer.toString(address.getPort()),
                    "--graph",
                    "127.0.0.1:" + graph.address().getPort());
        }
        Path config = volume();
        Path data = volume();
        Files.writeString(config.resolve("config.yml"), smtp2graphConfig(address.getPort()));
        return new GenericContainer<>(Engine.SMTP2GRAPH).withCreateContainerCmdModifier(command -> {
            configureAsInThePod(
                    command,
                    SMTP2GRAPH_MEMORY,
                    data,
                    new Bind(config.toString(), new Volume("/etc/smtp2graph"), AccessMode.ro));
            command.withEntrypoint(
                    "node", "/bin/smtp2graph.js", "--baseDir=/data", "--config=/etc/smtp2graph/config.yml");
        });
    }

    private GenericContainer<?> mailpit(MailpitRelease release, InetSocketAddress address, InetSocketAddress nextHop)
            throws IOException {
        Path data = volume();
        if (!Engine.canRun(Engine.mailpit(release))) {
            return standIn(
                    "mailpit",
                    "--port",
                    Integer.toString(address.getPort()),
                    "--next-hop",
                    "127.0.0.1:" + nextHop.getPort());
        }
        return new GenericContainer<>(Engine.mailpit(release))
                .withEnv(Map.of(
                        "MP_SMTP_BIND_ADDR",
                        "127.0.0.1:" + address.getPort(),
                        "MP_UI_BIND_ADDR",
                        "127.0.0.1:" + RealMailpit.freeAddress().getPort(),
                        "MP_DATABASE",
                        "/data/mailpit.db",
                        "MP_DISABLE_VERSION_CHECK",
                        "true",
                        "MP_SMTP_DISABLE_RDNS",
                        "true",
                        "MP_SMTP_RELAY_HOST",
                        "127.0.0.1",
                        "MP_SMTP_RELAY_PORT",
                        Integer.toString(nextHop.getPort()),
                        "MP_SMTP_RELAY_ALL",
                        "true",
                        "MP_SMTP_RELAY_FWD_SMTP_ERRORS",
                        "true"))
                .withCreateContainerCmdModifier(command -> configureAsInThePod(command, MAILPIT_MEMORY, data));
    }

    private static void configureAsInThePod(CreateContainerCmd command, long memory, Path data, Bind... others) {
        RelayContainer.harden(command, memory);
        List<Bind> binds = new ArrayList<>(List.of(others));
        binds.add(new Bind(data.toString(), new Volume("/data")));
        command.withUser(USER).getHostConfig().withBinds(binds);
    }

    private static GenericContainer<?> standIn(String... arguments) {
        return new GenericContainer<>(Engine.LAB)
                .withCommand(Stream.concat(Stream.of("stand-in"), Stream.of(arguments))
                        .toArray(String[]::new))
                .withCreateContainerCmdModifier(command -> RelayContainer.harden(command, LAB_MEMORY));
    }

    private GenericContainer<?> started(GenericContainer<?> container, InetSocketAddress smtp) {
        container.withNetworkMode("host").start();
        parts.push(container::stop);
        await().atMost(PATIENCE).until(() -> greets(smtp));
        return container;
    }

    private Relay relay(Map<String, String> environment) throws IOException {
        Map<String, String> complete = RelayContainer.inImage(ExternalRelay.withPorts(environment));
        webadmin = URI.create("http://" + complete.get("WEBADMIN_ADDR"));
        relay = RelayContainer.beside(complete);
        return ExternalRelay.await(complete, relay::isRunning, relay::password, relay::close);
    }

    /** A directory that the pod's user may write to, as a volume with fsGroup. */
    private Path volume() throws IOException {
        Path directory = Files.createTempDirectory("relaypod-volume");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        parts.push(() -> delete(directory));
        return directory;
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static boolean greets(InetSocketAddress smtp) {
        try (SmtpConversation conversation = SmtpConversation.connect(smtp)) {
            return conversation.banner().code() == 220;
        } catch (IOException notYet) {
            return false;
        }
    }

    private String smtp2graphConfig(int port) {
        return """
            mode: full
            send:
              appReg:
                tenant: contoso
                id: 01234567-89ab-cdef-0123-456789abcdef
                secret: lab
              retryLimit: 96
              retryInterval: 1
            receive:
              port: %d
              listenAddress: 127.0.0.1
            httpProxy:
              host: 127.0.0.1
              port: %d
            """.formatted(port, graph.address().getPort());
    }
}
