package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.awaitility.Awaitility.await;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.relaypod.lab.dns.DnsBehaviour;
import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No client can delay another one, and each limit has a reply. */
class HostileClientsTest {

    @Test
    void clientsThatWaitForSilentNameServersDelayNoOther() throws Exception {
        int clients = 200;
        List<SmtpConversation> waiting = new ArrayList<>();
        try (LabWorld world = LabWorld.builder().with("DNS_TIMEOUT", "3s").start()) {
            world.dns().behave("silent.example", DnsBehaviour.silence());
            try {
                for (int client = 0; client < clients; client++) {
                    SmtpConversation smtp = world.connect();
                    waiting.add(smtp);
                    smtp.send("MAIL FROM:<s@example.com>");
                    smtp.sendRaw(
                            ("RCPT TO:<a@c" + client + ".silent.example>\r\n").getBytes(StandardCharsets.US_ASCII));
                }
                // Only some names of one domain are queried at a time. The others wait in their client's queue.
                await().until(() -> world.dns().count("c0.silent.example") > 0);

                assertThat(rcpt(world, "a@example.com").code()).isEqualTo(250);
                assertThat(rcpt(world, "a@nowhere.xyz").code()).isEqualTo(550);

                for (SmtpConversation smtp : waiting) {
                    assertThat(smtp.readReply().code()).isEqualTo(451);
                }
            } finally {
                for (SmtpConversation smtp : waiting) {
                    smtp.close();
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                " RCPT TO:<a@c%d.silent.example>",
                "RCPT TO:<\"a b\"@c%d.silent.example>",
                "RCPT TO:< a@c%d.silent.example >",
                "rcpt to: <a@c%d.silent.example> NOTIFY=NEVER"
            })
    void clientsWithUnusualCommandsDelayNoOther(String rcpt) throws Exception {
        int clients = 4 * Runtime.getRuntime().availableProcessors();
        List<SmtpConversation> waiting = new ArrayList<>();
        try (LabWorld world = LabWorld.builder().with("DNS_TIMEOUT", "10s").start()) {
            world.dns().behave("silent.example", DnsBehaviour.silence());
            try {
                for (int client = 0; client < clients; client++) {
                    SmtpConversation smtp = world.connect();
                    waiting.add(smtp);
                    smtp.send("MAIL FROM:<s@example.com>");
                    smtp.sendRaw((rcpt.formatted(client) + "\r\n").getBytes(StandardCharsets.US_ASCII));
                }
                long begin = System.nanoTime();
                assertThat(rcpt(world, "a@example.com").code()).isEqualTo(250);
                assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
            } finally {
                for (SmtpConversation smtp : waiting) {
                    smtp.close();
                }
            }
        }
    }

    @Test
    void lookupsBeyondAClientsShareWait() throws Exception {
        try (LabWorld world = LabWorld.builder()
                .with("DNS_MAX_INFLIGHT", "2")
                .with("DNS_TIMEOUT", "2s")
                .with("DNS_TRIES", "5")
                .with("MX_ON_DNS_FAILURE", "accept")
                .start()) {
            world.dns().behave("silent.example", DnsBehaviour.silence());
            try (SmtpConversation first = sendRcpt(world, "a@one.silent.example")) {
                await().until(() -> world.dns().count("one.silent.example") > 0);

                assertThat(rcpt(world, "a@example.com").lines())
                        .containsExactly("451 4.4.3 Temporary DNS failure, try again later");
                assertThat(world.count("relaypod_rcpt_total", "verdict", "dns_busy"))
                        .isEqualTo(1);
                assertThat(world.dns().count("example.com")).isZero();
            }
        }
    }

    @Test
    void aClientBeyondTheConnectionLimitGetsATemporaryFailure() throws Exception {
        try (LabWorld world = LabWorld.builder().with("MAX_CONNECTIONS", "2").start()) {
            try (SmtpConversation first = world.connect();
                    SmtpConversation second = world.connect()) {
                assertThat(SmtpConversation.connect(world.relay().smtpAddress())
                                .banner()
                                .lines())
                        .containsExactly("421 4.7.0 Too many connections, try again later");
            }
            await().untilAsserted(() ->
                    assertThat(rcpt(world, "a@example.com").code()).isEqualTo(250));
        }
    }

    @Test
    void aClientWithManyIdleConnectionsLosesOneToAnother() throws Exception {
        try (LabWorld world = LabWorld.builder()
                        .with("MAX_CONNECTIONS", "3")
                        .with("MAX_CONNECTIONS_PER_IP", "3")
                        .start();
                SmtpConversation first = world.connect();
                SmtpConversation second = world.connect();
                SmtpConversation third = world.connect()) {
            assertThat(second.send("NOOP").code()).isEqualTo(250);

            try (SmtpConversation other = SmtpConversation.connectFrom(
                    InetAddress.getByName("127.0.0.2"), world.relay().smtpAddress())) {
                assertThat(other.banner().code()).isEqualTo(220);
                assertThat(other.send("NOOP").code()).isEqualTo(250);
            }

            assertThat(first.readReply().lines()).containsExactly("421 4.7.0 Too many connections, try again later");
            assertThatConnectionIsClosed(first);
            assertThat(second.send("NOOP").code()).isEqualTo(250);
            assertThat(third.send("NOOP").code()).isEqualTo(250);
        }
    }

    @Test
    void oneClientCannotUseAllConnections() throws Exception {
        try (LabWorld world =
                        LabWorld.builder().with("MAX_CONNECTIONS_PER_IP", "1").start();
                SmtpConversation first = world.connect()) {
            assertThat(SmtpConversation.connect(world.relay().smtpAddress())
                            .banner()
                            .code())
                    .isEqualTo(421);
            assertThat(first.send("NOOP").code()).isEqualTo(250);
        }
    }

    @Test
    void anIdleClientGetsAReplyBeforeItIsDisconnected() throws Exception {
        try (LabWorld world = LabWorld.builder().with("IDLE_TIMEOUT", "300ms").start();
                SmtpConversation smtp = SmtpConversation.connect(world.relay().smtpAddress())) {
            assertThat(smtp.readReply().lines()).containsExactly("421 4.7.0 Idle for too long, closing connection");
            assertThatConnectionIsClosed(smtp);
        }
    }

    @Test
    void aClientThatDoesNotReadOrSendsByteByByteIsDisconnectedAfterTheIdleTime() throws Exception {
        try (LabWorld world = LabWorld.builder().with("IDLE_TIMEOUT", "1s").start()) {
            assertAClientThatDoesNotReadIsDisconnected(world);
            assertACommandSentByteByByteIsDisconnected(world);
            assertAMessageSentByteByByteIsDisconnected(world);
            assertThat(rcpt(world, "a@example.com").code()).isEqualTo(250);
        }
    }

    private static void assertAClientThatDoesNotReadIsDisconnected(LabWorld world) throws Exception {
        try (Socket client = clientThatDoesNotRead(world)) {
            byte[] ehlo = "EHLO c.example\r\n".repeat(1_000).getBytes(StandardCharsets.US_ASCII);
            assertThatIOException().as("closed while the client still sends").isThrownBy(() -> {
                while (true) {
                    client.getOutputStream().write(ehlo);
                }
            });
        }
    }

    private static void assertACommandSentByteByByteIsDisconnected(LabWorld world) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            assertThat(drip(smtp).code()).isEqualTo(421);
        }
    }

