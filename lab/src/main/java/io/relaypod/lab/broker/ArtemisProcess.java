package io.relaypod.lab.broker;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ActiveMQClient;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientRequestor;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.activemq.artemis.api.core.client.ClientSessionFactory;
import org.apache.activemq.artemis.api.core.client.ServerLocator;
import org.apache.activemq.artemis.api.core.management.ManagementHelper;
import org.apache.activemq.artemis.api.core.management.ResourceNames;

/**
 * A broker in a process of its own, with the broker.xml of docs/scaling.md, on a port of 127.0.0.1. A kill leaves the
 * same state as a crash.
 *
 * <pre>{@code
 * try (ArtemisProcess broker = ArtemisProcess.start(directory)) {
 *     relay.with("QUEUE_URL", broker.url()) ...
 *     broker.kill();
 *     broker.startAgain();
 * }
 * }</pre>
 */
public final class ArtemisProcess implements AutoCloseable {

    private static final Pattern RELAYS_QUEUES = Pattern.compile("relaypod\\.(ready|share|wait|line)\\..*");
    private static final Pattern WAITING_QUEUES = Pattern.compile("relaypod\\.wait\\..*");

    private static final Pattern SNIPPET = Pattern.compile("```xml\\n(<!-- etc/broker.xml.*?)```", Pattern.DOTALL);

    private final Path directory;
    private final int port;
    private final List<String> options;
    // Set before start() returns.
    @SuppressWarnings("NullAway.Init")
    private Process process;

    private ArtemisProcess(Path directory, int port, List<String> options) {
        this.directory = directory;
        this.port = port;
        this.options = options;
    }

    /** Starts a broker with its journal in the directory. */
    public static ArtemisProcess start(Path directory) throws IOException {
        return start(directory, UnaryOperator.identity());
    }

    /** Starts a broker whose broker.xml differs from the documented one. */
    public static ArtemisProcess start(Path directory, UnaryOperator<String> change) throws IOException {
        int port = freePort();
        ArtemisProcess broker = configured(directory, port, List.of(), change);
        broker.startAgain();
        return broker;
    }

    /** Starts a backup, which takes over when the broker with the same directory and journal ends. */
    public static ArtemisProcess startBackup(Path directory, UnaryOperator<String> change) throws IOException {
        ArtemisProcess broker = configured(directory, freePort(), List.of("backup"), change);
        broker.startAgain();
        return broker;
    }

    private static ArtemisProcess configured(
            Path directory, int port, List<String> options, UnaryOperator<String> change) throws IOException {
        Files.createDirectories(directory);
        String documented = documentedConfiguration()
                .replace("tcp://0.0.0.0:61616", "tcp://127.0.0.1:" + port)
                .replace(">data/", ">" + directory.resolve("data") + "/");
        Files.writeString(configuration(directory, port), change.apply(documented));
        Files.writeString(directory.resolve("password"), ArtemisMain.PASSWORD + "\n");
        return new ArtemisProcess(directory, port, options);
    }

    private static Path configuration(Path directory, int port) {
        return directory.resolve("broker-" + port + ".xml");
    }

    private static String documentedConfiguration() throws IOException {
        Path page =
                Files.exists(Path.of("docs/scaling.md")) ? Path.of("docs/scaling.md") : Path.of("../docs/scaling.md");
        Matcher snippet = SNIPPET.matcher(Files.readString(page));
        if (!snippet.find()) {
            throw new IOException("docs/scaling.md has no broker.xml");
        }
        return snippet.group(1);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Starts the process, which must not be running, with the journal of the previous process. */
    public void startAgain() throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                ArtemisMain.class.getName(),
                configuration(directory, port).toString()));
        command.addAll(options);
        process = new ProcessBuilder(command)
                .redirectError(directory.resolve("broker-" + port + ".log").toFile())
                .start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        String line = out.readLine();
        while (line != null && !line.equals(ArtemisMain.STARTED)) {
            line = out.readLine();
        }
        if (line == null) {
            throw new IOException(
                    "the broker did not start: " + Files.readString(directory.resolve("broker-" + port + ".log")));
        }
    }

    /** Ends the process as kill -9 does. */
    public void kill() {
        process.toHandle().destroyForcibly();
        process.onExit().orTimeout(1, TimeUnit.MINUTES).join();
    }

    /** Suspends the process, or resumes it. Its connections stay open. */
    public void freeze(boolean frozen) throws IOException, InterruptedException {
        new ProcessBuilder("kill", frozen ? "-STOP" : "-CONT", Long.toString(process.pid()))
                .start()
                .waitFor(1, TimeUnit.MINUTES);
    }

    public String url() {
        return "tcp://127.0.0.1:" + port;
    }

    public String user() {
        return ArtemisMain.USER;
    }

    /** A file with the user's password. */
    public Path passwordFile() {
        return directory.resolve("password");
    }

    /** Deletes the relays' queues with their messages. No relay may be connected. */
    public void deleteQueues() throws Exception {
        withQueues(RELAYS_QUEUES, (session, queue) -> {
            session.deleteQueue(queue);
            return 0;
        });
    }

    /** Messages that wait for a time, a slot or an answer. */
    public long waitingMessages() throws Exception {
        return withQueues(
                WAITING_QUEUES,
                (session, queue) -> session.queueQuery(SimpleString.of(queue)).getMessageCount());
    }

    /** Does something with a queue, or counts something in it. */
    private interface QueueTask {
        long run(ClientSession session, String queue) throws Exception;
    }

    /** @return the sum over the queues */
    private long withQueues(Pattern names, QueueTask task) throws Exception {
        try (ServerLocator locator = ActiveMQClient.createServerLocator(url());
                ClientSessionFactory connection = locator.createSessionFactory();
                ClientSession session =
                        connection.createSession(ArtemisMain.USER, ArtemisMain.PASSWORD, false, true, true, false, 0);
                ClientRequestor requestor = new ClientRequestor(session, "activemq.management")) {
            session.start();
            ClientMessage request = session.createMessage(false);
            ManagementHelper.putOperationInvocation(request, ResourceNames.BROKER, "getQueueNames");
            long sum = 0;
            for (Object name : (Object[]) ManagementHelper.getResult(requestor.request(request))) {
                if (names.matcher(name.toString()).matches()) {
                    sum += task.run(session, name.toString());
                }
            }
            return sum;
        }
    }

    @Override
    public void close() {
        kill();
    }
}
