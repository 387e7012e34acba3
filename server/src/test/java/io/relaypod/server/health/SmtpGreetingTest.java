package io.relaypod.server.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

import io.relaypod.server.smtp.RelaySmtpServerFactory.SmtpPort;
import org.junit.jupiter.api.Test;

class SmtpGreetingTest {

    private final AtomicLong now = new AtomicLong();
    private final List<SmtpPort> ports = new ArrayList<>();
    private final SmtpGreeting greeting = new SmtpGreeting(() -> ports, now::get);

    @Test
    void aRelayThatGreetsOrRepliesTooManyConnectionsIsAlive() throws Exception {
        for (String reply : List.of("220 relay ESMTP\r\n", "421 4.7.0 Too many connections\r\n")) {
            pollARelayThatSends(reply);
            assertThat(greeting.problem()).isEmpty();
            now.addAndGet(SmtpGreeting.PATIENCE.toNanos());
            assertThat(greeting.isAlive()).isTrue();
        }
    }

    @Test
    void aRelayThatDoesNotGreetIsAliveForAMinuteAndAgainOnceItGreets() throws Exception {
        pollARelayThatSends("220 relay ESMTP\r\n");
        now.addAndGet(SmtpGreeting.PATIENCE.toNanos());
        pollARelayThatSends("");
        assertThat(greeting.problem())
                .hasValueSatisfying(problem -> assertThat(problem).contains("''"));
        assertThat(greeting.isAlive()).isTrue();
        now.incrementAndGet();
        assertThat(greeting.isAlive()).isFalse();

        pollARelayThatSends("220 relay ESMTP\r\n");
        assertThat(greeting.isAlive()).isTrue();
    }

    @Test
    void theProblemNamesAPortThatCannotBeReached() throws Exception {
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ports.add(new SmtpPort((InetSocketAddress) closed.getLocalSocketAddress(), false));
        }
        now.addAndGet(SmtpGreeting.PATIENCE.toNanos() + 1);
        greeting.poll();

        assertThat(greeting.isAlive()).isFalse();
        assertThat(greeting.problem())
                .hasValueSatisfying(problem -> assertThat(problem)
                        .startsWith(
                                "no greeting at port " + ports.get(0).address().getPort()));
    }

    @Test
    void anEncryptedPortThatRefusesTheHandshakeIsAlive() throws Exception {
        now.addAndGet(SmtpGreeting.PATIENCE.toNanos() + 1);
        // A TLS alert: handshake_failure
        greet(true, "\u0015\u0003\u0003\0\u0002\u0002(");

        assertThat(greeting.isAlive()).isTrue();
    }

    @Test
    void theConnectionStaysOpenUntilTheReplyToQuit() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            server.setSoTimeout(10_000);
            ports.add(new SmtpPort((InetSocketAddress) server.getLocalSocketAddress(), false));
            CompletableFuture<Void> relay = CompletableFuture.runAsync(() -> {
                try (Socket socket = server.accept()) {
                    socket.getOutputStream().write("220 relay ESMTP\r\n".getBytes(StandardCharsets.US_ASCII));
                    assertThat(socket.getInputStream().readNBytes(6)).asString().isEqualTo("QUIT\r\n");
                    socket.setSoTimeout(200);
                    assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
                    socket.getOutputStream().write("221 2.0.0 bye\r\n".getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            greeting.poll();
            relay.join();
        }
        assertThat(greeting.problem()).isEmpty();
    }

    @Test
    void aRelayWithoutBoundPortsIsAlive() {
        now.addAndGet(SmtpGreeting.PATIENCE.toNanos() + 1);
        greeting.poll();

        assertThat(greeting.isAlive()).isTrue();
    }

    private void pollARelayThatSends(String reply) throws Exception {
        greet(false, reply);
    }

    private void greet(boolean isEncrypted, String reply) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName("0.0.0.0"))) {
            server.setSoTimeout(10_000);
            SmtpPort port = new SmtpPort((InetSocketAddress) server.getLocalSocketAddress(), isEncrypted);
            ports.add(port);
            CompletableFuture<Void> client = CompletableFuture.runAsync(() -> {
                try (Socket socket = server.accept()) {
                    socket.getOutputStream().write(reply.getBytes(StandardCharsets.ISO_8859_1));
                    socket.shutdownOutput();
                    socket.getInputStream().readAllBytes();
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            greeting.poll();
            client.join();
            ports.remove(port);
        }
    }
}
