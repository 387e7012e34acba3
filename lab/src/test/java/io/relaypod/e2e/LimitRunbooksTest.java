package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import com.sun.net.httpserver.HttpServer;
import io.relaypod.lab.Peers;
import io.relaypod.lab.gateway.Fault;
import io.relaypod.lab.gateway.MailpitStandIn;
import io.relaypod.lab.gateway.Phase;
import io.relaypod.lab.gateway.Relaying;
import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.ExternalRelay;
import io.relaypod.lab.world.LabWorld;
import io.relaypod.server.cli.Relaypod;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The runbooks about a quota, a disk and a receiver of notifications. Each test causes the failure and applies the
 * cure.
 */
@Execution(ExecutionMode.CONCURRENT)
class LimitRunbooksTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final long MEBIBYTE = 1 << 20;
    private static final String APP = "app@example.com";
    private static final String GUEST = "guest@booker.example";

    @TempDir
    private Path folder;

    @AutoClose
    private final MailpitStandIn mailpit = MailpitStandIn.start(Relaying.none());

    LimitRunbooksTest() throws IOException {}

    @Test
    @Runbook("docs/alerts.md#relaypodquotanearlyreached")
    void messagesBeyondAQuotaWaitAndAreSentWithAHigherOne() throws Exception {
        int quota = 5;
        String beyond;
        try (LabWorld world = world("UPSTREAM_RECIPIENTS_PER_SENDER", Integer.toString(quota))) {
            OperatorShell operator = OperatorShell.beside(world);
            for (int i = 0; i < quota; i++) {
                ClientMail.send(world, APP, GUEST, "within " + i);
            }
            await().atMost(PATIENCE).until(() -> mailpit.messages().size() == quota);
            await().atMost(PATIENCE)
                    .until(() -> Scrape.of(world).value("relaypod_quota_recipients", "quota=\"mailbox\"") == quota);
            assertThat(Scrape.of(world).value("relaypod_quota_limit", "quota=\"mailbox\""))
                    .isEqualTo(quota);
            assertThat(Scrape.of(world).value("relaypod_quota_reached_in_seconds", "quota=\"mailbox\""))
                    .isZero();

            beyond = ClientMail.send(world, APP, GUEST, "beyond");
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(operator.text("queue"))
                            .contains(beyond, "waits for the daily quota of recipients of mailbox " + APP));
            assertThat(operator.text("trace", "--since", "24h", "--sender", "@example.com"))
                    .contains(beyond, "from " + APP);
            assertThat(operator.text("top")).contains(APP);
            assertThat(Scrape.get(world, "/").body()).contains("***@example.com");
        }
        try (LabWorld world = world("UPSTREAM_RECIPIENTS_PER_SENDER", "100")) {
            await().atMost(PATIENCE).until(() -> mailpit.messages().size() == quota + 1);
            assertThat(Scrape.of(world).value("relaypod_quota_recipients", "quota=\"mailbox\""))
                    .isLessThan(80);
        }
    }

    @Test
    @Runbook("docs/alerts.md#relaypodnotificationsfailing")
    void aNotificationWaitsForAReceiverAndArrivesAtTheCorrectedOne() throws Exception {
        HttpServer receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext("/right", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        receiver.createContext("/wrong", exchange -> {
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
        });
        receiver.start();
        String address = "http://127.0.0.1:" + receiver.getAddress().getPort();
        try (LoggedProblems log = new LoggedProblems()) {
            try (LabWorld world = world("NOTIFY_URL", address + "/wrong")) {
                mailpit.failNext(1, Phase.CONTENT, new Fault.ReplyLine("554 5.6.0 not this one"));
                ClientMail.send(world, APP, GUEST, "an incident");
                await().atMost(PATIENCE).until(() -> Scrape.of(world).value("relaypod_notifications_waiting") == 1);
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(log.messages())
                                .anyMatch(line -> line.contains("event=notify-failed") && line.contains("404")));
                assertThat(doctor(world, address + "/wrong"))
                        .containsPattern("fault +notification: .* did not accept the trial: 404");
                assertThat(doctor(world, address + "/right"))
                        .containsPattern("ok +notification: .* accepted a trial notification");
            }
            try (LabWorld world = world("NOTIFY_URL", address + "/right")) {
                await().atMost(PATIENCE)
                        .until(() -> Scrape.of(world).value("relaypod_notifications_total", "result=\"sent\"") == 1);
                assertThat(Scrape.of(world).value("relaypod_notifications_waiting"))
                        .isZero();
            }
        } finally {
            receiver.stop(0);
        }
    }

    @Test
    @Runbook("docs/alerts.md#relaypoddiskfilling")
    void aFullDiskDelaysNewMessagesUntilTheVolumeIsEnlarged() throws Exception {
        requireNamespaces();
        Path volume = Files.createDirectories(folder.resolve("volume"));
        Path enlarge = folder.resolve("enlarge");
        try (LabWorld world = LabWorld.builder()
                .with("DATA_DIR", volume.toString())
                .with("ENLARGE", enlarge.toString())
                .start(environment -> ExternalRelay.program(onSmallDisk(), ExternalRelay.withPorts(environment)))) {
            assertThat(world.count("disk_free_bytes")).isBetween(0L, 64 * MEBIBYTE - 1);
            assertThat(reply(world)).startsWith("452 4.3.1 ");
            assertThat(world.count("relaypod_queue_size")).as("not the queue").isZero();
            assertThat(world.count("relaypod_repository_used_bytes")).isZero();
            assertThat(world.count("relaypod_trace_size_bytes")).isLessThan(MEBIBYTE);

            Files.createFile(enlarge);

            await().atMost(PATIENCE).until(() -> world.count("disk_free_bytes") > 256 * MEBIBYTE);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(reply(world)).startsWith("250 "));
        }
    }

    /** The command that runs a relay on a disk of its own, which another program has nearly filled. */
    private static List<String> onSmallDisk() {
        return List.of(
                "unshare",
                "--user",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                """
                mount -t tmpfs -o size=100m relaypod "$DATA_DIR"
                head -c 45m /dev/zero > "$DATA_DIR/other-program"
                "$@" & relay=$!
                trap 'kill $relay' TERM
                until [ -e "$ENLARGE" ] || ! kill -0 $relay; do sleep 0.1; done
                mount -o remount,size=400m "$DATA_DIR"
                wait $relay
                wait $relay
                """,
                "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Relaypod.class.getName(),
                "run");
    }

    private static void requireNamespaces() throws Exception {
        Path unshare = Programs.require("unshare");
        Programs.ProgramResult said = Programs.run(
                Path.of("."),
                "",
                List.of(
                        unshare.toString(),
                        "--user",
                        "--map-root-user",
                        "--mount",
                        "mount",
                        "-t",
                        "tmpfs",
                        "none",
                        "/mnt"));
        Peers.require("unshare", said.exitCode() == 0, "no mount in a namespace: " + said.text());
    }

    private static String reply(LabWorld world) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<" + APP + ">");
            smtp.send("RCPT TO:<" + GUEST + ">");
            Reply data = smtp.send("DATA");
            return (data.code() == 354 ? smtp.send("From: " + APP + "\r\n\r\nx\r\n.") : data)
                    .lines()
                    .get(0);
        }
    }

    private static String doctor(LabWorld world, String notifyUrl) {
        return OperatorShell.beside(world).with("NOTIFY_URL", notifyUrl).text("doctor", "--notify");
    }

    private LabWorld world(String variable, String value) throws Exception {
        return LabWorld.builder()
                .with("UPSTREAM_PORT", Integer.toString(mailpit.smtpAddress().getPort()))
                .with("METRICS_ADDR", "127.0.0.1:0")
                .with("DATA_DIR", folder.resolve("data").toString())
                .with(variable, value)
                .start();
    }
}
