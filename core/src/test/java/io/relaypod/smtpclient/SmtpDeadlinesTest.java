package io.relaypod.smtpclient;

import static io.relaypod.smtpclient.SmtpConnectionTest.envelope;
import static io.relaypod.smtpclient.SmtpConnectionTest.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import jdk.net.ExtendedSocketOptions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No server keeps a connection busy for longer than its deadlines. */
@Timeout(60)
class SmtpDeadlinesTest {

    private static final Duration SHORT = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofMinutes(5);

    private final MemoryBudget memory = new MemoryBudget(4 << 20);

    @AfterEach
    void allMemoryIsReleased() {
        assertThat(memory.reserved(MemoryUse.GATEWAY)).isZero();
    }

    private SmtpClient client(Duration replies, Duration endOfData) {
        return new SmtpClient(
                new SmtpClientSettings(
                        "relay.example",
                        SHORT,
                        replies,
                        endOfData,
                        false,
                        true,
                        () -> {
                            throw new IllegalStateException("no TLS was asked for");
                        },
                        Optional.empty(),
                        Optional.empty()),
                memory);
    }

    /** Returns why the delivery failed, whether or not there was a connection. */
    private String failure(ScriptedSmtpServer server, Duration replies, Duration endOfData, String message)
            throws Exception {
        try (SmtpClient client = client(replies, endOfData);
                SmtpConnection connection = client.connect(server.address())) {
            TransactionResult result = connection.send(envelope("a@example.com"), text(message));
            assertThat(connection.isUsable()).isFalse();
            return result.outcomes().get(0).text();
        } catch (java.io.IOException notConnected) {
            return notConnected.getMessage();
        }
    }

    @Test
    void a_server_that_stops_reading_in_the_middle_of_a_message_is_given_up() throws Exception {
        try (ScriptedSmtpServer server =
                new ScriptedSmtpServer(command -> command.equals("DATA") ? ScriptedSmtpServer.DO_NOT_READ : "")) {
            assertThat(failure(server, SHORT, LONG, "x".repeat(4 << 20))).contains("the server did not accept");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"greeting", "EHLO relay.example", "MAIL FROM:<sender@example.com>", "DATA", "."})
    void a_reply_that_comes_byte_by_byte_has_one_deadline(String command) throws Exception {
        try (ScriptedSmtpServer server =
                new ScriptedSmtpServer(asked -> asked.equals(command) ? ScriptedSmtpServer.DRIP : "", "PIPELINING")) {
            assertThat(failure(server, SHORT, SHORT, "Hello\r\n")).contains("took longer than 1 s");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {ScriptedSmtpServer.ENDLESS_LINE, ScriptedSmtpServer.ENDLESS_LINES})
    void a_reply_without_end_is_given_up(String endless) throws Exception {
        for (String command : List.of("greeting", "EHLO relay.example", "RCPT TO:<a@example.com>", "DATA", ".")) {
            try (ScriptedSmtpServer server = new ScriptedSmtpServer(asked -> asked.equals(command) ? endless : "")) {
                assertThat(failure(server, LONG, LONG, "Hello\r\n")).as(command).contains("longer than 65536 bytes");
            }
        }
    }

    @Test
    void a_reply_of_many_lines_is_read() throws Exception {
        try (ScriptedSmtpServer server = new ScriptedSmtpServer(command -> command.startsWith("EHLO")
                        ? "250-X-EXTENSION with some words\r\n".repeat(500) + "250 SIZE 0"
                        : "");
                SmtpClient client = client(LONG, LONG);
                SmtpConnection connection = client.connect(server.address())) {
            assertThat(connection.send(envelope("a@example.com"), text("Hello")).isContentSent())
                    .isTrue();
        }
    }

    @Test
    void the_reply_to_the_end_of_data_has_its_own_timeout() throws Exception {
        try (ScriptedSmtpServer silent =
                new ScriptedSmtpServer(command -> command.equals(".") ? ScriptedSmtpServer.SILENCE : "")) {
            assertThat(failure(silent, LONG, SHORT, "Hello"))
                    .isEqualTo("connection lost after the end of data: the server's reply took longer than 1 s");
        }
        try (ScriptedSmtpServer silent =
                new ScriptedSmtpServer(command -> command.equals("DATA") ? ScriptedSmtpServer.SILENCE : "")) {
            assertThat(failure(silent, SHORT, LONG, "Hello"))
                    .isEqualTo("connection lost: the server's reply took longer than 1 s");
        }
    }

    @Test
    void a_connection_that_waits_for_the_reply_to_a_whole_message_is_counted() throws Exception {
        CompletableFuture<String> reply = new CompletableFuture<>();
        try (ScriptedSmtpServer slow = new ScriptedSmtpServer(command -> command.equals(".") ? reply.join() : "");
                SmtpClient client = client(LONG, LONG);
                SmtpConnection connection = client.connect(slow.address())) {
            CompletableFuture<TransactionResult> sent =
                    CompletableFuture.supplyAsync(() -> connection.send(envelope("a@example.com"), text("Hello")));
            Awaitility.await().until(() -> client.waitingForReply(Duration.ofMillis(50)) == 1);
            assertThat(client.waitingForReply(Duration.ofHours(1))).isZero();
            reply.complete("250 ok");
            assertThat(sent.join().outcomes()).allMatch(outcome -> outcome.is(DeliveryStatus.DELIVERED));
            assertThat(client.waitingForReply(Duration.ZERO)).isZero();
        }
    }

    @Test
    void a_server_whose_machine_has_gone_is_noticed_after_half_a_minute_in_the_image_too() throws Exception {
        assertThat(Files.readString(Path.of("../docker/Dockerfile")))
                .as("the module that has these options")
                .contains(",jdk.net,");
        try (DeadlineSocket socket = new DeadlineSocket(LONG, () -> {})) {
            socket.configure();
            assertThat(socket.getKeepAlive()).isTrue();
            assertThat(socket.getOption(ExtendedSocketOptions.TCP_KEEPIDLE)).isEqualTo(15);
            assertThat(socket.getOption(ExtendedSocketOptions.TCP_KEEPINTERVAL)).isEqualTo(5);
            assertThat(socket.getOption(ExtendedSocketOptions.TCP_KEEPCOUNT)).isEqualTo(3);
        }
    }

    @Test
    void nobody_listens() throws Exception {
        SmtpServerAddress gone;
        try (ScriptedSmtpServer server = ScriptedSmtpServer.accepting()) {
            gone = server.address();
        }
        try (SmtpClient client = client(LONG, LONG)) {
            assertThatThrownBy(() -> client.connect(gone))
                    .hasMessageContaining("no connection to 127.0.0.1 port " + gone.port() + ": Connection refused");
        }
    }
}
