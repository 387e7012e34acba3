package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import io.relaypod.server.queue.broker.Broker;
import io.relaypod.server.queue.broker.BrokerConnection;
import io.relaypod.server.queue.broker.BrokerManagement;
import io.relaypod.server.queue.broker.InsufficientStorageException;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The time between the end of data and its reply, on a slow disk. */
class EndOfDataTest {

    private static final Duration LONG_ENOUGH = Duration.ofSeconds(20);
    private static final String MAIL = "From: a@example.com\r\nTo: b@example.com\r\nSubject: x\r\n\r\nx\r\n";

    @Test
    void clientsThatWaitForTheDiskDelayNoOther() throws Exception {
        int clients = 10 * Runtime.getRuntime().availableProcessors();
        List<SmtpConversation> waiting = new ArrayList<>();
        SlowDisk disk = new SlowDisk();
        try (LabWorld world = LabWorld.builder().withBroker(disk::below).start()) {
            try {
                for (int client = 0; client < clients; client++) {
                    waiting.add(atItsEnd(world));
                }
                await().atMost(LONG_ENOUGH)
                        .until(() -> world.count("relaypod_spool_writes", "state", "under_way") == clients);

                try (SmtpConversation other = world.connect()) {
                    other.send("MAIL FROM:<a@example.com>");
                    assertThat(other.send("RCPT TO:<b@example.com>").code()).isEqualTo(250);
                    assertThat(other.send("RCPT TO:<b@nowhere.xyz>").code()).isEqualTo(550);
                }
                disk.goOn();
                for (SmtpConversation smtp : waiting) {
                    assertThat(smtp.readReply().code()).isEqualTo(250);
                }
                await().atMost(LONG_ENOUGH)
                        .until(() -> world.mailpit().messages().size() == clients);
                await().atMost(LONG_ENOUGH)
                        .until(() -> world.count("relaypod_spool_writes", "state", "under_way") == 0);
            } finally {
                disk.goOn();
                for (SmtpConversation smtp : waiting) {
                    smtp.close();
                }
            }
        }
    }

    @Test
    void commandsAfterTheEndOfDataAreAnsweredAfterIt() throws Exception {
        SlowDisk disk = new SlowDisk();
        try (LabWorld world = LabWorld.builder().withBroker(disk::below).start();
                SmtpConversation smtp = atItsEnd(world)) {
            smtp.sendRaw(bytes(
                    "MAIL FROM:<c@example.com>\r\nRCPT TO:<b@nowhere.xyz>\r\nRCPT TO:<d@example.com>\r\nDATA\r\n"));
            await().atMost(LONG_ENOUGH).until(() -> world.count("relaypod_spool_writes", "state", "under_way") == 1);

            disk.goOn();

            assertThat(smtp.readReply().lines().get(0)).startsWith("250 2.6.0 Message received");
            assertThat(smtp.readReply().lines().get(0)).startsWith("250 2.1.0 Sender");
            assertThat(smtp.readReply().code()).isEqualTo(550);
            assertThat(smtp.readReply().lines().get(0)).startsWith("250 2.1.5 Recipient");
            assertThat(smtp.readReply().code()).isEqualTo(354);
            assertThat(smtp.content(bytes(MAIL)).code()).isEqualTo(250);
            assertThat(smtp.send("QUIT").code()).isEqualTo(221);
            await().atMost(LONG_ENOUGH).until(() -> world.mailpit().messages().size() == 2);
            assertThat(world.mailpit().messages())
                    .extracting(mail -> mail.recipients().toString())
                    .containsExactlyInAnyOrder("[b@example.com]", "[d@example.com]");
        }
    }

    @Test
    void aFullDiskIsATemporaryFailureAndTheSessionContinues() throws Exception {
        SlowDisk disk = new SlowDisk();
        disk.goOn();
        try (LabWorld world = LabWorld.builder().withBroker(disk::below).start();
                SmtpConversation smtp = world.connect()) {
            disk.full = true;
            assertThat(send(smtp).lines()).containsExactly("452 4.3.1 Insufficient system storage");
            assertThat(send(smtp).code()).isEqualTo(452);
            assertThat(world.mailpit().messages()).isEmpty();

            disk.full = false;
            assertThat(send(smtp).code()).isEqualTo(250);
            await().atMost(LONG_ENOUGH).until(() -> world.mailpit().messages().size() == 1);
        }
    }

