package io.relaypod.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import io.relaypod.lab.Engine;
import io.relaypod.lab.Peers;
import io.relaypod.lab.gateway.Mailpit;
import io.relaypod.lab.gateway.MailpitInDocker;
import io.relaypod.lab.gateway.MailpitRelease;
import io.relaypod.lab.gateway.MailpitStandIn;
import io.relaypod.lab.gateway.Relaying;
import io.relaypod.lab.graph.GraphMail;
import io.relaypod.lab.scenario.Scenario;
import io.relaypod.lab.scenario.ScenarioResult;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.ExternalRelay;
import io.relaypod.lab.world.LabWorld;
import io.relaypod.lab.world.Relay;
import io.relaypod.server.metrics.BuildInfo;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The image that docker/image built, run as in a pod, with the lab's servers. */
class RelayImageTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int CLIENTS = 5;
    private static final int BEFORE_THE_CRASH = 50;
    private static final int BURST = 2_000;

    // JUnit creates an instance for each test.
    private RelayContainer running;

    @BeforeAll
    static void findIt() {
        Engine.requireRelay();
    }

    @TestFactory
    Stream<DynamicTest> scenario() throws Exception {
        Mailpit.Starter mailpit =
                Engine.canRun(Engine.mailpit(MailpitRelease.pinned())) ? MailpitInDocker::start : Mailpit::start;
        LabWorld world = LabWorld.builder().withMailpit(mailpit).start(this::container);
        // The container does not have smtp2graph's volume.
        return Scenario.all().stream()
                .filter(scenario -> !scenario.needsSmtp2GraphFiles())
                .map(scenario -> DynamicTest.dynamicTest(scenario.number() + " " + scenario.name(), () -> {
                    ScenarioResult outcome = scenario.play(world);
                    assertThat(outcome.holds())
                            .as("expected: %s; seen: %s; %s", scenario.expected(), outcome.seen(), outcome.transcript())
                            .isTrue();
                }))
                .onClose(world::close);
    }

    @Test
    void servesPort25WithoutRootRightsOrShellOnAReadOnlyRoot() throws Exception {
        try (RelayContainer relay = RelayContainer.isolated(Map.of())) {
            await().atMost(PATIENCE).until(() -> greets(relay.port()));

            assertThat(relay.inspect().getConfig().getUser()).isEqualTo("10001:10001");
            assertThat(relay.inspect().getHostConfig().getReadonlyRootfs()).isTrue();
            assertThat(relay.inspect().getConfig().getLabels())
                    .containsEntry("org.opencontainers.image.licenses", "Apache-2.0")
                    .containsEntry(
                            "org.opencontainers.image.version", BuildInfo.read().relaypod())
                    .containsEntry("org.opencontainers.image.title", "relaypod");
            assertThat(relay.health()).isZero();
            assertThat(relay.log().lines())
                    .as("the JVM warns of nothing")
                    .noneMatch(line -> line.startsWith("WARNING") || line.contains("[warning]"));
            assertThat(relay.exitCodeOf(
                            "/opt/relaypod/jre/bin/java",
                            "-Xmx8m",
                            "-cp",
                            "/opt/relaypod/lib/relaypod-server.jar",
                            "io.relaypod.server.cli.Health",
                            "127.0.0.1:26"))
                    .as("no server answers there")
                    .isEqualTo(1);
            assertThat(relay.exitCodeOf("/bin/sh", "-c", "true"))
                    .as("there is no shell")
                    .isNotZero();
        }
    }

    @Test
    void usesTheAotCacheOfTheBuild() throws Exception {
        try (RelayContainer relay = RelayContainer.isolated(Map.of())) {
            await().atMost(PATIENCE).until(() -> greets(relay.port()));

            assertThat(relay.output("/opt/relaypod/jre/bin/jcmd", "1", "VM.metaspace"))
                    .containsPattern("\\([1-9]\\d{3,} shared\\)");
        }
    }

    @Test
    void commandsOfAnOperatorRunInTheContainer() throws Exception {
        try (RelayContainer relay = RelayContainer.isolated(Map.of())) {
            await().atMost(PATIENCE).until(() -> greets(relay.port()));

            assertThat(relay.output("java", "@/relaypod", "queue")).contains("0 mails in the queue outgoing.");
            assertThat(relay.output("java", "@/relaypod", "failed")).contains("Nothing is kept in var/mail/failed.");
            assertThat(relay.exitCodeOf("java", "@/relaypod", "trace", "nobody@example.com"))
                    .as("nothing is remembered of that")
                    .isEqualTo(1);
            assertThat(relay.inspect().getState().getOOMKilled())
                    .as("both have room in the relay's memory")
                    .isFalse();
            assertThat(relay.isRunning()).isTrue();
        }
    }

    @Test
    void stopsInOrderAtSigtermAndDeliversTheQueueAfterTheNextStart() throws Exception {
        try (LabWorld world = LabWorld.builder().start(this::container)) {
            try (ConfirmedMails mails = ConfirmedMails.sentTo(world.smtpAddress(), CLIENTS)) {
                await().atMost(PATIENCE).until(() -> mails.subjects().size() > BEFORE_THE_CRASH);
                assertThat(running.stop()).as("128 + SIGTERM").isEqualTo(143);
                assertThat(running.log()).contains("event=drained").contains("event=stopped");
                running.startAgain();
                int sofar = mails.subjects().size();
                await().atMost(PATIENCE).until(() -> mails.subjects().size() > sofar + BEFORE_THE_CRASH);
                running.kill();
                running.startAgain();
                int afterTheCrash = mails.subjects().size();
                await().atMost(PATIENCE).until(() -> mails.subjects().size() > afterTheCrash + BEFORE_THE_CRASH);
                mails.close();

                awaitAll(mails.subjects(), world);
            }
        }
    }

    @Test
    void aBurstStaysWithinTheMemoryLimit() throws Exception {
        Path smtpSource = Path.of("/usr/sbin/smtp-source");
        Peers.require("smtp-source", Files.isExecutable(smtpSource), "Postfix's smtp-source is not installed");
        try (MailpitStandIn mailpit = MailpitStandIn.start(Relaying.none());
                LabWorld world = LabWorld.builder()
                        .with(
                                "UPSTREAM_PORT",
                                Integer.toString(mailpit.smtpAddress().getPort()))
                        .start(this::container)) {
            Process source = new ProcessBuilder(
                            smtpSource.toString(),
                            "-s",
                            "50",
                            "-m",
                            Integer.toString(BURST),
                            "-l",
                            "4000",
                            "-N",
                            "-f",
                            "app@organiser.example",
                            "-t",
                            "guest@example.com",
                            "127.0.0.1:" + world.smtpAddress().getPort())
                    .inheritIO()
                    .start();
            assertThat(source.waitFor(3, TimeUnit.MINUTES)).isTrue();
            assertThat(source.exitValue()).isZero();
            await().atMost(PATIENCE).until(() -> mailpit.messages().size() >= BURST && world.queuedMails() == 0);

            ContainerState state = running.inspect().getState();
            assertThat(state.getOOMKilled()).isFalse();
            assertThat(state.getRunning()).isTrue();
            assertThat(running.inspect().getHostConfig().getMemory()).isEqualTo(RelayContainer.MEMORY);
        }
    }

    private Relay container(Map<String, String> environment) throws IOException {
        Map<String, String> complete = RelayContainer.inImage(ExternalRelay.withPorts(environment));
        running = RelayContainer.beside(complete);
        return ExternalRelay.await(complete, running::isRunning, running::password, running::close);
    }

    private static void awaitAll(Set<String> subjects, LabWorld world) {
        Set<String> missing = new HashSet<>(subjects);
        await().atMost(PATIENCE).untilAsserted(() -> {
            missing.removeAll(
                    world.graph().mails().stream().map(GraphMail::subject).collect(Collectors.toSet()));
            assertThat(missing).isEmpty();
        });
    }

    private static boolean greets(int port) {
        try (SmtpConversation smtp = SmtpConversation.connect(new InetSocketAddress("127.0.0.1", port))) {
            return smtp.banner().code() == 220;
        } catch (IOException notYet) {
            return false;
        }
    }
}
