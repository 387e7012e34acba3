package io.relaypod.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

import io.relaypod.server.cli.FakeWebAdmin.CommandResult;
import io.relaypod.server.metrics.BuildInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands of an operator against a webadmin with prepared answers: requests, output and exit codes. */
class OperatorCommandsTest {

    private static final String FAILED = FakeWebAdmin.path("var/mail/failed");
    private static final String MAIL =
            "{\"name\":\"Mail1-a\",\"sender\":\"a@a.example\",\"recipients\":[\"b@b.example\",\"c@c.example\"],\"error\":\"554 no\"}";
    private static final String ATTRIBUTES = "?additionalFields=attributes";
    private static final String DONE =
            "{\"status\":\"completed\",\"additionalInformation\":{\"initialCount\":3,\"remainingCount\":1}}";

    @TempDir
    private Path directory;

    private FakeWebAdmin webadmin;

    @BeforeEach
    void start() throws IOException {
        webadmin = new FakeWebAdmin(directory);
    }

    @AfterEach
    void stop() {
        webadmin.close();
    }

    @Test
    void theVersionIsThatOfTheBuild() {
        assertThat(webadmin.run("--version").output().strip())
                .isEqualTo("relaypod " + BuildInfo.read().relaypod());
    }

    @Test
    void theQueueIsListedWithTheNumberOfItsMails() {
        webadmin.answer("GET /mailQueues/outgoing", "{\"size\":3}")
                .answer(
                        "GET /mailQueues/outgoing/mails?limit=2",
                        "[{\"name\":\"Mail1-a\",\"sender\":\"a@a.example\",\"recipients\":[\"b@b.example\"]},"
                                + "{\"name\":\"Mail2-b\",\"nextDelivery\":\"2026-11-22T13:00:00Z\",\"recipients\":[]}]");

        CommandResult listed = webadmin.run("queue", "list", "--limit", "2");

        assertThat(listed.exitCode()).isZero();
        assertThat(listed.output())
                .containsPattern("Mail1-a +now +<a@a.example> +b@b.example")
                .containsPattern("Mail2-b +2026-11-22T13:00:00Z +<>")
                .contains("3 mails in the queue outgoing.");
    }

    @Test
    void eachQueuedMailHasTheReasonWhyItWaits() {
        String received = "\"received\":\"" + Instant.now().minusSeconds(800) + "\"";
        webadmin.answer("GET /mailQueues/outgoing", "{\"size\":57}")
                .answer(
                        "GET /mailQueues/outgoing/mails?limit=3",
                        "[" + queued("Mail1-a", received, "\"rate-limit\",\"mailbox\":\"app@a.example\",\"attempts\":0")
                                + ","
                                + queued(
                                        "Mail2-b",
                                        "\"size\":34816",
                                        "\"retry\",\"attempts\":3,\"lastAttempt\":\"2026-11-22T13:00:00.9Z\",\"reason\":\"451 4.3.5 down\\u001b[31m\"")
                                + "," + queued("Mail3-c", "\"size\":100", "\"bytes-in-flight\",\"attempts\":0") + "]");

        CommandResult listed = webadmin.run("queue", "list", "--limit", "3");

        assertThat(listed.output())
                .contains(
                        "13 min old, from app@a.example, <1@a.example>, \"Your booking\"",
                        "waits for the rate limit of mailbox app@a.example",
                        "34 KiB",
                        "waits for a retry; attempt 3 failed at 2026-11-22T13:00:00Z: 451 4.3.5 down?[31m",
                        "GATEWAY_BYTES_IN_FLIGHT",
                        "57 mails in the queue outgoing. 3 of 57 shown");
        assertThat(listed.output()).doesNotContain("\u001b");
    }

    private static String queued(String name, String more, String waits) {
        return "{\"name\":\"" + name + "\",\"sender\":\"b@a.example\",\"recipients\":[\"b@b.example\"],"
                + "\"messageId\":\"<1@a.example>\",\"mailbox\":\"app@a.example\",\"subject\":\"Your booking\"," + more
                + ",\"waits\":{\"cause\":" + waits + "}}";
    }