    @Test
    void aMessageWhoseClientDisconnectsMeanwhileIsDelivered() throws Exception {
        SlowDisk disk = new SlowDisk();
        try (LabWorld world = LabWorld.builder().withBroker(disk::below).start()) {
            try (SmtpConversation leaving = atItsEnd(world)) {
                await().atMost(LONG_ENOUGH)
                        .until(() -> world.count("relaypod_spool_writes", "state", "under_way") == 1);
            }
            disk.goOn();

            await().atMost(LONG_ENOUGH).until(() -> world.mailpit().messages().size() == 1);
            await().atMost(LONG_ENOUGH).until(() -> world.count("relaypod_spool_writes", "state", "under_way") == 0);
            try (SmtpConversation next = world.connect()) {
                assertThat(send(next).code()).isEqualTo(250);
            }
        }
    }

    @Test
    void aClientThatClosesItsOutputAfterTheEndOfDataGetsItsReply() throws Exception {
        SlowDisk disk = new SlowDisk();
        try (LabWorld world = LabWorld.builder().withBroker(disk::below).start();
                Socket socket = new Socket(
                        world.relay().smtpAddress().getAddress(),
                        world.relay().smtpAddress().getPort())) {
            socket.setSoTimeout((int) LONG_ENOUGH.toMillis());
            socket.getOutputStream()
                    .write(bytes("EHLO c\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"));
            readUntil(socket, "354 ");
            socket.getOutputStream().write(bytes(MAIL + ".\r\n"));
            socket.shutdownOutput();
            await().atMost(LONG_ENOUGH).until(() -> world.count("relaypod_spool_writes", "state", "under_way") == 1);
            disk.goOn();

            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .contains("250 2.6.0 Message received");
        }
    }

    @Test
    void aClientThatWaitsForTheDiskIsNotIdle() throws Exception {
        SlowDisk disk = new SlowDisk();
        try (LabWorld world = LabWorld.builder()
                        .with("IDLE_TIMEOUT", "1s")
                        .withBroker(disk::below)
                        .start();
                SmtpConversation smtp = atItsEnd(world);
                SmtpConversation idle = world.connect()) {
            assertThat(idle.readReply().code())
                    .as("no reply while the other client waits")
                    .isEqualTo(421);
            disk.goOn();

            assertThat(smtp.readReply().code()).isEqualTo(250);
        }
    }

    @Test
    void aDiskThatHangsIsATemporaryFailure() throws Exception {
        SlowDisk disk = new SlowDisk();
        try (LabWorld world = LabWorld.builder()
                        .with("QUEUE_TIMEOUT", "200ms")
                        .withBroker(disk::below)
                        .start();
                SmtpConversation smtp = atItsEnd(world)) {
            assertThat(smtp.readReply().lines())
                    .containsExactly("451 4.3.0 The mail could not be stored, try again later");
            assertThat(smtp.send("NOOP").code()).isEqualTo(250);
            disk.goOn();
        }
    }

    @Test
    void aMessageAnsweredWithATemporaryFailureIsNotStoredLater() throws Exception {
        int clients = 40;
        List<SmtpConversation> waiting = new ArrayList<>();
        SlowDisk disk = new SlowDisk();
        try (LabWorld world = LabWorld.builder()
                .with("QUEUE_TIMEOUT", "4s")
                .withBroker(disk::below)
                .start()) {
            try {
                for (int client = 0; client < clients; client++) {
                    waiting.add(atItsEnd(world));
                }
                for (SmtpConversation smtp : waiting) {
                    assertThat(smtp.readReply().code()).isEqualTo(451);
                }
                disk.goOn();
                await().atMost(LONG_ENOUGH).until(() -> world.count("spool_writes_waiting") == 0);

                assertThat(send(waiting.get(0)).code())
                        .as("the client's second attempt")
                        .isEqualTo(250);
                await().atMost(LONG_ENOUGH)
                        .until(() -> world.mailpit().messages().size() == 1 && world.queuedMails() == 0);
                assertThat(world.mailpit().messages()).hasSize(1);
            } finally {
                disk.goOn();
                for (SmtpConversation smtp : waiting) {
                    smtp.close();
                }
            }
        }
    }

