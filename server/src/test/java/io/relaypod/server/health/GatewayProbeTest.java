package io.relaypod.server.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class GatewayProbeTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Logger logger = (Logger) LoggerFactory.getLogger(GatewayProbe.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void captureLog() {
        lines.start();
        logger.addAppender(lines);
    }

    @AfterEach
    void releaseLog() {
        logger.detachAppender(lines);
    }

    @Test
    void theLossAndTheReturnOfTheGatewayAreLoggedOnceEach() throws Exception {
        int port;
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = closed.getLocalPort();
        }
        GatewayProbe probe = new GatewayProbe("127.0.0.1", port);
        probe.poll();
        probe.poll();
        assertThat(lines.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .singleElement()
                .asString()
                .startsWith("event=gateway-away gateway=127.0.0.1:" + port + " reason=\"not reached");

        try (ServerSocket back = new ServerSocket(port, 5, InetAddress.getLoopbackAddress())) {
            CompletableFuture.runAsync(() -> greet(back, 2));
            probe.poll();
            probe.poll();
        }
        assertThat(probe.state().isUp()).isTrue();
        assertThat(lines.list)
                .hasSize(2)
                .last()
                .extracting(ILoggingEvent::getFormattedMessage)
                .asString()
                .matches("event=gateway-back gateway=127.0.0.1:" + port + " after=\\d+s");
    }

    @Test
    void aPollOfAGatewayThatSendsByteByByteEndsAtTheDeadline() throws Exception {
        try (ServerSocket slow = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            GatewayProbe probe = new GatewayProbe("127.0.0.1", slow.getLocalPort());
            CompletableFuture<Void> poll = CompletableFuture.runAsync(probe::poll);
            try (Socket client = slow.accept()) {
                OutputStream out = client.getOutputStream();
                out.write("220 slow\r\n".getBytes(StandardCharsets.US_ASCII));
                long end = System.nanoTime() + PATIENCE.toNanos();
                while (!poll.isDone() && System.nanoTime() < end) {
                    try {
                        out.write('.');
                        poll.get(200, TimeUnit.MILLISECONDS);
                    } catch (TimeoutException | IOException continues) {
                        // the next byte follows
                    }
                }
            }
            assertThat(poll).isDone();
            assertThat(probe.state().isUp()).isTrue();
        }
    }

    private static void greet(ServerSocket server, int times) {
        for (int client = 0; client < times; client++) {
            try (Socket socket = server.accept()) {
                socket.getOutputStream().write("220 here\r\n".getBytes(StandardCharsets.US_ASCII));
                socket.getInputStream().readNBytes("QUIT\r\n".length());
            } catch (IOException closed) {
                return;
            }
        }
    }
}
