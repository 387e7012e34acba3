package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import com.google.common.base.Splitter;
import io.relaypod.lab.broker.ArtemisProcess;
import io.relaypod.lab.gateway.KillPoint;
import io.relaypod.lab.gateway.MailpitStandIn;
import io.relaypod.lab.gateway.Phase;
import io.relaypod.lab.gateway.Relaying;
import io.relaypod.lab.gateway.Retries;
import io.relaypod.lab.gateway.Smtp2GraphStandIn;
import io.relaypod.lab.graph.GraphFailure;
import io.relaypod.lab.graph.GraphStandIn;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.RelayProcess;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two relays at one broker, each with a Mailpit, a smtp2graph and its volume: whichever ends, Graph accepts each
 * message once, or twice where docs/graph.md says so.
 */
class RelaysWithAVolumeEachTest {

    // The broker waits 15 s for a relay that was killed.
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Pattern QUEUE_ID = Pattern.compile("with ESMTP id ([^;\\s]+)");
    private static final int ID_COLUMN = 4;

    @TempDir
    private Path folder;

    private GraphStandIn graph;
    private ArtemisProcess broker;
    private Pod one;
    private Pod other;
    private int number;

    @BeforeEach
    void start() throws Exception {
        graph = GraphStandIn.start();
        broker = ArtemisProcess.start(folder.resolve("broker"));
        one = new Pod("one");
        other = new Pod("other");
    }

    @AfterEach
    void stop() {
        one.close();
        other.close();
        broker.close();
        graph.close();
    }

    @Test
    void eachMessageIsFollowedByTheRelayThatDeliveredIt() throws Exception {
        List<String> own = List.of(one.send("app"), other.send("app"), one.send("app"), other.send("app"));
        one.mailpit.answer(Phase.CONTENT, "451 4.3.2 later");
        String taken = one.send("app");

        for (String subject : own) {
            awaitAtGraph(subject, 1);
        }
        awaitAtGraph(taken, 1);
        assertThat(other.delivered(taken)).isTrue();
        for (Pod pod : List.of(one, other)) {
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(pod.followedIds()).isEqualTo(pod.deliveredIds()));
        }

