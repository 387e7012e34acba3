package io.relaypod.server.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import com.sun.net.httpserver.HttpServer;
import io.relaypod.server.doctor.Finding.FindingLevel;
import io.relaypod.server.settings.Settings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class ExaminationsTest {

    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
    private static final Clock CLOCK = Clock.fixed(NOON, ZoneOffset.UTC);

    @TempDir
    private Path directory;

    private final SmtpDoor smtp = new SmtpDoor();

    @AfterEach
    void close() {
        smtp.close();
    }

    /** An SMTP server that accepts all commands, with a greeting and a reply to the end of data of its own. */
    private static final class ScriptedServer implements AutoCloseable {

        private final ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());

        ScriptedServer(String greeting, String atTheEnd) throws IOException {
            Thread serving = new Thread(() -> accept(greeting, atTheEnd), "scripted");
            serving.setDaemon(true);
            serving.start();
        }

        int port() {
            return server.getLocalPort();
        }

        private void accept(String greeting, String atTheEnd) {
            while (!server.isClosed()) {
                try (Socket client = server.accept()) {
                    serve(client, greeting, atTheEnd);
                } catch (IOException over) {
                    // the next client, if there is one
                }
            }
        }

        private static void serve(Socket client, String greeting, String atTheEnd) throws IOException {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
            OutputStream out = client.getOutputStream();
            say(out, greeting);
            boolean isData = false;
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (isData && line.equals(".")) {
                    isData = false;
                    say(out, atTheEnd);
                } else if (!isData) {
                    isData = line.equals("DATA");
                    say(out, isData ? "354 go" : line.equals("QUIT") ? "221 bye" : "250 Ok");
                }
            }
        }

        private static void say(OutputStream out, String reply) throws IOException {
            out.write((reply + "\r\n").getBytes(StandardCharsets.US_ASCII));
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }

    private List<Finding> gateway(String greeting, String atTheEnd) throws IOException {
        try (ScriptedServer server = new ScriptedServer(greeting, atTheEnd)) {
            return new GatewayExamination("127.0.0.1", server.port(), smtp).examine();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "501 Error: Bad recipient address syntax | OK | forwards its errors",
                "250 2.0.0 Ok: queued as x | FAULT | accepted a probe that smtp2graph refuses",
                "451 4.3.5 Unable to process mail | FAULT | does not reach its next hop",
                "554 5.7.1 Relaying denied | WARNING | for another reason than smtp2graph's"
            })
    void theReplyToTheProbeShowsWhatTheGatewayDoesWithMail(String reply, FindingLevel level, String words)
            throws Exception {
        List<Finding> findings = gateway("220 mailpit Mailpit ESMTP Service ready", reply);

        assertThat(findings.get(0).level()).isEqualTo(FindingLevel.OK);
        assertThat(findings.get(1).level()).isEqualTo(level);
        assertThat(findings.get(1).text()).contains(words);
        assertThat(findings.get(1).cure().isEmpty()).isEqualTo(level == FindingLevel.OK);
    }

    @Test
    void aGatewayThatIsSmtp2GraphOrAwayIsAFault() throws Exception {
        assertThat(gateway("220 x ESMTP SMTP2Graph 1.1.4", "250 Ok"))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.level()).isEqualTo(FindingLevel.FAULT);
                    assertThat(finding.cure()).contains("1025");
                });
        int closed;
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = taken.getLocalPort();
        }
        assertThat(new GatewayExamination("127.0.0.1", closed, smtp).examine())
                .singleElement()
                .satisfies(finding -> assertThat(finding.level()).isEqualTo(FindingLevel.FAULT));
    }

    private List<Finding> graph() throws IOException {
        try (ScriptedServer server = new ScriptedServer("220 SMTP2Graph", "250 Ok")) {
            return new Smtp2GraphExamination("127.0.0.1", server.port(), Optional.of(directory), smtp, CLOCK).examine();
        }
    }

    private void mail(String where, Duration age) throws IOException {
        Path mail = Files.writeString(
                Files.createDirectories(directory.resolve("mailroot").resolve(where))
                        .resolve("x" + age.toSeconds() + ".eml"),
                "x");
        Files.setLastModifiedTime(mail, FileTime.from(NOON.minus(age)));
    }

    @Test
    void oldAndGivenUpMailsOfSmtp2GraphAreFaultsWithTheLastReasonOfItsLog() throws Exception {
        mail("queue", Duration.ofMinutes(1));
        assertThat(graph()).allSatisfy(finding -> assertThat(finding.level()).isEqualTo(FindingLevel.OK));

        mail("queue", Duration.ofHours(1));
        mail("failed", Duration.ofHours(2));
        Files.writeString(
                Files.createDirectories(directory.resolve("logs")).resolve("error.log"),
                "no JSON\n{\"message\":\"[MailQueue] Failed to send message \\\"x.eml\\\"\",\"filename\":\"x.eml\",\"error\":\"earlier\",\"timestamp\":\"2026-01-01T11:00:00.000Z\"}\n"
                        + "{\"message\":\"[MailQueue] Failed to send message \\\"x.eml\\\"\",\"filename\":\"x.eml\",\"error\":\"AADSTS7000222: The secret of me@ours.example expired\",\"timestamp\":\"2026-01-01T11:30:00.000Z\"}\n"
                        + "{\"level\":\"error\",\"message\":\"no mail\"}\n{\"torn");

        assertThat(graph())
                .filteredOn(finding -> finding.level() == FindingLevel.FAULT)
                .extracting(Finding::text)
                .hasSize(3)
                .anySatisfy(text -> assertThat(text).contains("given them up"))
                .anySatisfy(text -> assertThat(text).contains("for more than 10 min"))
                .anySatisfy(text ->
                        assertThat(text).contains("AADSTS7000222", "expired").doesNotContain("me@"));
    }

    @Test
    void aDirectoryThatIsNotSmtp2GraphsIsAFaultAndNoneIsAWarning() throws Exception {
        assertThat(graph().get(1).level()).isEqualTo(FindingLevel.FAULT);
        assertThat(new Smtp2GraphExamination("127.0.0.1", 1, Optional.empty(), smtp, CLOCK).examine())
                .extracting(Finding::level)
                .containsExactly(FindingLevel.WARNING, FindingLevel.WARNING);
    }

    @ParameterizedTest
    @CsvSource({
        "'Thu, 01 Jan 2026 12:00:20 GMT', OK",
        "'Thu, 01 Jan 2026 11:58:00 GMT', WARNING",
        "'Thu, 01 Jan 2026 12:10:00 GMT', FAULT",
        "soon, WARNING"
    })
    void theClockIsComparedWithTheLoginServices(String date, FindingLevel level) throws Exception {
        try (ServerSocket service = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread answering = new Thread(() -> answerOnce(service, date), "service");
            answering.setDaemon(true);
            answering.start();
            URI address = URI.create("http://127.0.0.1:" + service.getLocalPort() + "/");

            assertThat(new ClockExamination(address, CLOCK).examine())
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.level()).isEqualTo(level));
        }
    }

    private static void answerOnce(ServerSocket service, String date) {
        try (Socket client = service.accept()) {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
            for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
                // the header is not looked at
            }
            client.getOutputStream()
                    .write(("HTTP/1.1 302 Found\r\nDate: " + date + "\r\nContent-Length: 0\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
        } catch (IOException gone) {
            // the client shows it
        }
    }

    private Settings settings(Map<String, String> variables) {
        Map<String, String> environment = new HashMap<>(variables);
        environment.put("DATA_DIR", directory.toString());
        environment.put("JAMES_CONF", "../james-conf");
        return Settings.from(environment);
    }

    @Test
    void aPlaceholderInAFileAndPublicNetworksAreFound() throws Exception {
        Path config = Files.writeString(directory.resolve("config.yml"), "secret: CHANGE-ME\n");
        Map<String, String> variables = Map.of("RELAY_NETWORKS", "0.0.0.0/0");

        assertThat(new ConfigurationExamination(settings(variables), variables, List.of(config)).examine())
                .extracting(Finding::level)
                .containsExactly(FindingLevel.FAULT, FindingLevel.WARNING);
        assertThat(new ConfigurationExamination(settings(Map.of()), Map.of(), List.of()).examine())
                .extracting(Finding::level)
                .containsOnly(FindingLevel.OK);
    }

    @Test
    void aDiskWithRoomIsWellAndAMissingDirectoryIsAWarning() {
        assertThat(new DiskExamination(directory).examine().get(0).level()).isEqualTo(FindingLevel.OK);
        assertThat(new DiskExamination(directory.resolve("none"))
                        .examine()
                        .get(0)
                        .level())
                .isEqualTo(FindingLevel.WARNING);
    }

    @Test
    void theRelaysOwnPortsAndHealthAreExamined() throws Exception {
        HttpServer health = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        health.createContext("/readyz", exchange -> {
            byte[] page = "not ready\nDNS        unhealthy   away\n".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(503, page.length);
            exchange.getResponseBody().write(page);
            exchange.close();
        });
        health.start();
        try (ScriptedServer relay =
                new ScriptedServer("220 relaypod ESMTP", "250 2.6.0 Message received as Mail17-a")) {
            Settings settings = settings(Map.of(
                    "LISTEN_ADDR", "127.0.0.1:" + relay.port(),
                    "METRICS_ADDR", "127.0.0.1:" + health.getAddress().getPort(),
                    "WEBADMIN_ADDR", "off"));
            List<Finding> findings = new OwnPortsExamination(settings, smtp).examine();

            assertThat(findings).extracting(Finding::level).containsExactly(FindingLevel.OK, FindingLevel.FAULT);
            assertThat(findings.get(1).text()).contains("DNS        unhealthy   away");
            assertThat(new TrialMail(settings.listen(), smtp, CLOCK)
                            .send("a@b.example", "c@d.example")
                            .queueId())
                    .contains("Mail17-a");
            assertThat(new TrialMail(settings.listen(), smtp, CLOCK)
                            .send("a@b.example", "c\r\nDATA@d.example")
                            .finding()
                            .level())
                    .isEqualTo(FindingLevel.FAULT);
        } finally {
            health.stop(0);
        }
    }
}
