package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.relaypod.lab.dns.DnsBehaviour;
import io.relaypod.lab.dns.LabDns;
import io.relaypod.lab.smtp.SmtpConversation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands as processes, with their exit codes and output. */
class CommandsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Pattern READY = Pattern.compile(
            "event=ready smtp=(?<host>\\S+):(?<port>\\d+) metrics=(?<metrics>127.0.0.1:\\d+) webadmin=off upstream=127.0.0.1:1025 ");

    @TempDir
    private Path directory;

    @Test
    void runLogsItsAddressesAndStopsWithinTenSecondsOfSigterm() throws Exception {
        Process relay = start(Map.of("LISTEN_ADDR", ":0", "WEBADMIN_ADDR", "off", "MAX_MESSAGE_SIZE", "1K"), "run");
        Matcher ready = awaitReady(relay);
        assertThat(ready.group("host")).isEqualTo("0.0.0.0");
        try (SmtpConversation smtp =
                SmtpConversation.connect(new InetSocketAddress("127.0.0.1", Integer.parseInt(ready.group("port"))))) {
            assertThat(smtp.send("EHLO client.example").lines()).anyMatch(line -> line.endsWith("SIZE 1024"));
        }

        Instant begin = Instant.now();
        relay.destroy();
        assertThat(relay.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(Duration.between(begin, Instant.now())).isLessThan(Duration.ofSeconds(10));
    }

    @Test
    @Runbook("docs/alerts.md#relaypodmissing")
    void allInvalidVariablesAreReportedTogetherWithExitCode78() throws Exception {
        Process relay = start(
                Map.of(
                        "LISTEN_ADDR",
                        "nowhere",
                        "UPSTREAM_PORT",
                        "99999",
                        "STRIP_ICS_RECIPIENTS",
                        "a@@b",
                        "DNS_SERVERS",
                        "not an address"),
                "run");

        String output = new String(relay.getInputStream().readAllBytes());

        assertThat(relay.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(relay.exitValue()).isEqualTo(78);
        assertThat(output)
                .contains(
                        "LISTEN_ADDR is 'nowhere'; expected :port or host:port",
                        "UPSTREAM_PORT is '99999'; expected a port from 1 to 65535",
                        "STRIP_ICS_RECIPIENTS is 'a@@b'",
                        "DNS_SERVERS is 'not an address'")
                .doesNotContain("\tat ");

        Process corrected = start(Map.of("LISTEN_ADDR", ":0", "WEBADMIN_ADDR", "off"), "run");
        String metrics = "http://" + awaitReady(corrected).group("metrics");
        assertThat(get(metrics + "/livez")).isEqualTo("live\n");
        assertThat(get(metrics + "/metrics")).contains("relaypod_build_info{");
        corrected.destroy();
        assertThat(corrected.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    private static String get(String uri) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(uri)).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    @Test
    void checkPrintsVerdictsAndTheExitCodeIsTheWorst() throws Exception {
        try (LabDns dns = LabDns.serving(
                "gmail.com. 300 IN MX 10 mx.gmail.com.",
                "example.com. 300 IN MX 10 mx.example.com.",
                "implicit.example. 300 IN A 192.0.2.80")) {
            dns.behave("broken.example", DnsBehaviour.servfail());
            Map<String, String> environment =
                    Map.of("DNS_SERVERS", "127.0.0.1:" + dns.address().getPort(), "DNS_TIMEOUT", "5s");

            ProcessResult accepted = result(start(environment, "check", "example.com", "user@implicit.example"));
            assertThat(accepted.exitCode()).isZero();
            assertThat(accepted.output())
                    .containsPattern("accepted +example.com +\\d+ ms +MX mx.example.com")
                    .containsPattern("accepted +user@implicit.example +\\d+ ms +no MX, address 192.0.2.80");

            ProcessResult refused =
                    result(start(environment, "check", "example.com", "user@gmial.com", "broken.example"));
            assertThat(refused.exitCode()).isEqualTo(1);
            assertThat(refused.output()).containsPattern("refused +user@gmial.com +\\d+ ms +no such domain +550 5.1.2");

            ProcessResult addresses = result(start(
                    environment,
                    "check",
                    "a..b@example.com",
                    "<root>",
                    "nagios@localhost",
                    "a b@example.com",
                    "j\u00f6rg@example.com",
                    "a@[IPv6:2001:db8::1]",
                    "<postmaster>",
                    "ann@example.com."));
            assertThat(addresses.output())
                    .containsPattern("refused +a..b@example.com .*553 5.1.3")
                    .containsPattern("refused +<root> .*550 5.1.1")
                    .containsPattern("refused +nagios@localhost .*550 5.1.1")
                    .containsPattern("refused +a b@example.com .*553 5.1.3")
                    .containsPattern("refused +j.+rg@example.com .*553 5.6.7")
                    .containsPattern("refused +a@\\[IPv6:2001:db8::1\\] .*550 5.1.2")
                    .containsPattern("accepted +<postmaster> ")
                    .containsPattern("accepted +ann@example.com. ");

            ProcessResult unknown = result(start(environment, "check", "example.com", "broken.example"));
            assertThat(unknown.exitCode()).isEqualTo(2);
            assertThat(unknown.output()).containsPattern("unknown +broken.example +\\d+ ms +SERVFAIL +451 4.4.3");

            dns.behave(".", DnsBehaviour.Fixed.EDNS_FORMERR);
            assertThat(result(start(environment, "check", "example.com")).output())
                    .contains("answers only without EDNS");
            dns.behave(".", DnsBehaviour.nxdomain());
            ProcessResult untrusted = result(start(environment, "check", "example.com"));
            assertThat(untrusted.exitCode()).isEqualTo(2);
            assertThat(untrusted.output()).contains("denies names that must exist");
        }
    }

    private record ProcessResult(int exitCode, String output) {}

    private static ProcessResult result(Process process) throws Exception {
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return new ProcessResult(process.exitValue(), output);
    }

    private Process start(Map<String, String> environment, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "io.relaypod.server.cli.Relaypod"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.matches("(DNS|MX)_.*|.*_ADDR|LOG_LEVEL|RELAY_NETWORKS"));
        builder.environment().put("METRICS_ADDR", "127.0.0.1:0");
        builder.environment().put("JAMES_CONF", new File("../james-conf").getCanonicalPath());
        builder.environment().put("DATA_DIR", directory.resolve("data").toString());
        builder.environment().putAll(environment);
        return builder.start();
    }

    private static Matcher awaitReady(Process relay) throws Exception {
        StringBuilder output = new StringBuilder();
        for (String line = relay.inputReader().readLine();
                line != null;
                line = relay.inputReader().readLine()) {
            output.append(line).append('\n');
            Matcher ready = READY.matcher(line);
            if (ready.find()) {
                return ready;
            }
        }
        throw new AssertionError("the relay ended without being ready:\n" + output);
    }
}
