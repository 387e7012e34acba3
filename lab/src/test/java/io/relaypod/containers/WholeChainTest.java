package io.relaypod.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.DockerImageName;

import com.github.dockerjava.api.DockerClient;

import io.relaypod.lab.gateway.RealMailpit;
import io.relaypod.lab.graph.GraphMail;
import io.relaypod.lab.graph.GraphStandIn;
import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import io.relaypod.lab.world.Relay;
import io.relaypod.lab.world.RelayElsewhere;

/** The pod's three containers as released, configured as the manifests do it; Graph is played by the lab, as smtp2graph's httpProxy. */
class WholeChainTest {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int CLIENTS = 3;
    private static final int BETWEEN_RESTARTS = 30;
    private static final String SENDER = ConfirmedMails.SENDER;

    private final DockerClient engine = DockerClientFactory.instance().client();
    private GraphStandIn graph;
    private GenericContainer<?> smtp2graph;
    private GenericContainer<?> mailpit;
    private LabWorld world;

    @BeforeAll
    static void findThem() {
        Engine.requireSmtp2Graph();
        Engine.requireMailpit();
    }

    @BeforeEach
    void start() throws Exception {
        graph = GraphStandIn.start();
        int smtp2graphPort = RealMailpit.freeAddress().getPort();
        smtp2graph = new GenericContainer<>(DockerImageName.parse(Engine.SMTP2GRAPH)).withNetworkMode("host")
            .withCopyToContainer(Transferable.of(config(smtp2graphPort)), "/etc/smtp2graph/config.yml")
            .withCreateContainerCmdModifier(command -> command.withEntrypoint("node", "/bin/smtp2graph.js", "--baseDir=/data",
                "--config=/etc/smtp2graph/config.yml"));
        smtp2graph.start();
        InetSocketAddress smtp = RealMailpit.freeAddress();
        InetSocketAddress http = RealMailpit.freeAddress();
        mailpit = new GenericContainer<>(DockerImageName.parse(Engine.MAILPIT)).withNetworkMode("host").withEnv(Map.of(
            "MP_SMTP_BIND_ADDR", "127.0.0.1:" + smtp.getPort(), "MP_UI_BIND_ADDR", "127.0.0.1:" + http.getPort(),
            "MP_DISABLE_VERSION_CHECK", "true", "MP_SMTP_DISABLE_RDNS", "true", "MP_SMTP_RELAY_HOST", "127.0.0.1",
            "MP_SMTP_RELAY_PORT", Integer.toString(smtp2graphPort), "MP_SMTP_RELAY_ALL", "true", "MP_SMTP_RELAY_FWD_SMTP_ERRORS", "true"));
        mailpit.start();
        world = LabWorld.builder().with("UPSTREAM_PORT", Integer.toString(smtp.getPort())).start(WholeChainTest::relay);
    }

    @AfterEach
    void stop() {
        for (AutoCloseable part : new AutoCloseable[] {world, mailpit, smtp2graph, graph}) {
            try {
                if (part != null) {
                    part.close();
                }
            } catch (Exception next) {
                // the others have to be stopped all the same
            }
        }
    }

    @Test
    void graphDeliversToTheEnvelopeAndToNobodyElse() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<" + SENDER + ">");
            assertThat(smtp.send("RCPT TO:<guest@example.com>").code()).isEqualTo(250);
            assertThat(smtp.send("RCPT TO:<spammer@nonexistent-domain.xyz>").lines().get(0)).contains("5.1.2");
            Reply sent = smtp.data(("From: " + SENDER + "\r\nTo: guest@example.com, spammer@nonexistent-domain.xyz\r\n"
                + "Subject: to a good and a bad one\r\n\r\nHello.\r\n").getBytes(StandardCharsets.US_ASCII));
            assertThat(sent.code()).isEqualTo(250);
        }

        await().atMost(PATIENCE).until(() -> !graph.mails().isEmpty());

        GraphMail mail = graph.mails().get(0);
        assertThat(mail.mailbox()).isEqualTo(SENDER);
        assertThat(mail.subject()).isEqualTo("to a good and a bad one");
        assertThat(mail.deliveredTo()).containsExactly("guest@example.com");
        assertThat(mail.text()).doesNotContain("nonexistent-domain").contains("\r\n\r\nHello.");
    }

    @Test
    void noMailIsLostWhenMailpitAndSmtp2GraphAreStartedAgainUnderLoad() throws Exception {
        try (ConfirmedMails mails = ConfirmedMails.sentTo(world.smtpAddress(), CLIENTS)) {
            for (GenericContainer<?> container : List.of(mailpit, smtp2graph)) {
                int before = mails.subjects().size();
                await().atMost(PATIENCE).until(() -> mails.subjects().size() > before + BETWEEN_RESTARTS);
                // As the manifests stop it: at SIGTERM smtp2graph does not notice.
                engine.killContainerCmd(container.getContainerId()).withSignal("INT").exec();
                await().atMost(PATIENCE).until(() -> !engine.inspectContainerCmd(container.getContainerId()).exec().getState().getRunning());
                engine.startContainerCmd(container.getContainerId()).exec();
            }
            int after = mails.subjects().size();
            await().atMost(PATIENCE).until(() -> mails.subjects().size() > after + BETWEEN_RESTARTS);
            mails.close();

            await().atMost(PATIENCE).untilAsserted(() -> {
                Set<String> arrived = graph.mails().stream().map(GraphMail::subject).collect(Collectors.toSet());
                assertThat(mails.subjects()).allMatch(arrived::contains);
            });
        }
    }

    private static Relay relay(Map<String, String> environment) throws IOException {
        Map<String, String> complete = RelayContainer.inImage(RelayElsewhere.withPorts(environment));
        RelayContainer relay = RelayContainer.beside(complete);
        return RelayElsewhere.await(complete, relay::isRunning, relay::close);
    }

    private String config(int port) {
        return """
            mode: full
            send:
              appReg:
                tenant: contoso
                id: 01234567-89ab-cdef-0123-456789abcdef
                secret: lab
              retryLimit: 96
              retryInterval: 1
            receive:
              port: %d
              listenAddress: 127.0.0.1
            httpProxy:
              host: 127.0.0.1
              port: %d
            """.formatted(port, graph.address().getPort());
    }
}