    @Test
    void aStopFinishesMessagesInFlightAndAcceptsNoMore() throws Exception {
        SlowDisk disk = new SlowDisk();
        try (LabWorld world = LabWorld.builder().withBroker(disk::below).start();
                SmtpConversation early = atItsEnd(world);
                SmtpConversation late = world.connect()) {
            await().atMost(LONG_ENOUGH).until(() -> world.count("relaypod_spool_writes", "state", "under_way") == 1);
            late.send("MAIL FROM:<a@example.com>");
            late.send("RCPT TO:<b@example.com>");
            late.send("DATA");

            ListAppender<ILoggingEvent> log = new ListAppender<>();
            log.start();
            ((Logger) LoggerFactory.getLogger("io.relaypod.server.smtp.SpoolWriter")).addAppender(log);
            CompletableFuture<Void> stopped = CompletableFuture.runAsync(world.relay()::close);
            await().atMost(LONG_ENOUGH)
                    .until(() -> log.list.stream()
                            .anyMatch(line -> line.getFormattedMessage().startsWith("event=stopping")));
            assertThat(late.content(bytes(MAIL)).lines()).containsExactly("421 4.3.2 Shutting down, try again later");
            disk.goOn();

            assertThat(early.readReply().code()).isEqualTo(250);
            stopped.join();
        }
    }

    private static SmtpConversation atItsEnd(LabWorld world) throws Exception {
        SmtpConversation smtp = world.connect();
        smtp.send("MAIL FROM:<a@example.com>");
        smtp.send("RCPT TO:<b@example.com>");
        smtp.send("DATA");
        smtp.sendRaw(bytes(MAIL + ".\r\n"));
        return smtp;
    }

    private static Reply send(SmtpConversation smtp) throws Exception {
        smtp.send("MAIL FROM:<a@example.com>");
        smtp.send("RCPT TO:<b@example.com>");
        return smtp.data(bytes(MAIL));
    }

    private static void readUntil(Socket socket, String reply) throws Exception {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        while (!read.toString(StandardCharsets.US_ASCII).contains(reply)
                || !read.toString(StandardCharsets.US_ASCII).endsWith("\r\n")) {
            int next = socket.getInputStream().read();
            assertThat(next).as("the connection is open").isNotNegative();
            read.write(next);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Blocks each check of the disk, until {@link #goOn}. */
    private static final class SlowDisk {

        private final CountDownLatch goOn = new CountDownLatch(1);
        private volatile boolean full;

        void goOn() {
            goOn.countDown();
        }

        Broker below(Broker broker) {
            return new Broker() {

                @Override
                public List<BrokerConnection> connect(int count) throws ActiveMQException {
                    return broker.connect(count);
                }

                @Override
                public void poll(BrokerManagement management) throws ActiveMQException {
                    broker.poll(management);
                }

                @Override
                public Duration timeout() {
                    return broker.timeout();
                }

                @Override
                public boolean resendsUnconfirmed() {
                    return broker.resendsUnconfirmed();
                }

                @Override
                public boolean isShared() {
                    return broker.isShared();
                }

                @Override
                public void checkStorage() throws MailQueueException {
                    try {
                        goOn.await();
                    } catch (InterruptedException stopped) {
                        Thread.currentThread().interrupt();
                    }
                    if (full) {
                        throw new InsufficientStorageException("full");
                    }
                    broker.checkStorage();
                }

                @Override
                public void close() {
                    broker.close();
                }
            };
        }
    }
}