        one.mailpit.recover();
        endsWhileItHoldsAMessage();
        endsWhileItWaitsForTheFirstAnswer();
        getsTheOthersVolume();
    }

    // The message is that of the relay that is away, which finds out what became of it.
    private void endsWhileItHoldsAMessage() throws Exception {
        graph.refuse("held@example.com", GraphFailure.internalError());
        String held = one.sendAlone("held", other);
        await().atMost(PATIENCE).until(() -> broker.waitingMessages() == 1);

        one.relay.kill();
        graph.acceptAgain();
        one.restartSmtp2Graph();
        await().atMost(PATIENCE).until(() -> atGraph(held) == 1);
        String meanwhile = other.send("app");
        awaitAtGraph(meanwhile, 1);
        one.startRelay();

        await().atMost(PATIENCE).until(() -> one.hasRecorded("ACCEPTED", held));
        assertThat(other.delivered(held)).isFalse();
        assertThat(atGraph(held)).isOne();
    }

    // In its first seconds a message is in flight, and the broker gives it to the other relay.
    private void endsWhileItWaitsForTheFirstAnswer() throws Exception {
        one.smtp2graph.killAt(KillPoint.BEFORE_REQUEST);
        String inFlight = one.sendAlone("app", other);
        await().atMost(PATIENCE).until(one.smtp2graph::isDead);

        one.relay.kill();
        await().atMost(PATIENCE).until(() -> atGraph(inFlight) == 1);
        one.restartSmtp2Graph();
        one.startRelay();

        awaitAtGraph(inFlight, 2);
        assertThat(other.delivered(inFlight)).isTrue();
    }

    private void getsTheOthersVolume() throws Exception {
        graph.refuse("held1@example.com", GraphFailure.internalError());
        graph.refuse("held2@example.com", GraphFailure.internalError());
        String ofOne = one.sendAlone("held1", other);
        String ofOther = other.sendAlone("held2", one);

        one.end();
        other.end();
        graph.acceptAgain();
        Path data = one.data;
        one.data = other.data;
        other.data = data;
        one.begin();
        other.begin();

        for (String subject : List.of(ofOne, ofOther)) {
            await().atMost(PATIENCE).until(() -> atGraph(subject) >= 1);
        }
        for (Pod pod : List.of(one, other)) {
            awaitAtGraph(pod.send("app"), 1);
        }
        assertThat(one.hasRecorded("MISSING", ofOne)).isTrue();
        assertThat(other.hasRecorded("MISSING", ofOther)).isTrue();
        assertThat(List.of(atGraph(ofOne), atGraph(ofOther))).allMatch(times -> times <= 2);
    }

    private long atGraph(String subject) {
        return graph.mails().stream()
                .filter(mail -> mail.subject().equals(subject))
                .count();
    }

    private void awaitAtGraph(String subject, int times) {
        await().atMost(PATIENCE).until(() -> atGraph(subject) == times);
    }

    /** A relay and what is behind it. For one thread. */
    private final class Pod implements AutoCloseable {

        private final String name;
        private Path data;
        private Smtp2GraphStandIn smtp2graph;
        private final MailpitStandIn mailpit;
        private RelayProcess relay;

        Pod(String name) throws Exception {
            this.name = name;
            this.data = Files.createDirectory(folder.resolve(name + "-volume"));
            this.smtp2graph = smtp2graph(0);
            this.mailpit = MailpitStandIn.start(Relaying.to(smtp2graph.address()));
            this.relay = started();
        }

        private Smtp2GraphStandIn smtp2graph(int port) throws IOException {
            return Smtp2GraphStandIn.builder(graph.address())
                    .atPort(port)
                    .withData(data)
                    .withRetries(Retries.byTestClock())
                    .start();
        }

        private RelayProcess started() throws Exception {
            Path conf = folder.resolve(name + "-conf");
            return RelayProcess.start(Map.of(
                    "UPSTREAM_PORT",
                    Integer.toString(mailpit.smtpAddress().getPort()),
                    "DATA_DIR",
                    folder.resolve(name).toString(),
                    "SMTP2GRAPH_DATA",
                    data.toString(),
                    "JAMES_CONF",
                    (Files.exists(conf) ? conf.resolve("james-conf") : QuickRetries.in(Files.createDirectory(conf)))
                            .toString(),
                    "ALLOW_DOMAINS_FILE",
                    Files.writeString(folder.resolve("domains"), "example.com\n")
                            .toString(),
                    "QUEUE_URL",
                    broker.url(),
                    "QUEUE_USER",
                    broker.user(),
                    "QUEUE_PASSWORD_FILE",
                    broker.passwordFile().toString()));
        }

        void startRelay() throws Exception {
            relay = started();
        }

        void restartSmtp2Graph() throws IOException {
            smtp2graph.kill();
            smtp2graph.up();
        }

        void end() {
            relay.kill();
            smtp2graph.close();
        }

        void begin() throws Exception {
            smtp2graph = smtp2graph(smtp2graph.address().getPort());
            startRelay();
        }

        /** Has this relay deliver the message, and not another. */
        String sendAlone(String mailbox, Pod idle) {
            idle.mailpit.answer(Phase.CONTENT, "451 4.3.2 later");
            String subject = send(mailbox);
            await().atMost(PATIENCE).until(() -> delivered(subject));
            idle.mailpit.recover();
            return subject;
        }

        String send(String mailbox) {
            String subject = "mail " + number++ + ".";
            String from = mailbox + "@example.com";
            try (SmtpConversation smtp = SmtpConversation.connect(relay.smtpAddress())) {
                smtp.send("EHLO client.example");
                smtp.send("MAIL FROM:<" + from + ">");
                smtp.send("RCPT TO:<guest@example.com>");
                String mail = "From: " + from + "\r\nTo: guest@example.com\r\nSubject: " + subject + "\r\n\r\nx\r\n";
                assertThat(smtp.data(mail.getBytes(StandardCharsets.US_ASCII)).code())
                        .isEqualTo(250);
                return subject;
            } catch (IOException broken) {
                throw new UncheckedIOException(broken);
            }
        }

        boolean delivered(String subject) {
            return mailpit.messages().stream().anyMatch(mail -> mail.text().contains("Subject: " + subject));
        }

        Set<String> deliveredIds() {
            return mailpit.messages().stream().map(mail -> id(mail.text())).collect(Collectors.toSet());
        }

        private String id(String message) {
            Matcher id = QUEUE_ID.matcher(message);
            return id.find() ? id.group(1) : "";
        }

        private List<String> journal() {
            try {
                return Files.readAllLines(folder.resolve(name).resolve("graph/copies"));
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }

        /** Queue ids of the copies that this relay has recorded. */
        Set<String> followedIds() {
            return journal().stream()
                    .map(line -> Splitter.on('\t').splitToList(line))
                    .filter(cells -> cells.size() > ID_COLUMN)
                    .map(cells -> cells.get(ID_COLUMN))
                    .collect(Collectors.toSet());
        }

        boolean hasRecorded(String state, String subject) {
            Set<String> ids = mailpit.messages().stream()
                    .filter(mail -> mail.text().contains("Subject: " + subject))
                    .map(mail -> id(mail.text()))
                    .collect(Collectors.toSet());
            return journal().stream()
                    .anyMatch(line ->
                            line.contains("\t" + state + "\t") && ids.stream().anyMatch(line::contains));
        }

        @Override
        public void close() {
            relay.close();
            mailpit.close();
            smtp2graph.close();
        }
    }
}