    @Test
    void oneMailIsTriedNow() {
        webadmin.answer("PATCH /mailQueues/outgoing/mails/Mail1-a", "{\"ready\":1,\"rateLimited\":0}")
                .answer("PATCH /mailQueues/outgoing/mails/Mail2-b", "{\"ready\":0,\"rateLimited\":2}");

        assertThat(webadmin.run("queue", "retry", "Mail1-a").output()).contains("1 message is tried now.");
        CommandResult limited = webadmin.run("queue", "retry", "Mail2-b");
        assertThat(limited.exitCode()).isEqualTo(Terminal.NOTHING_FOUND);
        assertThat(limited.output()).contains("2 messages wait for the rate limit");
        assertThat(webadmin.run("queue", "retry", "Mail9-z").exitCode()).isEqualTo(Terminal.NOTHING_FOUND);
        assertThat(webadmin.requests()).noneMatch(request -> request.contains("delayed=true"));
    }

    @Test
    void aFailedMailIsPrintedAsItIsStored() throws IOException {
        String message = "Subject: caf\u00e9\r\n\r\nx\r\n";
        webadmin.answer("GET " + FAILED + "/mails/Mail1-a", message);
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream before = System.out;
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            assertThat(webadmin.run("failed", "show", "--raw", "Mail1-a").exitCode())
                    .isZero();
        } finally {
            System.setOut(before);
        }
        assertThat(printed.toByteArray()).isEqualTo(message.getBytes(StandardCharsets.UTF_8));
        assertThat(webadmin.run("failed", "show", "--raw", "Mail9-z").exitCode())
                .isEqualTo(Terminal.NOTHING_FOUND);
    }

    @Test
    void aFailedMailHasItsDatesItsSubjectAndItsMailbox() {
        withFailed(1);
        webadmin.answer("GET " + FAILED + "/mails?limit=50", "[\"Mail1795356000000-0f0f\"]")
                .answer(
                        "GET " + FAILED + "/mails/Mail1795356000000-0f0f" + ATTRIBUTES,
                        MAIL.replace("Mail1-a", "Mail1795356000000-0f0f")
                                .replace(
                                        "}",
                                        ",\"lastUpdated\":\"2026-11-22T13:00:00.123+0000\",\"attributes\":{\"relaypod-summary\":\"<1@a>\\nYour booking\\napp@a.example\"}}"));

        assertThat(webadmin.run("failed").output())
                .containsPattern("received +2026-11-22T14:00:00Z")
                .containsPattern("failed +2026-11-22T13:00:00Z")
                .containsPattern("subject +Your booking")
                .contains("mailbox app@a.example");
    }

    @Test
    void anEmptyQueueIsSaidToBeEmpty() {
        webadmin.answer("GET /mailQueues/outgoing", "{\"size\":0}")
                .answer("GET /mailQueues/outgoing/mails?limit=100", "[]");

        assertThat(webadmin.run("queue").output()).isEqualToIgnoringNewLines("0 mails in the queue outgoing.");
    }

    @Test
    void theQueueIsTriedNow() {
        webadmin.answer("PATCH /mailQueues/outgoing/mails?delayed=true", 204, "");

        assertThat(webadmin.run("queue", "retry").exitCode()).isZero();
        assertThat(webadmin.requests())
                .containsExactly("PATCH /mailQueues/outgoing/mails?delayed=true {\"delayed\":\"false\"}");
    }

    @ParameterizedTest
    @CsvSource({
        "--sender, a+b@a.example, ?sender=a%2Bb%40a.example",
        "--recipient, b@b.example, ?recipient=b%40b.example",
        "Mail1-a, --yes, ?name=Mail1-a",
        "--all, --yes, ''"
    })
    void mailIsRemovedFromTheQueueByATask(String argument, String value, String parameters) {
        webadmin.answer("DELETE /mailQueues/outgoing/mails" + parameters, 201, "{\"taskId\":\"7\"}")
                .answer("GET /tasks/7/await?timeout=60s", 408, "{}")
                .answer("GET /tasks/7/await?timeout=60s", DONE);

        CommandResult removed =
                webadmin.run("queue", "remove", argument, value, "--yes".equals(value) ? "--queue=outgoing" : "--yes");

        assertThat(removed.output()).contains("2 removed, 1 left.");
        assertThat(removed.exitCode()).isZero();
    }

    @Test
    void nothingIsRemovedWithoutAYes() {
        CommandResult unsure = webadmin.run("queue", "remove", "--all");

        assertThat(unsure.exitCode()).isEqualTo(Terminal.NOTHING_FOUND);
        assertThat(unsure.output()).contains("All mail in the queue would be lost", "--yes");
        assertThat(webadmin.requests()).isEmpty();
    }

    @Test
    void aTaskThatFailedIsAnError() {
        webadmin.answer("DELETE /mailQueues/outgoing/mails", 201, "{\"taskId\":\"7\"}")
                .answer("GET /tasks/7/await?timeout=60s", "{\"status\":\"failed\"}");

        CommandResult failed = webadmin.run("queue", "remove", "--all", "--yes");

        assertThat(failed.exitCode()).isEqualTo(1);
        assertThat(failed.output()).contains("task 7 is failed").doesNotContain("Exception");
    }

    @Test
    void failedMailIsListedWithItsReasonAndAnUnreadableOneWithItsError() {
        withFailed(3);
        webadmin.answer("GET " + FAILED + "/mails?limit=2", "[\"Mail1-a\",\"Mail2-b\"]")
                .answer("GET " + FAILED + "/mails/Mail1-a" + ATTRIBUTES, MAIL)
                .answer("GET " + FAILED + "/mails/Mail2-b" + ATTRIBUTES, 500, "{\"message\":\"it is damaged\"}");

        CommandResult listed = webadmin.run("failed", "list", "--limit", "2");

        assertThat(listed.exitCode()).isZero();
        assertThat(listed.output())
                .contains(
                        "<a@a.example>",
                        "b@b.example, c@c.example",
                        "554 no",
                        "Mail2-b",
                        "it is damaged",
                        "3 mails in var/mail/failed, 2 of 3 shown");
    }

    @Test
    void aRepositoryThatDoesNotExistYetHasNoMail() {
        webadmin.answer("GET /mailRepositories", "[]");

        assertThat(webadmin.run("failed", "--repository", "var/mail/error").output())
                .contains("in var/mail/error");
    }

    @Test
    void aFailedMailIsShownWithItsHeaderAndItsTrace() {
        webadmin.answer(
                        "GET " + FAILED + "/mails/Mail1-a?additionalFields=attributes,headers,messageSize",
                        MAIL.replace("}", ",\"messageSize\":120,\"headers\":{\"Subject\":[\"bell\\u0007\"]}}"))
                .answer(
                        "GET /relay/trace?queueId=Mail1-a",
                        "[{\"queueId\":\"Mail1-a\",\"steps\":[{\"at\":\"2026-11-22T13:00:00.123Z\",\"event\":\"failed\","
                                + "\"sender\":\"a@a.example\",\"recipients\":[\"b@b.example\"],\"messageId\":\"\",\"details\":{\"reason\":\"554 no\"}}]}]");

        assertThat(webadmin.run("failed", "show", "Mail1-a").output())
                .contains("120 bytes", "Subject: bell?", "2026-11-22T13:00:00Z", "reason: 554 no");
    }

    @Test
    void failedMailIsSentAgainOneOrAll() {
        withFailed(3);
        webadmin.answer("GET " + FAILED + "/mails/Mail1-a", MAIL)
                .answer(
                        "PATCH " + FAILED + "/mails/Mail1-a?action=reprocess&processor=transport",
                        201,
                        "{\"taskId\":\"1\"}")
                .answer("PATCH " + FAILED + "/mails?action=reprocess&processor=transport", 201, "{\"taskId\":\"2\"}")
                .answer("GET /tasks/1/await?timeout=60s", DONE)
                .answer("GET /tasks/2/await?timeout=60s", DONE);

        assertThat(webadmin.run("failed", "retry", "Mail1-a").output()).contains("1 sent again");
        assertThat(webadmin.run("failed", "retry", "--all").output()).contains("3 sent again");
        assertThat(webadmin.run("failed", "retry", "Mail9-z").exitCode()).isEqualTo(Terminal.NOTHING_FOUND);
    }

    @Test
    void failedMailIsRemovedOneOrAllAlsoAnUnreadableOne() {
        withFailed(1);
        webadmin.answer("GET " + FAILED + "/mails/Mail2-b", 500, "{\"message\":\"it is damaged\"}")
                .answer("DELETE " + FAILED + "/mails/Mail2-b", 204, "")
                .answer("DELETE " + FAILED + "/mails", 201, "{\"taskId\":\"2\"}")
                .answer("GET /tasks/2/await?timeout=60s", DONE);

        assertThat(webadmin.run("failed", "remove", "Mail2-b", "--yes").output())
                .contains("1 removed.");
        assertThat(webadmin.run("failed", "remove", "--all", "--yes").output()).contains("1 removed.");
        assertThat(webadmin.run("failed", "remove", "--all").output())
                .contains("1 mail in var/mail/failed would be lost");
    }

    @Test
    void theCacheIsListedShownAndCleared() {
        String verdict =
                "{\"domain\":\"a.example\",\"since\":\"2026-11-22T13:00:00.5Z\",\"stale\":true,\"verdict\":{\"kind\":\"has_mx\",\"hosts\":[\"mx.a.example\"]}}";
        webadmin.answer("GET /mx-cache?limit=100", "[" + verdict + "]")
                .answer(
                        "GET /domains/a.example/verdict?fresh=true",
                        "{\"domain\":\"a.example\",\"accepted\":true,\"outcome\":\"mx\",\"remembered\":" + verdict
                                + "}")
                .answer(
                        "GET /domains/b.example/verdict?fresh=false",
                        "{\"domain\":\"b.example\",\"accepted\":false,\"outcome\":\"null_mx\",\"code\":556,\"text\":\"5.1.10 null MX\"}")
                .answer("DELETE /mx-cache/a.example", 204, "")
                .answer("DELETE /mx-cache", 204, "");

        assertThat(webadmin.run("cache").output()).contains("a.example", "has_mx mx.a.example (stale)");
        assertThat(webadmin.run("cache", "show", "--fresh", "a.example").exitCode())
                .isZero();
        CommandResult refused = webadmin.run("cache", "show", "b.example");
        assertThat(refused.exitCode()).isEqualTo(Terminal.NOTHING_FOUND);
        assertThat(refused.output()).contains("b.example is refused: null_mx, 556 5.1.10 null MX");
        assertThat(webadmin.run("cache", "remove", "a.example").output()).contains("a.example");
        assertThat(webadmin.run("cache", "remove", "--all").exitCode()).isZero();
    }

    @Test
    void anEmptyCacheIsSaidToBeEmpty() {
        webadmin.answer("GET /mx-cache?limit=100", "[]");

        assertThat(webadmin.run("cache", "list").output())
                .doesNotContain("DOMAIN")
                .isNotBlank();
    }

    @Test
    void aTraceIsSearchedWithAllThatIsAsked() {
        webadmin.answer(
                "GET /relay/trace?address=%40b.example&sender=a%40a.example&recipient=b%40b.example&since=2h&until=1h&limit=5",
                "[{\"queueId\":\"\",\"session\":\"s1\",\"steps\":[]}]");

        assertThat(webadmin.run(
                                "trace",
                                "b.example",
                                "--sender",
                                "a@a.example",
                                "--recipient",
                                "b@b.example",
                                "--since",
                                "2h",
                                "--until",
                                "1h",
                                "--limit",
                                "5")
                        .output())
                .contains("session s1");
        webadmin.answer("GET /relay/trace?queueId=Mail9-z&limit=10", "[]");
        assertThat(webadmin.run("trace", "Mail9-z").exitCode()).isEqualTo(Terminal.NOTHING_FOUND);
        webadmin.answer("GET /relay/trace?queueId=Mail9-z", "[]");
        assertThat(webadmin.run("queue", "show", "Mail9-z").exitCode()).isEqualTo(Terminal.NOTHING_FOUND);
    }

    @Test
    void thePasswordIsPrinted() {
        assertThat(webadmin.run("webadmin-password").output().strip()).isEqualTo("correct horse battery");
    }

    @Test
    void aWrongPasswordIsNamedWithItsFile() throws IOException {
        Path wrong = Files.writeString(directory.resolve("wrong"), "wrong battery staple\n");

        CommandResult refused = FakeWebAdmin.run(with("WEBADMIN_PASSWORD_FILE", wrong.toString()), "queue");

        assertThat(refused.exitCode()).isEqualTo(WebAdminClient.NOT_ALLOWED);
        assertThat(refused.output()).contains(wrong.toString(), "WEBADMIN_PASSWORD_FILE");
    }

    @Test
    void whereThereIsNoPasswordItIsSaidHowToGetIt() {
        CommandResult refused = FakeWebAdmin.run(
                Map.of("WEBADMIN_ADDR", webadmin.environment().get("WEBADMIN_ADDR"), "DATA_DIR", directory.toString()),
                "queue");

        assertThat(refused.exitCode()).isEqualTo(WebAdminClient.NOT_ALLOWED);
        assertThat(refused.output()).contains("relaypod webadmin-password");
    }

    @Test
    void aWebadminThatIsOffOrDoesNotAnswerOrIsAnotherServerIsSaidToBeSo() {
        CommandResult off = FakeWebAdmin.run(Map.of("WEBADMIN_ADDR", "off"), "queue");
        assertThat(off.exitCode()).isEqualTo(WebAdminClient.NOT_THERE);
        assertThat(off.output()).contains("WEBADMIN_ADDR is off");
        assertThat(FakeWebAdmin.run(Map.of("WEBADMIN_ADDR", "off"), "webadmin-password")
                        .exitCode())
                .isEqualTo(WebAdminClient.NOT_THERE);

        webadmin.answer("GET /mailQueues/outgoing", "<html>");
        assertThat(webadmin.run("queue").output()).contains("is not a webadmin");

        webadmin.close();
        CommandResult none = webadmin.run("queue");
        assertThat(none.exitCode()).isEqualTo(WebAdminClient.NOT_THERE);
        assertThat(none.output()).contains("is the relay running?");
    }

    @Test
    void anErrorOfWebadminIsPrintedWithItsDetails() {
        webadmin.answer(
                "GET /mailQueues/nope", 400, "{\"message\":\"Invalid arguments\",\"details\":\"no such queue\"}");

        CommandResult wrong = webadmin.run("queue", "list", "--queue", "nope");

        assertThat(wrong.exitCode()).isEqualTo(2);
        assertThat(wrong.output()).contains("Invalid arguments: no such queue");
        webadmin.answer("GET /mailQueues/odd", 503, "busy");
        assertThat(webadmin.run("queue", "list", "--queue", "odd").output())
                .contains("webadmin answered 503 to GET /mailQueues/odd");
    }

    @Test
    void aWrongSettingEndsARunWithTheCodeForConfigurations() {
        assertThat(FakeWebAdmin.run(with("UPSTREAM_PORT", "x"), "run").exitCode())
                .isEqualTo(78);
    }

    private void withFailed(int mails) {
        webadmin.answer("GET /mailRepositories", "[{\"repository\":\"var/mail/failed\"}]")
                .answer("GET " + FAILED, "{\"size\":" + mails + "}");
    }

    private Map<String, String> with(String variable, String value) {
        Map<String, String> changed = new HashMap<>(webadmin.environment());
        changed.put(variable, value);
        return changed;
    }
}
