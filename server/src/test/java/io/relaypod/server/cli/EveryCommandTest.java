package io.relaypod.server.cli;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.relaypod.server.cli.FakeWebAdmin.CommandResult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What holds for all commands, and the commands that only read. */
class EveryCommandTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String STATUS =
            "{\"version\":\"1\",\"ready\":%s,\"checks\":[{\"component\":\"DNS\",\"status\":\"unhealthy\",\"cause\":\"no answer\"}],"
                    + "\"queues\":{\"outgoing\":{\"size\":3,\"oldestSeconds\":4000,\"rateLimited\":2}},\"repositories\":{\"var/mail/failed\":1},"
                    + "\"dnsServers\":[\"10.0.0.10:53\"],"
                    + "\"gateway\":{\"address\":\"mailpit:1025\",\"up\":false,\"words\":\"not reached\",\"unavailableSince\":\"2026-11-22T13:00:00Z\","
                    + "\"lastDelivered\":\"2026-11-22T12:00:00Z\",\"lastFailed\":\"2026-11-22T12:30:00Z\",\"lastFailure\":\"451 4.3.5 down\"}}";
    // The first needs a command beside it, the second writes a log.
    private static final Set<String> PRINTING_NO_RESULT = Set.of("relaypod", "relaypod run");
    private static final String NAMES = "[{\"name\":\"%s\",\"hour\":2,\"day\":40}]";

    @TempDir
    private Path directory;

    private final InputStream input = System.in;

    private FakeWebAdmin webadmin;

    @BeforeEach
    void start() throws IOException {
        webadmin = new FakeWebAdmin(directory);
        webadmin.answer("GET /relay/status", STATUS.formatted("true"));
    }

    @AfterEach
    void stop() {
        System.setIn(input);
        webadmin.close();
    }

    @Test
    void everyCommandHasJsonAndHelp() {
        assertThat(commands(Relaypod.commandLine()).toList())
                .hasSizeGreaterThan(20)
                .allSatisfy(command -> {
                    assertThat(command.getCommandSpec().findOption("--json"))
                            .as(command.getCommandSpec().qualifiedName())
                            .isNotNull();
                    assertThat(command.getCommandSpec().findOption("--help"))
                            .as(command.getCommandSpec().qualifiedName())
                            .isNotNull();
                });
    }

    private static Stream<CommandLine> commands(CommandLine command) {
        return Stream.concat(
                Stream.of(command), command.getSubcommands().values().stream().flatMap(EveryCommandTest::commands));
    }

    @Test
    void eachCommandThatPrintsSomethingPrintsJsonOnRequest() throws IOException {
        String failed = FakeWebAdmin.path("var/mail/failed");
        webadmin.answer("GET /mailQueues/outgoing", "{\"size\":0}")
                .answer("GET /mailQueues/outgoing/mails?limit=100", "[]")
                .answer("PATCH /mailQueues/outgoing/mails?delayed=true", 204, "")
                .answer("DELETE /mailQueues/outgoing/mails", "{\"taskId\":\"1\"}")
                .answer("GET /tasks/1/await?timeout=60s", "{\"status\":\"completed\",\"additionalInformation\":{}}")
                .answer("GET /mailRepositories", "[]")
                .answer("GET " + failed + "/mails/Mail1-a?additionalFields=attributes,headers,messageSize", "{}")
                .answer("GET /mx-cache?limit=100", "[]")
                .answer("DELETE /mx-cache", 204, "")
                .answer("GET /domains/a.example/verdict", "{\"accepted\":true,\"outcome\":\"mx\",\"code\":250}")
                .answer(
                        "GET /domains/a.example/verdict?fresh=false",
                        "{\"accepted\":true,\"outcome\":\"mx\",\"code\":250}")
                .answer("GET /relay/trace?limit=10", "[{\"queueId\":\"Mail1-a\",\"steps\":[]}]")
                .answer("GET /relay/trace?queueId=Mail1-a", "[{\"queueId\":\"Mail1-a\",\"steps\":[]}]")
                .answer("GET /relay/top?limit=10", "{}")
                .answer("GET /relay/graph?limit=100", "{}")
                .answer("PATCH /relay/graph/a.eml", 204, "")
                .answer("GET /relay/configuration", "{}")
                .answer("GET /relay/configuration/xml", "[]");
        Map<String, List<String>> arguments = Map.ofEntries(
                entry("relaypod queue remove", List.of("--all", "--yes")),
                entry("relaypod queue show", List.of("Mail1-a")),
                entry("relaypod failed show", List.of("Mail1-a")),
                entry("relaypod failed retry", List.of("--all")),
                entry("relaypod failed remove", List.of("--all", "--yes")),
                entry("relaypod graph retry", List.of("a.eml")),
                entry("relaypod cache show", List.of("a.example")),
                entry("relaypod cache remove", List.of("--all")),
                entry("relaypod check", List.of("a.example")));
        // The settings of the fake webadmin are no configuration of a relay. That is a finding of doctor and validate.
        Map<String, Integer> exitCodes = Map.of("relaypod validate", 78, "relaypod doctor", 1);
        Map<String, String> environment = new HashMap<>(webadmin.environment());
        environment.put("JAMES_CONF", directory.toString());
        System.setIn(new ByteArrayInputStream("correct horse battery\n".getBytes(StandardCharsets.UTF_8)));

        List<String> printing = commands(Relaypod.commandLine())
                .map(command -> command.getCommandSpec().qualifiedName())
                .filter(name -> !PRINTING_NO_RESULT.contains(name))
                .toList();

        assertThat(printing).hasSizeGreaterThan(20).containsAll(arguments.keySet());
        for (String name : printing) {
            List<String> words = new ArrayList<>(List.of(name.split(" ")).subList(1, name.split(" ").length));
            words.addAll(arguments.getOrDefault(name, List.of()));
            words.add("--json");

            CommandResult result = FakeWebAdmin.run(environment, words.toArray(String[]::new));

            assertThat(result.exitCode()).as(words + result.output()).isEqualTo(exitCodes.getOrDefault(name, 0));
            assertThat(JSON.readTree(result.output()).isMissingNode())
                    .as(words + result.output())
                    .isFalse();
        }
    }

    @Test
    void theStatusIsPrintedAndItsExitCodeTellsWhetherTheRelayIsReady() {
        CommandResult ready = webadmin.run("status");
        assertThat(ready.exitCode()).isZero();
        assertThat(ready.output())
                .contains(
                        "relaypod 1 is ready",
                        "no answer",
                        "queue outgoing: 3 mails, the oldest 66 min old, 2 of them for the rate limit",
                        "var/mail/failed: 1 mail",
                        "gateway mailpit:1025: not reached, since 2026-11-22T13:00:00Z",
                        "last delivery 2026-11-22T12:00:00Z",
                        "last failed attempt 2026-11-22T12:30:00Z: 451 4.3.5 down");
    }

    @Test
    void aRelayThatIsNotReadyEndsTheStatusWithOne() throws IOException {
        try (FakeWebAdmin other = new FakeWebAdmin(directory)) {
            other.answer("GET /relay/status", STATUS.formatted("false"));

            CommandResult unready = other.run("status");

            assertThat(unready.exitCode()).isEqualTo(1);
            assertThat(unready.output()).contains("not ready");
        }
    }

    @Test
    void theTopListsHaveTheirNamesWithBothCounts() {
        webadmin.answer(
                "GET /relay/top?limit=5",
                "{\"since\":\"2026-11-22T13:00:00.5Z\",\"senders\":" + NAMES.formatted("app@a.example")
                        + ",\"clients\":[]," + "\"refusedDomains\":" + NAMES.formatted("gmial.com")
                        + ",\"refusedClients\":[]}");

        assertThat(webadmin.run("top", "--limit", "5").output())
                .containsPattern("SENDERS, by mails\\R +1 h +24 h\\R +2 +40 +app@a.example")
                .contains("CLIENTS, by mails: none in the last day")
                .containsPattern(" 2 +40 +gmial.com")
                .contains("2026-11-22T13:00:00Z, the start of the relay");
    }

    @Test
    void theConfigurationTellsWhereEachValueComesFromWithAndWithoutARelay() {
        webadmin.answer(
                        "GET /relay/configuration",
                        "{\"UPSTREAM_PORT\":{\"value\":\"2525\",\"isDefault\":false,\"source\":\"environment\"},"
                                + "\"DNS_TRIES\":{\"value\":\"2\",\"isDefault\":true,\"source\":\"default\"}}")
                .answer(
                        "GET /relay/configuration/xml",
                        "[{\"file\":\"mailetcontainer.xml\",\"path\":\"a/maxRetries\",\"value\":\"125\"}]");

        assertThat(webadmin.run("config").output())
                .containsPattern("UPSTREAM_PORT +environment +2525")
                .containsPattern("DNS_TRIES +default +2")
                .containsPattern("mailetcontainer.xml +a/maxRetries +125")
                .contains("In force in the running relay.");
        assertThat(webadmin.run("config", "--changed").output()).doesNotContain("DNS_TRIES", "maxRetries");

        CommandResult own = FakeWebAdmin.run(
                Map.of(
                        "WEBADMIN_ADDR", "off",
                        "DATA_DIR", directory.toString(),
                        "JAMES_CONF", "../james-conf",
                        "UPSTREAM_PORT", "2525"),
                "config");
        assertThat(own.output())
                .contains("No relay answers here")
                .containsPattern("UPSTREAM_PORT +environment +2525")
                .containsPattern("RemoteDelivery/maxRetries +125");
    }

    @Test
    void aCheckAsksTheRunningRelayAndSaysSo() {
        webadmin.answer(
                        "GET /domains/gmial.com/verdict",
                        "{\"accepted\":false,\"outcome\":\"no_mail_host\",\"code\":550,\"text\":\"5.1.2 Bad\","
                                + "\"remembered\":{\"since\":\"2026-11-22T13:00:00.5Z\",\"stale\":true,"
                                + "\"verdict\":{\"kind\":\"no_mail_host\",\"reason\":\"no such domain\"}}}")
                .answer(
                        "GET /domains/slow.example/verdict",
                        "{\"accepted\":false,\"outcome\":\"dns_failure\",\"code\":451}");

        CommandResult refused = webadmin.run("check", "bob@gmial.com", "a..b@gmial.com", "slow.example");

        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.output())
                .containsPattern(
                        "refused +bob@gmial.com .*no such domain \\(DNS at 2026-11-22T13:00:00Z, stale\\).*550 5.1.2 Bad")
                .containsPattern("refused +a..b@gmial.com .*553 5.1.3")
                .containsPattern("unknown +slow.example .*dns failure")
                .contains("running relay at http://127.0.0.1:", "10.0.0.10:53");
    }

    @Test
    void aFollowedTraceHasEachEventOnceAndNoneOfBefore() throws Exception {
        Instant now = Instant.now();
        String before = step("received", now.minusSeconds(5));
        String after = step("delivered", now);
        String old = step("received", now.minusSeconds(7_000));
        webadmin.answer("GET /relay/trace?since=15s&limit=1000", mail(before))
                .answer("GET /relay/trace?since=15s&limit=1000", mail(old + "," + before + "," + after))
                .answer("GET /relay/trace?since=15s&limit=1000", mail(before + "," + after))
                .answer("GET /relay/trace?since=15s&limit=1000", 500, "{\"message\":\"enough\"}");
        CommandLine command = Relaypod.commandLine(webadmin.environment());
        StringWriter output = new StringWriter();
        command.setOut(new PrintWriter(output));
        TraceFollower follower = new TraceFollower(
                WebAdminClient.of(webadmin.environment()),
                new Terminal(command.getCommandSpec()),
                Duration.ofMillis(1));

        assertThatThrownBy(() -> follower.follow(Map.of())).hasMessageContaining("enough");
        assertThat(output.toString().lines())
                .singleElement()
                .satisfies(line -> assertThat(line).contains("delivered  Mail1-a  to b@b.example"));
        assertThat(webadmin.run("trace", "--follow", "--since", "2h").exitCode())
                .isEqualTo(2);
    }

    private static String mail(String steps) {
        return "[{\"queueId\":\"Mail1-a\",\"session\":\"s1\",\"steps\":[" + steps + "]}]";
    }

    private static String step(String event, Instant at) {
        return "{\"at\":\"" + at + "\",\"event\":\"" + event
                + "\",\"queueId\":\"\",\"recipients\":[\"b@b.example\"],\"details\":{}}";
    }

    @Test
    void theCompletionNamesEveryCommand() {
        String script = webadmin.run("completion").output();

        assertThat(script).contains("complete -F", "_relaypod_queue_retry", "--follow");
    }
}
