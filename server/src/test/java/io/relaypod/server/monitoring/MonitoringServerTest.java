package io.relaypod.server.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.monitoring.Page.PageResponse;
import io.relaypod.server.settings.ListenAddress;
import io.relaypod.server.settings.MonitoringSettings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

class MonitoringServerTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final MonitoringSettings SETTINGS =
            new MonitoringSettings(new ListenAddress("127.0.0.1", 0), 8, Duration.ofSeconds(10));

    // Larger than the socket buffers between a server and a client that does not read.
    private static final PageResponse HUGE = PageResponse.text(HttpResponseStatus.OK, "x".repeat(8_000_000));

    private static final long BUDGET = 1 << 30;

    private final CountDownLatch slowPage = new CountDownLatch(1);
    private MonitoringServer server;

    @BeforeEach
    void start() throws Exception {
        server = MonitoringServer.start(
                SETTINGS,
                Map.of(
                        "/", request -> PageResponse.text(HttpResponseStatus.OK, "hello\n"),
                        "/livez", request -> PageResponse.text(HttpResponseStatus.OK, "live\n"),
                        "/long", request -> PageResponse.text(HttpResponseStatus.OK, "x".repeat(1_000_000)),
                        "/huge", request -> HUGE,
                        "/broken",
                                request -> {
                                    throw new IllegalStateException("the page fails");
                                },
                        "/slow",
                                request -> {
                                    awaitUninterrupted();
                                    return PageResponse.text(HttpResponseStatus.OK, "at last\n");
                                }),
                new MemoryBudget(BUDGET));
    }

    private void awaitUninterrupted() {
        try {
            slowPage.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    @AfterEach
    void stop() {
        slowPage.countDown();
        server.close();
    }

    @Test
    void aPageIsServed() throws Exception {
        String answer = exchange("GET /?x=y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        assertThat(answer)
                .startsWith("HTTP/1.1 200 OK\r\n")
                .endsWith("\r\n\r\nhello\n")
                .containsIgnoringCase("content-length: 6\r\n")
                .containsIgnoringCase("cache-control: no-store");
    }

    @Test
    void headIsAnsweredWithThePagesLengthAndNoBody() throws Exception {
        assertThat(exchange("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200 OK")
                .containsIgnoringCase("content-length: 6\r\n")
                .endsWith("\r\n\r\n");
    }

    @Test
    void requestsOfOneConnectionAreAnsweredInTheirOrder() throws Exception {
        String answers = exchange(
                "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /nothing HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        assertThat(answers).containsSubsequence("200 OK", "hello", "404 Not Found", "200 OK", "hello");
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST / HTTP/1.1\r\nContent-Length: 0\r\n", "DELETE / HTTP/1.1\r\n"})
    void nothingButGetAndHeadIsAllowed(String request) throws Exception {
        assertThat(exchange(request + "Host: a\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 405 ")
                .containsIgnoringCase("allow: GET, HEAD");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"})
    void aMalformedRequestIsAnsweredWith400(String malformed) throws Exception {
        assertThat(exchange(malformed)).startsWith("HTTP/1.1 400 ");
    }

    @Test
    void aBodyOrHeaderThatIsTooLongIsRefused() throws Exception {
        assertThat(exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + "x".repeat(100_000)))
                .startsWith("HTTP/1.1 413 ");
        assertThat(exchange("GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(20_000) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 400 ");
    }

    @Test
    void aPageThatFailsIsAnsweredWith500AndTheNextIsServed() throws Exception {
        assertThat(exchange("GET /broken HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 500 ")
                .doesNotContain("the page fails");
        assertThat(exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200 ");
    }

    @Test
    void aSlowPageDoesNotDelayAnother() throws Exception {
        try (Socket slow = connect()) {
            slow.getOutputStream()
                    .write("GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));

            assertThat(exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 200 ");
            slowPage.countDown();
            assertThat(new String(slow.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .endsWith("at last\n");
        }
    }

    @Test
    void aLivenessProbeIsAnsweredWhileAllPageThreadsAreBusy() throws Exception {
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 1; i < SETTINGS.connections(); i++) {
                Socket socket = connect();
                slow.add(socket);
                socket.getOutputStream()
                        .write("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            }
            assertThat(exchange("GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                    .endsWith("live\n");
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
    }

    @Test
    void aFloodFromAnotherAddressClosesNoConnectionOfAProbe() throws Exception {
        List<Socket> flood = new ArrayList<>();
        try (Socket probe = connect()) {
            for (int i = 0; i < SETTINGS.connections() * 4; i++) {
                Socket socket = new Socket();
                flood.add(socket);
                socket.bind(new InetSocketAddress("127.0.0.2", 0));
                socket.connect(server.address());
            }
            assertThat(exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 200 ");
            probe.getOutputStream()
                    .write("GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(readAll(probe)).endsWith("live\n");
        } finally {
            for (Socket socket : flood) {
                socket.close();
            }
        }
    }

    @Test
    void aSilentConnectionIsClosedForANewOne() throws Exception {
        List<Socket> silent = new ArrayList<>();
        try {
            for (int i = 0; i < SETTINGS.connections() * 2; i++) {
                silent.add(connect());
            }
            assertThat(exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 200 ");
            assertThat(silent.get(0).getInputStream().read())
                    .as("the first connection was closed")
                    .isEqualTo(-1);
            assertThat(server.connections()).isLessThanOrEqualTo(SETTINGS.connections());
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    @Test
    void aConnectionWithARequestIsNotClosedWhileAnotherIsSilent() throws Exception {
        List<Socket> busy = new ArrayList<>();
        try (Socket silent = connect()) {
            for (int i = 1; i < SETTINGS.connections(); i++) {
                Socket socket = connect();
                busy.add(socket);
                socket.getOutputStream()
                        .write("GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
            }
            try (Socket oneMore = connect()) {
                assertThat(silent.getInputStream().read())
                        .as("the silent connection was closed")
                        .isEqualTo(-1);
                assertThat(oneMore.isConnected()).isTrue();
            }
            slowPage.countDown();
            for (Socket socket : busy) {
                assertThat(readAll(socket)).endsWith("at last\n");
            }
            await().atMost(PATIENCE).until(() -> server.connections() == 0);
        } finally {
            for (Socket socket : busy) {
                socket.close();
            }
        }
    }

    @Test
    void aConnectionThatDoesNotReadItsAnswerIsClosedForAProbe() throws Exception {
        List<Socket> unread = new ArrayList<>();
        try {
            for (int i = 0; i < SETTINGS.connections(); i++) {
                Socket socket = connect();
                unread.add(socket);
                socket.getOutputStream()
                        .write("GET /huge HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
                assertThat(socket.getInputStream().read())
                        .as("its answer has begun")
                        .isEqualTo('H');
            }
            assertThat(exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 200 ");

            assertThat(readAll(unread.get(0)).length())
                    .as("the connection whose answer took longest")
                    .isLessThan(HUGE.body().length);
            assertThat(readAll(unread.get(1)).length())
                    .as("the next connection")
                    .isGreaterThan(HUGE.body().length);
        } finally {
            for (Socket socket : unread) {
                socket.close();
            }
        }
    }

    @Test
    void aRequestSentByteByByteIsCutOffAtTheDeadline() throws Exception {
        try (Socket socket = connect()) {
            await().atMost(SETTINGS.timeout().plus(PATIENCE))
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> {
                        try {
                            socket.getOutputStream().write('G');
                            return false;
                        } catch (IOException closed) {
                            return true;
                        }
                    });
        }
    }

    @Test
    void aStopWithOpenConnectionsLogsNoWarning() throws Exception {
        Logger netty = (Logger) LoggerFactory.getLogger("io.netty");
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        netty.addAppender(lines);
        try (Socket open = connect()) {
            open.getOutputStream().write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(open.getInputStream().read()).isPositive();

            server.close();

            open.getInputStream().transferTo(OutputStream.nullOutputStream());
            assertThat(lines.list).noneMatch(line -> line.getLevel().isGreaterOrEqual(Level.WARN));
        } finally {
            netty.detachAppender(lines);
        }
    }

    @Test
    void theErrorAboutAnAddressInUseNamesTheVariable() {
        assertThatThrownBy(() -> MonitoringServer.start(
                        new MonitoringSettings(
                                new ListenAddress("127.0.0.1", server.address().getPort()), 8, Duration.ofSeconds(10)),
                        Map.of(),
                        new MemoryBudget(BUDGET)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("METRICS_ADDR")
                .hasMessageContaining(Integer.toString(server.address().getPort()));
    }

    private String exchange(String request) throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return readAll(socket);
        }
    }

    /** Reads to the end. A connection that is closed with unread input may be reset behind its last bytes. */
    private static String readAll(Socket socket) throws IOException {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        try {
            socket.getInputStream().transferTo(read);
        } catch (SocketTimeoutException stillOpen) {
            throw stillOpen;
        } catch (IOException reset) {
            read.flush();
        }
        return read.toString(StandardCharsets.US_ASCII);
    }

    private Socket connect() throws IOException {
        Socket socket =
                new Socket(server.address().getAddress(), server.address().getPort());
        socket.setSoTimeout((int) PATIENCE.toMillis());
        return socket;
    }

    @Test
    void aConnectionWithAFloodOfRequestsGetsAFewAnswersAndIsClosed() throws Exception {
        String answers = exchange("GET /long HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1_000));

        assertThat(answers.split("HTTP/1.1 200 OK", -1).length - 1).isBetween(1, 4);
    }

    @Test
    void unreadAnswersAreBoundedByTheirShareAndMakeRoomForAClientThatReads() throws Exception {
        MemoryBudget budget = new MemoryBudget(100_000_000);
        List<Socket> unread = new ArrayList<>();
        try (MonitoringServer smallBudget = MonitoringServer.start(
                SETTINGS,
                Map.of("/", request -> PageResponse.text(HttpResponseStatus.OK, "hello\n"), "/huge", request -> HUGE),
                budget)) {
            for (int i = 0; i < 6; i++) {
                Socket socket = new Socket("127.0.0.1", smallBudget.address().getPort());
                unread.add(socket);
                socket.getOutputStream()
                        .write("GET /huge HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            }
            try (Socket probe = new Socket("127.0.0.1", smallBudget.address().getPort())) {
                probe.getOutputStream()
                        .write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
                assertThat(new String(probe.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                        .endsWith("hello\n");
            }
            // Each refusal for lack of memory closes a connection that does not read.
            await().atMost(PATIENCE).until(() -> {
                try (Socket reader =
                        new Socket("127.0.0.1", smallBudget.address().getPort())) {
                    reader.getOutputStream()
                            .write("GET /huge HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));
                    return reader.getInputStream().readAllBytes().length > 8_000_000;
                }
            });
            for (Socket socket : unread) {
                socket.close();
            }
            await().atMost(PATIENCE).until(() -> budget.reserved() == 0);
        }
    }
}
