package io.relaypod.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import javax.mail.MessagingException;
import javax.mail.internet.InternetAddress;

import io.relaypod.gateway.GatewayConnections.Gateway;
import io.relaypod.mailets.JamesContext;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import jdk.net.ExtendedSocketOptions;
import org.apache.james.server.core.MailImpl;
import org.apache.james.transport.mailets.remote.delivery.RemoteDeliveryConfiguration;
import org.apache.mailet.base.test.FakeMailContext;
import org.apache.mailet.base.test.FakeMailetConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A gateway that would keep a connection busy for ever does not. */
@Timeout(60)
class GatewayDeadlinesTest {

    private static final int TIMEOUT_MILLIS = 1000;

    private final MemoryBudget memory = new MemoryBudget(4 << 20);

    /** What a gateway does with a connection. */
    private interface Behaviour {

        void serve(BufferedReader in, OutputStream out) throws IOException, InterruptedException;
    }

    @Test
    void one_that_stops_reading_in_the_middle_of_a_mail_is_given_up() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        assertThatThrownBy(() -> deliverTo(
                        (in, out) -> {
                            accept(in, out, "DATA");
                            over.await();
                        },
                        "x".repeat(4 << 20)))
                .hasStackTraceContaining("the gateway did not take");
        over.countDown();
    }

    @ParameterizedTest
    @ValueSource(strings = {"EHLO", "MAIL", "RCPT", "DATA", "."})
    void one_whose_reply_comes_byte_by_byte_is_given_up(String command) throws Exception {
        assertThatThrownBy(() -> deliverTo(
                        (in, out) -> {
                            accept(in, out, command);
                            for (int sent = 0; sent < 3000; sent++) {
                                say(out, sent == 0 ? "250-" : "x");
                                Thread.sleep(100);
                            }
                        },
                        "Hello"))
                .hasStackTraceContaining("took longer than 1 s");
    }

    @ParameterizedTest
    @ValueSource(strings = {"250-go on\r\n", "x"})
    void one_whose_reply_has_no_end_is_given_up(String piece) throws Exception {
        for (String command : List.of("greeting", "EHLO", "MAIL", "DATA", ".")) {
            assertThatThrownBy(() -> deliverTo(
                            (in, out) -> {
                                if (!command.equals("greeting")) {
                                    accept(in, out, command);
                                }
                                say(out, piece.equals("x") ? "250-" : "");
                                while (true) {
                                    say(out, piece.repeat(100));
                                }
                            },
                            "Hello"))
                    .as(command)
                    .hasStackTraceContaining("longer than 65536 bytes");
        }
    }

    @Test
    void a_reply_of_many_lines_is_read_and_the_memory_for_it_is_given_back() throws Exception {
        deliverTo(
                (in, out) -> {
                    accept(in, out, "EHLO");
                    say(out, "250-X-EXTENSION with some words\r\n".repeat(500) + "250 SIZE 0\r\n");
                    goOn(in, out, "");
                },
                "Hello");
        assertThat(memory.reserved(MemoryUse.GATEWAY)).isZero();
    }

    @Test
    void a_gateway_whose_machine_has_gone_is_noticed_after_half_a_minute_in_the_image_too() throws Exception {
        assertThat(Files.readString(Path.of("../docker/Dockerfile")))
                .as("the module that has these options")
                .contains(",jdk.net,");
        try (GatewaySocket socket = new GatewaySocket(() -> {})) {
            socket.keepAlive();
            assertThat(socket.getKeepAlive()).isTrue();
            assertThat(socket.getOption(ExtendedSocketOptions.TCP_KEEPIDLE)).isEqualTo(15);
            assertThat(socket.getOption(ExtendedSocketOptions.TCP_KEEPINTERVAL)).isEqualTo(5);
            assertThat(socket.getOption(ExtendedSocketOptions.TCP_KEEPCOUNT)).isEqualTo(3);
        }
    }

    @Test
    void when_there_is_no_memory_for_a_reply_no_connection_is_made() throws Exception {
        try (GatewayConnections connections = connections(new MemoryBudget(1 << 10))) {
            assertThatThrownBy(() -> connections.take(new Gateway("127.0.0.1", "smtp://127.0.0.1:9")))
                    .isInstanceOf(MessagingException.class)
                    .hasMessageContaining("memory");
        }
    }

    private void deliverTo(Behaviour behaviour, String text) throws Exception {
        try (ServerSocket server = new ServerSocket()) {
            server.setReceiveBufferSize(4096);
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            Thread serving = new Thread(() -> serve(server, behaviour), "bad-gateway");
            serving.setDaemon(true);
            serving.start();
            try (GatewayConnections connections = connections(memory)) {
                Gateway gateway = new Gateway("127.0.0.1", "smtp://127.0.0.1:" + server.getLocalPort());
                SMTPTransport connection = connections.take(gateway);
                try {
                    connection.deliver(mail(text), List.of(new InternetAddress("a@example.com")), () -> true);
                } finally {
                    connections.giveBack(gateway, connection);
                }
            }
        }
    }

    private static void serve(ServerSocket server, Behaviour behaviour) {
        try (Socket client = server.accept()) {
            OutputStream out = client.getOutputStream();
            behaviour.serve(
                    new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1)),
                    out);
        } catch (IOException given) {
            // given up
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** Greets, and behaves until that command has come; DATA is answered with 354 before. */
    private static void accept(BufferedReader in, OutputStream out, String until) throws IOException {
        say(out, "220 gateway\r\n");
        goOn(in, out, until);
    }

    private static void goOn(BufferedReader in, OutputStream out, String until) throws IOException {
        boolean inData = false;
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            boolean isEnd = inData && line.equals(".");
            boolean isReached = inData ? isEnd && until.equals(".") : !until.isEmpty() && line.startsWith(until);
            if (isReached) {
                say(out, until.equals("DATA") ? "354 go on\r\n" : "");
                return;
            }
            if (!inData && line.startsWith("DATA")) {
                inData = true;
                say(out, "354 go on\r\n");
            } else if (!inData || isEnd) {
                inData = false;
                say(out, "250 ok\r\n");
            }
        }
    }

    private static void say(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    private static GatewayConnections connections(MemoryBudget memory) throws Exception {
        FakeMailetConfig config = FakeMailetConfig.builder()
                .mailetContext(FakeMailContext.defaultContext())
                .setProperty("gateway", "127.0.0.1")
                .setProperty("timeout", Integer.toString(TIMEOUT_MILLIS))
                .setProperty("bounceProcessor", "bounces")
                .build();
        return new GatewayConnections(
                new RemoteDeliveryConfiguration(config, JamesContext.domains()),
                Duration.ofSeconds(10),
                100,
                Duration.ofMillis(TIMEOUT_MILLIS),
                event -> {},
                memory);
    }

    private static MailImpl mail(String text) throws Exception {
        MailImpl mail = MailImpl.builder()
                .name("mail-1")
                .sender("sender@example.com")
                .addRecipient("a@example.com")
                .build();
        mail.setMessageNoCopy(Messages.received(Messages.bytes("Subject: test\r\n\r\n" + text + "\r\n")));
        return mail;
    }
}
