package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

import io.relaypod.lab.broker.ArtemisProcess;
import io.relaypod.lab.gateway.MailpitStandIn;
import io.relaypod.lab.gateway.Phase;
import io.relaypod.lab.gateway.ReceivedMail;
import io.relaypod.lab.gateway.Relaying;
import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import io.relaypod.lab.world.RelayProcess;
import io.relaypod.server.settings.InvalidSettingsException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Relays that share a remote broker. If a process is killed, all messages that were answered with 250 arrive. */
class SeveralRelaysTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int CLIENTS = 6;

    @TempDir
    private Path directory;

    @AutoClose
    private final MailpitStandIn mailpit = MailpitStandIn.start(Relaying.none());

    SeveralRelaysTest() throws IOException {}

    @Test
    void noMessageIsLostIfARelayAndTheBrokerAreKilledUnderLoad() throws Exception {
        try (ArtemisProcess broker = ArtemisProcess.start(directory.resolve("broker"));
                RelayProcess killed = RelayProcess.start(environment(broker, "killed"));
                RelayProcess other = RelayProcess.start(environment(broker, "other"));
                Load load = new Load(List.of(killed.smtpAddress(), other.smtpAddress()))) {
            awaitAccepted(load, 200);
            killed.kill();
            awaitAccepted(load, 400);
            broker.kill();
            broker.startAgain();
            awaitAccepted(load, 700);
            Set<String> accepted = load.stop();
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(arrived()).containsAll(accepted));
            int twice = arrived().size() - new HashSet<>(arrived()).size();
            System.out.printf(
                    "accepted %d, arrived %d, of these twice %d%n",
                    accepted.size(), arrived().size(), twice);
            assertThat(twice)
                    .as("at most the messages in flight when a process was killed")
                    .isLessThan(accepted.size() / 4);
        }
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void anyRelayDeliversTheMessagesThatAnotherAccepted() throws Exception {
        try (ArtemisProcess broker = ArtemisProcess.start(directory.resolve("broker"))) {
            mailpit.answer(Phase.CONTENT, "451 4.3.2 later");
            try (RelayProcess first = RelayProcess.start(environment(broker, "first"))) {
                assertThat(send(first.smtpAddress(), "left@example.com").code()).isEqualTo(250);
                await().atMost(PATIENCE).until(() -> mailpit.connections() > 0);
            }
            mailpit.recover();
            try (RelayProcess second = RelayProcess.start(environment(broker, "second"))) {
                await().atMost(PATIENCE).until(() -> arrived().contains("left@example.com"));
                assertThat(send(second.smtpAddress(), "next@example.com").code())
                        .isEqualTo(250);
            }
        }
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void whileTheBrokerIsUnavailableClientsGetATemporaryFailure() throws Exception {
        try (ArtemisProcess broker = ArtemisProcess.start(directory.resolve("broker"))) {
            broker.kill();
            try (LabWorld world = world(broker, "QUEUE_TIMEOUT", "2s")) {
                InetSocketAddress relay = world.relay().smtpAddress();
                assertTemporaryFailure(relay);
                broker.startAgain();
                awaitDelivered(relay, "first@example.com");
                broker.kill();
                assertTemporaryFailure(relay);
                broker.startAgain();
                awaitDelivered(relay, "second@example.com");
                broker.freeze(true);
                assertTemporaryFailure(relay);
                broker.freeze(false);
                awaitDelivered(relay, "third@example.com");
            }
        }
    }

    @Test
    void anOutageOfTheBrokerShorterThanTheTimeoutIsNotNoticed() throws Exception {
        try (ArtemisProcess broker = ArtemisProcess.start(directory.resolve("broker"));
                LabWorld world = world(broker, "QUEUE_TIMEOUT", "1m")) {
            awaitDelivered(world.relay().smtpAddress(), "before@example.com");
            broker.kill();
            ExecutorService client = Executors.newSingleThreadExecutor();
            Future<Reply> reply = client.submit(() -> send(world.relay().smtpAddress(), "meanwhile@example.com"));
            broker.startAgain();
            assertThat(reply.get().code()).isEqualTo(250);
            client.shutdown();
            await().atMost(PATIENCE).until(() -> arrived().contains("meanwhile@example.com"));
        }
    }

    @Test
    void aBrokerThatWouldDropMessagesIsRefusedAtTheStart() throws Exception {
        try (ArtemisProcess broker = ArtemisProcess.start(
                directory.resolve("broker"),
                xml -> xml.replace("<max-delivery-attempts>-1", "<max-delivery-attempts>10")
                        .replace("PAGE</address-full", "DROP</address-full"))) {
            assertThatThrownBy(() -> world(broker).close())
                    .isInstanceOf(InvalidSettingsException.class)
                    .hasMessageContaining("QUEUE_URL is '" + broker.url() + "'")
                    .hasMessageContaining("has max-delivery-attempts 10, and needs -1")
                    .hasMessageContaining("has address-full-policy DROP, and needs PAGE");
        }
    }

    @Test
    void aWrongPasswordIsRefusedAtTheStart() throws Exception {
        Path wrong = Files.writeString(directory.resolve("wrong"), "guessed");
        try (ArtemisProcess broker = ArtemisProcess.start(directory.resolve("broker"))) {
            assertThatThrownBy(() -> world(broker, "QUEUE_PASSWORD_FILE", wrong.toString())
                            .close())
                    .isInstanceOf(InvalidSettingsException.class)
                    .hasMessageContaining(broker.user());
        }
    }

    @Test
    void ifABrokerDiesItsBackupTakesOver() throws Exception {
        Path shared = directory.resolve("shared");
        String policy =
                "<ha-policy><shared-store><%s><failover-on-shutdown>true</failover-on-shutdown></%s></shared-store></ha-policy><acceptors>";
        try (ArtemisProcess primary = ArtemisProcess.start(
                        shared, xml -> xml.replace("<acceptors>", policy.formatted("primary", "primary")));
                ArtemisProcess backup = ArtemisProcess.startBackup(
                        shared, xml -> xml.replace("<acceptors>", policy.formatted("backup", "backup")));
                LabWorld world = world(primary, "QUEUE_URL", primary.url() + "," + backup.url())) {
            InetSocketAddress relay = world.relay().smtpAddress();
            mailpit.answer(Phase.CONTENT, "451 4.3.2 later");
            assertThat(send(relay, "queued@example.com").code()).isEqualTo(250);
            primary.kill();
            awaitAccepted(relay, "after@example.com");
            mailpit.recover();
            await().atMost(PATIENCE)
                    .until(() -> arrived().containsAll(Set.of("queued@example.com", "after@example.com")));
        }
    }

    private void assertTemporaryFailure(InetSocketAddress relay) throws IOException {
        for (int mail = 0; mail < 2; mail++) {
            Instant begin = Instant.now();
            assertThat(send(relay, "refused@example.com").toString())
                    .contains("451")
                    .contains("4.3.0");
            // The timeout, with time for a slow machine.
            assertThat(Duration.between(begin, Instant.now())).isLessThan(Duration.ofSeconds(10));
        }
    }

    private void awaitDelivered(InetSocketAddress relay, String recipient) {
        awaitAccepted(relay, recipient);
        await().atMost(PATIENCE).until(() -> arrived().contains(recipient));
    }

    private static void awaitAccepted(InetSocketAddress relay, String recipient) {
        await().atMost(PATIENCE).until(() -> send(relay, recipient).code() == 250);
    }

    private static void awaitAccepted(Load load, int mails) {
        await().atMost(PATIENCE).until(() -> load.accepted.size() >= mails);
    }

    private List<String> arrived() {
        return mailpit.messages().stream()
                .map(ReceivedMail::recipients)
                .flatMap(List::stream)
                .toList();
    }

    private static Reply send(InetSocketAddress relay, String recipient) throws IOException {
        try (SmtpConversation smtp = SmtpConversation.connect(relay)) {
            smtp.send("EHLO client.example");
            return send(smtp, recipient);
        }
    }

    private static Reply send(SmtpConversation smtp, String recipient) throws IOException {
        smtp.send("MAIL FROM:<a@example.com>");
        smtp.send("RCPT TO:<" + recipient + ">");
        return smtp.data(("From: a@example.com\r\nTo: " + recipient + "\r\nSubject: x\r\n\r\nx\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    }

    private LabWorld world(ArtemisProcess broker, String... variable) throws Exception {
        LabWorld.Builder builder = LabWorld.builder();
        environment(broker, "world").forEach(builder::with);
        return variable.length == 0
                ? builder.start()
                : builder.with(variable[0], variable[1]).start();
    }

    private Map<String, String> environment(ArtemisProcess broker, String relay) throws IOException {
        Path known = Files.writeString(directory.resolve("domains"), "example.com\n");
        Map<String, String> environment = new HashMap<>();
        environment.put("UPSTREAM_PORT", Integer.toString(mailpit.smtpAddress().getPort()));
        environment.put("DATA_DIR", directory.resolve(relay).toString());
        environment.put("JAMES_CONF", quickRetries().toString());
        environment.put("ALLOW_DOMAINS_FILE", known.toString());
        environment.put("QUEUE_URL", broker.url());
        environment.put("QUEUE_USER", broker.user());
        environment.put("QUEUE_PASSWORD_FILE", broker.passwordFile().toString());
        return environment;
    }

    private Path quickRetries() throws IOException {
        Path conf = Files.createDirectories(directory.resolve("james-conf"));
        for (String file : List.of("smtpserver.xml", "mailetcontainer.xml", "webadmin.properties")) {
            String text = Files.readString(Path.of("../james-conf").resolve(file));
            Files.writeString(
                    conf.resolve(file),
                    text.replaceFirst("<delayTime>.*</delayTime>", "<delayTime>125 * 1 second</delayTime>"));
        }
        return conf;
    }

    /** Clients that send one message after another, and use the next relay if a connection is lost. */
    private static final class Load implements AutoCloseable {

        private final List<InetSocketAddress> relays;
        private final Queue<String> accepted = new ConcurrentLinkedQueue<>();
        private final AtomicBoolean stopped = new AtomicBoolean();
        private final ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        private final List<Future<?>> clients = new ArrayList<>();

        Load(List<InetSocketAddress> relays) {
            this.relays = relays;
            for (int client = 0; client < CLIENTS; client++) {
                int number = client;
                clients.add(threads.submit(() -> run(number)));
            }
        }

        private void run(int client) {
            int mail = 0;
            for (int connection = client; !stopped.get(); connection++) {
                try (SmtpConversation smtp = SmtpConversation.connect(relays.get(connection % relays.size()))) {
                    smtp.send("EHLO client.example");
                    while (!stopped.get()) {
                        String recipient = client + "-" + mail++ + "@example.com";
                        if (send(smtp, recipient).code() == 250) {
                            accepted.add(recipient);
                        }
                    }
                } catch (IOException killed) {
                    // The next connection goes to another relay.
                }
            }
        }

        Set<String> stop() throws Exception {
            stopped.set(true);
            for (Future<?> client : clients) {
                client.get();
            }
            return Set.copyOf(accepted);
        }

        @Override
        public void close() {
            stopped.set(true);
            threads.shutdownNow();
        }
    }
}