    private static void assertAMessageSentByteByByteIsDisconnected(LabWorld world) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<s@example.com>");
            smtp.send("RCPT TO:<a@example.com>");
            smtp.send("DATA");
            assertThat(drip(smtp).code()).isEqualTo(421);
        }
    }

    @Test
    void aMessageBeingReceivedHasAFileInDataDirThatIsDeletedAfterwards() throws Exception {
        try (LabWorld world = LabWorld.builder().start()) {
            try (SmtpConversation smtp = world.connect()) {
                smtp.send("MAIL FROM:<s@example.com>");
                smtp.send("RCPT TO:<a@example.com>");
                smtp.send("DATA");
                smtp.sendRaw(
                        ("From: s@example.com\r\n\r\n" + "x\r\n".repeat(60_000)).getBytes(StandardCharsets.US_ASCII));
                await().until(() -> world.count("relaypod_smtp_receiving_files_bytes") > 64 << 10);
            }
            await().until(() -> world.count("relaypod_smtp_receiving_files_bytes") == 0);
        }
    }

    /** Sends a byte from time to time, until a reply comes. */
    private static Reply drip(SmtpConversation smtp) throws Exception {
        CompletableFuture<Reply> reply = CompletableFuture.supplyAsync(() -> {
            try {
                return smtp.readReply();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> {
                    if (!reply.isDone()) {
                        smtp.sendRaw(new byte[] {'x'});
                    }
                    return reply.isDone();
                });
        return reply.join();
    }

    private static Socket clientThatDoesNotRead(LabWorld world) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4 << 10);
        socket.connect(world.relay().smtpAddress());
        return socket;
    }

    @Test
    void aClientWithManyRefusalsIsDelayedAndStaysConnected() throws Exception {
        try (LabWorld world = LabWorld.builder().with("MAX_BAD_RCPTS", "4").start();
                SmtpConversation smtp = world.connect()) {
            for (int bad = 0; bad < 4; bad++) {
                smtp.send("MAIL FROM:<s@example.com>");
                assertThat(smtp.send("RCPT TO:<a@bad" + bad + ".xyz>").code()).isEqualTo(550);
                assertThat(smtp.send("RSET").code()).isEqualTo(250);
            }
            smtp.send("MAIL FROM:<s@example.com>");
            assertThat(smtp.send("RCPT TO:<\"a b\"@example.com>").code())
                    .as("an address that cannot be relayed")
                    .isEqualTo(553);
            assertThat(smtp.send("RCPT TO:<a@example.com>").code()).isEqualTo(250);
            assertThat(smtp.send("RCPT TO:<a@bad.xyz>").code())
                    .as("beside an accepted recipient")
                    .isEqualTo(550);
            assertThat(smtp.data("Subject: good\r\n\r\n".getBytes(StandardCharsets.US_ASCII))
                            .code())
                    .isEqualTo(250);
        }
    }

    @Test
    void aDelayedClientDelaysNoOther() throws Exception {
        try (LabWorld world = LabWorld.builder().with("MAX_BAD_RCPTS", "1").start();
                SmtpConversation slowed = world.connect()) {
            StringBuilder search = new StringBuilder("MAIL FROM:<s@example.com>\r\n");
            for (int bad = 0; bad < 1_000; bad++) {
                search.append("RCPT TO:<a@bad").append(bad).append(".xyz>\r\n");
            }
            slowed.sendRaw(search.toString().getBytes(StandardCharsets.US_ASCII));
            assertThat(slowed.readReply().code()).isEqualTo(250);
            assertThat(slowed.readReply().code()).isEqualTo(550);
            for (int others = 0; others < 20; others++) {
                assertThat(rcpt(world, "a@example.com").code()).isEqualTo(250);
            }
        }
    }

    @Test
    void temporaryRefusalsDoNotDelay() throws Exception {
        try (LabWorld world = LabWorld.builder().with("MAX_BAD_RCPTS", "2").start();
                SmtpConversation smtp = world.connect()) {
            world.dns().behave("servfail.example", DnsBehaviour.servfail());
            smtp.send("MAIL FROM:<s@example.com>");
            for (int attempt = 0; attempt < 5; attempt++) {
                assertThat(smtp.send("RCPT TO:<a@servfail.example>").code()).isEqualTo(451);
            }
            assertThat(smtp.send("RCPT TO:<a@example.com>").code()).isEqualTo(250);
        }
    }

    private static SmtpConversation sendRcpt(LabWorld world, String recipient) throws Exception {
        SmtpConversation smtp = world.connect();
        smtp.send("MAIL FROM:<s@example.com>");
        smtp.sendRaw(("RCPT TO:<" + recipient + ">\r\n").getBytes(StandardCharsets.US_ASCII));
        return smtp;
    }

    private static Reply rcpt(LabWorld world, String recipient) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<s@example.com>");
            return smtp.send("RCPT TO:<" + recipient + ">");
        }
    }

    private static void assertThatConnectionIsClosed(SmtpConversation smtp) {
        assertThatExceptionOfType(EOFException.class).isThrownBy(smtp::readReply);
    }
}
