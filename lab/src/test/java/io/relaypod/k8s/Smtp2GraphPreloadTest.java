package io.relaypod.k8s;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import com.sun.net.httpserver.HttpServer;
import io.relaypod.lab.Peers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The stop and start of smtp2graph in the pod, with a stand-in that uses files as smtp2graph does. */
class Smtp2GraphPreloadTest {

    private static final String PRELOAD =
            "--import=" + Path.of("../k8s/base/smtp2graph-preload.mjs").toAbsolutePath();
    private static final String PROGRAM = "src/test/resources/k8s/smtp2graph_miniature.cjs";
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    private Path directory;

    private final AtomicInteger received = new AtomicInteger();
    private final CountDownLatch answers = new CountDownLatch(1);
    private final List<Process> processes = new ArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private HttpServer graph;

    @BeforeAll
    static void findNode() {
        boolean found = Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "node")));
        // nodemailer needs node, so a build that requires nodemailer has node.
        Peers.require("nodemailer", found, "node is not on the PATH");
    }

    @BeforeEach
    void startGraph() throws IOException {
        graph = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        graph.setExecutor(threads);
        graph.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            received.incrementAndGet();
            try {
                answers.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            } catch (InterruptedException endOfTest) {
                Thread.currentThread().interrupt();
            }
            exchange.sendResponseHeaders(202, -1);
            exchange.close();
        });
        graph.start();
    }

    @AfterEach
    void stop() {
        answers.countDown();
        processes.forEach(Process::destroyForcibly);
        graph.stop(0);
        threads.shutdownNow();
    }

    @Test
    void aStopWaitsForTheRequestInFlightAndLeavesOtherMessagesToTheNextStart() throws Exception {
        Process smtp2graph = start("http://127.0.0.1:" + graph.getAddress().getPort());
        int port = Integer.parseInt(
                new BufferedReader(new InputStreamReader(smtp2graph.getInputStream(), UTF_8)).readLine());
        send(port);
        send(port);
        await().atMost(PATIENCE).until(() -> received.get() == 1 && queue().size() == 2);

        smtp2graph.destroy();
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(accepts(port)).isFalse());
        assertThat(smtp2graph.isAlive()).as("in flight at Graph").isTrue();
        answers.countDown();

        assertThat(smtp2graph.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(smtp2graph.exitValue()).isZero();
        assertThat(received).as("requests to Graph").hasValue(1);
        assertThat(queue()).containsExactly("2.eml");
    }

    @Test
    void aMessageAcceptedJustBeforeTheStopIsInTheQueueAfterIt() throws Exception {
        answers.countDown();
        Process smtp2graph = start("http://127.0.0.1:" + graph.getAddress().getPort());
        int port = Integer.parseInt(
                new BufferedReader(new InputStreamReader(smtp2graph.getInputStream(), UTF_8)).readLine());

        send(port);
        smtp2graph.destroy();

        assertThat(smtp2graph.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(directory.resolve("temp")).isEmptyDirectory();
        assertThat(queue().size() + received.get())
                .as("queued for the next start, or sent")
                .isEqualTo(1);
    }

    @Test
    void aPlaceholderInTheConfigurationEndsTheStartWithItsName() throws Exception {
        Path config = Files.writeString(
                directory.resolve("config.yml"), "# CHANGE-ME in a comment\nsend:\n  appReg:\n    tenant: CHANGE-ME\n");

        Process smtp2graph = start("http://127.0.0.1:1", "--config=" + config);

        assertThat(smtp2graph.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(smtp2graph.exitValue()).isEqualTo(78);
        assertThat(new String(smtp2graph.getErrorStream().readAllBytes(), UTF_8))
                .contains(config + ", line 4: CHANGE-ME")
                .doesNotContain("line 1");
    }

    private Process start(String graphUrl, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("node", PRELOAD, PROGRAM, directory.toString(), graphUrl));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).start();
        processes.add(process);
        return process;
    }

    private static void send(int port) throws IOException {
        try (Socket connection = new Socket(InetAddress.getLoopbackAddress(), port)) {
            connection.setSoTimeout((int) PATIENCE.toMillis());
            connection.getOutputStream().write("message\r\n".getBytes(US_ASCII));
            assertThat(new String(connection.getInputStream().readAllBytes(), US_ASCII))
                    .startsWith("250");
        }
    }

    private static boolean accepts(int port) {
        try (Socket connection = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return connection.isConnected();
        } catch (IOException refused) {
            return false;
        }
    }

    private List<String> queue() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("queue"))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
