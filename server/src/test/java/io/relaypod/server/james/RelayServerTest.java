package io.relaypod.server.james;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.relaypod.server.metrics.MeterNames;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The assembled relay, without DNS and without a gateway. */
class RelayServerTest {

    private static final Duration LONG_ENOUGH = Duration.ofSeconds(30);

    @TempDir
    private static Path directory;

    private static Map<String, String> environment;
    private static RelayServer relay;

    @BeforeAll
    static void start() throws Exception {
        environment = Map.of(
                "DATA_DIR",
                directory.resolve("data").toString(),
                "JAMES_CONF",
                "../james-conf",
                "LISTEN_ADDR",
                "127.0.0.1:0",
                "METRICS_ADDR",
                "127.0.0.1:0",
                "WEBADMIN_ADDR",
                "127.0.0.1:0",
                "WEBADMIN_PASSWORD_FILE",
                file("password", "correct horse battery"),
                "ALLOW_DOMAINS_FILE",
                file("allowed", "allowed.example"),
                "DENY_DOMAINS_FILE",
                file("denied", "denied.example"),
                "UPSTREAM_PORT",
                Integer.toString(closedPort()));
        relay = start(environment);
    }

    private static RelayServer start(Map<String, String> variables) throws Exception {
        PrometheusMeterRegistry meters = MeterNames.registry();
        return RelayServer.start(RelayAssembly.of(variables, meters), meters);
    }

    private static String file(String name, String content) throws IOException {
        return Files.writeString(directory.resolve(name), content + "\n").toString();
    }

    private static int closedPort() throws IOException {
        try (ServerSocket closed = new ServerSocket(0)) {
            return closed.getLocalPort();
        }
    }

    @AfterAll
    static void stop() {
        relay.close();
    }

    /** A client of the relay. */
    private static final class Client implements AutoCloseable {

        private final Socket socket = new Socket();
        private final BufferedReader in;

        Client() throws IOException {
            InetSocketAddress address = relay.smtpAddress();
            socket.connect(address, (int) LONG_ENOUGH.toMillis());
            socket.setSoTimeout((int) LONG_ENOUGH.toMillis());
            in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            assertThat(reply()).startsWith("220 ");
        }

        private String reply() throws IOException {
            String line = String.valueOf(in.readLine());
            return line.startsWith("-", 3) ? line + "\n" + reply() : line;
        }

        String say(String text) throws IOException {
            socket.getOutputStream().write((text + "\r\n").getBytes(StandardCharsets.US_ASCII));
            return reply();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static String get(int port, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .timeout(LONG_ENOUGH)
                                .header("Authorization", "Bearer correct horse battery")
                                .build(),
                        BodyHandlers.ofString())
                .body();
    }

    @Test
    void aMessageIsAcceptedAndWaitsWhileTheGatewayIsUnreachable() throws Exception {
        try (Client client = new Client()) {
            assertThat(client.say("EHLO app.example")).contains("PIPELINING", "SIZE", "ENHANCEDSTATUSCODES");
            assertThat(client.say("MAIL FROM:<office@sender.example>")).startsWith("250");
            assertThat(client.say("RCPT TO:<user@denied.example>")).startsWith("550 5.1.2");
            assertThat(client.say("RCPT TO:<user@allowed.example>")).startsWith("250");
            assertThat(client.say("DATA")).startsWith("354");
            assertThat(client.say(
                            "From: office@sender.example\r\nTo: user@allowed.example\r\nSubject: x\r\n\r\nbody\r\n."))
                    .startsWith("250 ");
            assertThat(client.say("QUIT")).startsWith("221");
        }
        Awaitility.await()
                .atMost(LONG_ENOUGH)
                .untilAsserted(() -> assertThat(get(relay.webadminPort().orElseThrow(), "/mailQueues/outgoing/mails"))
                        .contains("office@sender.example", "user@allowed.example"));
        Awaitility.await()
                .atMost(LONG_ENOUGH)
                .untilAsserted(() -> assertThat(
                                get(relay.webadminPort().orElseThrow(), "/relay/trace?recipient=user@allowed.example"))
                        .contains("received", "deferred"));
        Awaitility.await().atMost(LONG_ENOUGH).until(() -> relay.queuedMails() == 1);
        assertThat(get(relay.metricsPort().orElseThrow(), "/metrics")).contains("relaypod_spool_writes");
    }

    @Test
    void aClientThatBreaksTheOrderOfCommandsIsToldSo() throws Exception {
        try (Client client = new Client()) {
            assertThat(client.say("RCPT TO:<user@allowed.example>")).startsWith("503");
            assertThat(client.say("NONSENSE")).startsWith("500");
            assertThat(client.say("HELO app.example")).startsWith("250");
            assertThat(client.say("DATA")).startsWith("503");
            assertThat(client.say("MAIL FROM:<>")).startsWith("250");
            assertThat(client.say("RCPT TO:<user name@allowed.example>")).startsWith("5");
            assertThat(client.say("RSET")).startsWith("250");
            assertThat(client.say("NOOP")).startsWith("250");
            assertThat(client.say("VRFY user")).startsWith("502");
        }
    }

    @Test
    void anAddressInUseStopsTheStartAndNamesItsVariable() {
        Map<String, String> second = new HashMap<>(environment);
        second.put("DATA_DIR", directory.resolve("second").toString());
        second.put("LISTEN_ADDR", "127.0.0.1:" + relay.smtpAddress().getPort());

        assertThatThrownBy(() -> start(second)).hasMessageContaining("LISTEN_ADDR");
    }
}
