package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.relaypod.lab.gateway.Fault;
import io.relaypod.lab.gateway.MailpitStandIn;
import io.relaypod.lab.gateway.Phase;
import io.relaypod.lab.gateway.Relaying;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tasks of an operator, with webadmin and with the commands. */
class OperatorTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PASSWORD = "correct horse battery";

    @TempDir
    private Path directory;

    private final HttpClient http = HttpClient.newHttpClient();

    @AutoClose
    private final MailpitStandIn mailpit = MailpitStandIn.start(Relaying.none());

    OperatorTest() throws IOException {}

    @BeforeEach
    void start() throws Exception {
        Files.writeString(passwordFile(), PASSWORD + "\n");
    }

    @Test
    @Runbook("docs/operations.md#send-failed-messages-again")
    void aFailedMessageIsListedAfterARestartAndSentAgain() throws Exception {
        mailpit.failNext(1, Phase.CONTENT, new Fault.ReplyLine("554 5.6.0 not this one, alice@example.com"));
        String id;
        try (LabWorld world = world()) {
            id = send(world, "alice@example.com", "bob@example.com");
            await().atMost(PATIENCE)
                    .until(() ->
                            world.relay().repository("file://var/mail/failed/").size() == 1);
        }
        try (LabWorld world = world()) {
            CommandOutput listed = relaypod(world, "failed");
            assertThat(listed.output())
                    .contains(
                            id,
                            "<alice@example.com>",
                            "bob@example.com",
                            "554 5.6.0 not this one",
                            "1 mail in var/mail/failed");
            assertThat(relaypod(world, "failed", "show", id).output()).contains("Subject: x", "failed");

            assertThat(relaypod(world, "failed", "retry", id).exitCode()).isZero();

            await().atMost(PATIENCE).until(() -> mailpit.messages().size() == 1);
            assertThat(mailpit.messages().get(0).recipients()).containsExactly("bob@example.com");
            await().atMost(PATIENCE)
                    .until(() ->
                            world.relay().repository("file://var/mail/failed/").size() == 0);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(
                                    relaypod(world, "trace", "bob@example.com").output())
                            .contains(
                                    id,
                                    "received",
                                    "failed",
                                    "repository: var/mail/failed",
                                    "sent-again",
                                    "delivered",
                                    "gateway: 127.0.0.1"));
            assertThat(world.count("relaypod_mail_sent_again_total")).isEqualTo(1);
            assertThat(relaypod(world, "failed", "retry", "Mail1-nothing").exitCode())
                    .isEqualTo(1);
        }
    }

    @Test
    void messagesAreRemovedOnlyAfterAConfirmation() throws Exception {
        mailpit.answer(Phase.CONTENT, "554 5.6.0 not this one");
        try (LabWorld world = world()) {
            String first = send(world, "alice@example.com", "bob@example.com");
            String second = send(world, "alice@example.com", "bob@example.com");
            await().atMost(PATIENCE)
                    .until(() ->
                            world.relay().repository("file://var/mail/failed/").size() == 2);
            assertThat(relaypod(world, "failed", "remove", first, "--yes").output())
                    .contains("1 removed");

            CommandOutput unconfirmed = relaypod(world, "failed", "remove", "--all");
            assertThat(unconfirmed.exitCode()).isEqualTo(1);
            assertThat(unconfirmed.output()).contains("1 mail in var/mail/failed would be lost", "--yes");
            assertThat(world.relay().repository("file://var/mail/failed/").size())
                    .isEqualTo(1);

            assertThat(relaypod(world, "failed", "remove", "--all", "--yes").output())
                    .contains("1 removed");
            assertThat(world.relay().repository("file://var/mail/failed/").size())
                    .isZero();
            assertThat(relaypod(world, "failed", "remove", "--all").output()).contains("0 removed");
            for (String id : List.of(first, second)) {
                assertThat(relaypod(world, "trace", id).output())
                        .contains("removed", "place: var/mail/failed", "reason: by an operator");
            }
            assertThat(world.count("relaypod_mail_removed_total")).isEqualTo(2);
        }
    }

    @Test
    void allFailedMessagesAreSentAgainTogether() throws Exception {
        mailpit.answer(Phase.CONTENT, "554 5.6.0 not this one");
        try (LabWorld world = world()) {
            List<String> ids = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                ids.add(send(world, "alice@example.com", "bob@example.com"));
            }
            await().atMost(PATIENCE)
                    .until(() ->
                            world.relay().repository("file://var/mail/failed/").size() == ids.size());
            mailpit.recover();

            assertThat(relaypod(world, "failed", "retry", "--all").output()).contains("20 sent again");

            await().atMost(PATIENCE).until(() -> mailpit.messages().size() == ids.size());
            assertThat(world.relay().repository("file://var/mail/failed/").size())
                    .isZero();
            assertThat(relaypod(world, "failed", "retry", "--all").output()).contains("0 sent again");
        }
    }

    @Test
    void aMessageWithADamagedEnvelopeAffectsNoOtherAndCanBeRemoved() throws Exception {
        mailpit.answer(Phase.CONTENT, "554 5.6.0 not this one");
        try (LabWorld world = world()) {
            List<String> ids = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                ids.add(send(world, "alice@example.com", "bob@example.com"));
            }
            await().atMost(PATIENCE)
                    .until(() ->
                            world.relay().repository("file://var/mail/failed/").size() == ids.size());
            mailpit.recover();
            String damaged = ids.get(1);
            Path envelope = directory.resolve("data/var/mail/failed/" + damaged + ".json");
            Files.writeString(
                    envelope,
                    "{\"name\":\"" + damaged
                            + "\",\"envelope\":{\"attributes\":{\"a\":{\"serializer\":\"Nonsense\",\"value\":1}}}}");

            CommandOutput listed = relaypod(world, "failed");
            assertThat(listed.exitCode()).isZero();
            assertThat(listed.output())
                    .contains(
                            ids.get(0),
                            ids.get(2),
                            "cannot be read: ",
                            envelope.getFileName().toString(),
                            "3 mails in var/mail/failed");

            CommandOutput one = relaypod(world, "failed", "retry", damaged);
            assertThat(one.exitCode()).isEqualTo(70);
            assertThat(one.output()).contains("cannot be read");
            CommandOutput all = relaypod(world, "failed", "retry", "--all");
            assertThat(all.exitCode()).isEqualTo(1);
            assertThat(all.output()).contains("the reason is in the log of the relay");
            await().atMost(PATIENCE).until(() -> mailpit.messages().size() == 2);
            assertThat(world.relay().repository("file://var/mail/failed/").size())
                    .isEqualTo(1);

            assertThat(relaypod(world, "failed", "remove", damaged, "--yes").output())
                    .contains("1 removed");
            assertThat(world.relay().repository("file://var/mail/failed/").size())
                    .isZero();
            assertThat(relaypod(world, "trace", damaged).output()).contains("removed", "place: var/mail/failed");
        }
    }

    @Test
    void mailForThePostmasterIsListed() throws Exception {
        try (LabWorld world = world()) {
            String id = send(world, "alice@example.com", "postmaster");
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(relaypod(world, "trace", id).output())
                            .contains("kept", "repository: var/mail/postmaster"));
            assertThat(relaypod(world, "failed", "--repository", "var/mail/postmaster")
                            .output())
                    .contains(id, "1 mail in var/mail/postmaster");
        }
    }

    @Test
    @Runbook("docs/operations.md#retry-now-delete-from-the-queue")
    void waitingMessagesAreListedRetriedAndRemoved() throws Exception {
        mailpit.answer(Phase.CONTENT, "451 4.3.5 not now");
        try (LabWorld world = world()) {
            String first = send(world, "alice@example.com", "bob@example.com");
            String second = send(world, "carol@example.com", "dave@example.com");
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(relaypod(world, "queue").output())
                            .contains(
                                    first,
                                    second,
                                    "<alice@example.com>",
                                    "dave@example.com",
                                    "2 mails in the queue outgoing")
                            .doesNotContain("Messages in flight"));

            assertThat(relaypod(world, "queue", "remove", "--sender", "carol@example.com", "--yes")
                            .output())
                    .contains("1 removed, 1 left");
            assertThat(relaypod(world, "trace", second).output())
                    .contains("deferred", "removed", "place: outgoing", "reason: by an operator");
            assertThat(relaypod(world, "trace", first).output())
                    .contains("deferred")
                    .doesNotContain("removed");
            assertThat(relaypod(world, "queue", "remove", "Mail1-nothing", "--yes")
                            .exitCode())
                    .isEqualTo(1);

            mailpit.recover();
            assertThat(relaypod(world, "queue", "retry", first).exitCode()).isZero();
            await().atMost(PATIENCE).until(() -> mailpit.messages().size() == 1);
            assertThat(mailpit.messages().get(0).recipients()).containsExactly("bob@example.com");
        }
    }

    @Test
    void aRefusedRecipientIsFoundWithTheReason() throws Exception {
        try (LabWorld world = world()) {
            try (SmtpConversation smtp = world.connect()) {
                smtp.send("MAIL FROM:<alice@example.com>");
                assertThat(smtp.send("RCPT TO:<bob@gmial.com>").code()).isEqualTo(550);
            }

            CommandOutput found = relaypod(world, "trace", "bob@gmial.com");
            assertThat(found.exitCode()).isZero();
            assertThat(found.output())
                    .contains(
                            "not taken",
                            "rcpt-refused",
                            "from alice@example.com to bob@gmial.com",
                            "answer: 550 5.1.2");
            assertThat(relaypod(world, "trace", "nobody@gmial.com").exitCode()).isEqualTo(1);

            JsonNode json = JSON.readTree(
                    get(world, "/relay/trace?recipient=bob@gmial.com").body());
            assertThat(json.get(0)
                            .path("steps")
                            .get(0)
                            .path("details")
                            .path("verdict")
                            .asText())
                    .isEqualTo("no_mail_host");
            assertThat(get(world, "/relay/trace?limit=0").statusCode()).isEqualTo(400);
            assertThat(get(world, "/relay/trace?since=yesterday").body()).contains("'yesterday' is no time");
        }
    }

    @Test
    void aShortPartOfAQueueIdIsSearchedOnlyWithATime() throws Exception {
        try (LabWorld world = world()) {
            String id = send(world, "alice@example.com", "bob@example.com");
            String partOfId = id.substring(0, 12);
            String wrong = "'" + partOfId + "' is too short a beginning of a queue id";

            HttpResponse<String> refused = get(world, "/relay/trace?queueId=" + partOfId);
            assertThat(refused.statusCode()).isEqualTo(400);
            assertThat(refused.body()).contains(wrong, "expected at least Mail and its 13 digits", "or since with it");
            HttpResponse<String> page = get(world, "/relay/search?q=" + partOfId);
            assertThat(page.statusCode()).isEqualTo(400);
            assertThat(page.body()).contains(wrong.replace("'", "&#39;")).doesNotContain("<section");
            CommandOutput command = relaypod(world, "trace", partOfId);
            assertThat(command.exitCode()).isEqualTo(2);
            assertThat(command.output()).contains(wrong).doesNotContain("\tat ");

            assertThat(get(world, "/relay/trace?since=1h&queueId=" + partOfId).body())
                    .contains(id);
            assertThat(get(world, "/relay/search?since=1h&q=" + partOfId).body())
                    .contains(id);
            assertThat(relaypod(world, "trace", partOfId, "--since", "1h").output())
                    .contains(id);
            assertThat(relaypod(world, "trace", id.substring(0, 17)).output()).contains(id);
        }
    }

    @Test
    void theSearchPageShowsTheResultsAndEscapesTheTextOfMessages() throws Exception {
        mailpit.answer(Phase.CONTENT, "554 5.6.0 <script>alert(1)</script>");
        try (LabWorld world = world()) {
            String id = send(world, "alice@example.com", "bob@example.com");
            await().atMost(PATIENCE)
                    .until(() ->
                            world.relay().repository("file://var/mail/failed/").size() == 1);

            HttpResponse<String> page = get(world, "/relay/search?q=bob%40example.com");

            assertThat(page.headers().firstValue("Content-Type").orElse("")).startsWith("text/html");
            assertThat(page.body())
                    .contains(id, "1 mail, the newest first", "&lt;script&gt;")
                    .doesNotContain("<script");
            assertThat(get(world, "/relay/search").body()).contains("<form>").doesNotContain("<section");
            assertThat(get(world, "/relay/search?q=" + "%22%3E%3Cb%3E").body())
                    .contains("&quot;&gt;&lt;b&gt;")
                    .doesNotContain("\"><b>");
        }
    }

    @Test
    void aVerdictIsShownCachedAndRemovedFromTheCache() throws Exception {
        try (LabWorld world = world()) {
            assertThat(JSON.readTree(get(world, "/domains/gmial.com/verdict").body())
                            .path("code")
                            .asInt())
                    .isEqualTo(550);
            int queriesBefore = queries(world, "gmial.com");
            assertThat(get(world, "/mx-cache/gmial.com").body()).contains("no_mail_host");
            assertThat(get(world, "/mx-cache").body()).contains("gmial.com");
            get(world, "/domains/gmial.com/verdict");
            assertThat(queries(world, "gmial.com")).as("cached").isEqualTo(queriesBefore);

            get(world, "/domains/gmial.com/verdict?fresh=true");
            assertThat(queries(world, "gmial.com")).as("queried again").isGreaterThan(queriesBefore);

            assertThat(delete(world, "/mx-cache/gmial.com").statusCode()).isEqualTo(204);
            assertThat(get(world, "/mx-cache/gmial.com").statusCode()).isEqualTo(404);
            assertThat(get(world, "/domains/no..domain/verdict").statusCode()).isEqualTo(400);

            assertThat(relaypod(world, "cache", "show", "example.com").output())
                    .contains("example.com is accepted: mx", "has_mx mx.example.com");
            assertThat(relaypod(world, "cache", "show", "gmial.com").exitCode()).isEqualTo(1);
            assertThat(relaypod(world, "cache").output()).contains("example.com", "gmial.com");
            assertThat(relaypod(world, "cache", "remove", "--all").exitCode()).isZero();
            assertThat(relaypod(world, "cache", "list").output()).contains("No verdict is cached");
        }
    }

    @Test
    void aNameThatDoesNotExistIsRemovedFromTheCacheToo() throws Exception {
        try (LabWorld world = world()) {
            get(world, "/domains/gone.xyz/verdict");
            get(world, "/domains/gone.xyz/verdict");
            get(world, "/domains/mail.gone.xyz/verdict");
            assertThat(queries(world, "gone.xyz")).isEqualTo(1);

            get(world, "/domains/gone.xyz/verdict?fresh=true");
            assertThat(queries(world, "gone.xyz")).isEqualTo(2);

            delete(world, "/mx-cache/gone.xyz");
            get(world, "/domains/gone.xyz/verdict");
            assertThat(queries(world, "gone.xyz")).isEqualTo(3);

            assertThat(relaypod(world, "cache", "remove", "--all").exitCode()).isZero();
            get(world, "/domains/mail.gone.xyz/verdict");
            assertThat(queries(world, "mail.gone.xyz")).isEqualTo(2);
        }
    }

    @Test
    void theConfigurationIsShownAndDescribed() throws Exception {
        try (LabWorld world = world()) {
            JsonNode configuration =
                    JSON.readTree(get(world, "/relay/configuration").body());
            assertThat(configuration.path("MX_CACHE_TTL").path("value").asText())
                    .isEqualTo("1h");
            assertThat(configuration.path("MX_CACHE_TTL").path("isDefault").asBoolean())
                    .isTrue();
            assertThat(configuration.toString()).doesNotContain(PASSWORD);
            assertThat(get(world, "/relay/openapi.yaml").body()).startsWith("openapi: 3.0.3");
        }
    }

    @Test
    void withoutAPasswordOnlyTheHealthIsShown() throws Exception {
        try (LabWorld world = world()) {
            for (String path : List.of(
                    "/mailQueues",
                    "/mailQueues/",
                    "//mailQueues",
                    "/./mailQueues",
                    "/mailQueues/outgoing/mails",
                    "/mailRepositories",
                    "/tasks",
                    "/mx-cache",
                    "//mx-cache",
                    "/mx-cache/",
                    "/mx-cache/example.com",
                    "/domains/example.com/verdict",
                    "/relay/configuration",
                    "/relay//configuration",
                    "/relay/trace",
                    "/relay/search",
                    "/relay/openapi.yaml",
                    "/%72elay/configuration",
                    "/relay/configuration/")) {
                for (String authorization : List.of(
                        "", "Bearer wrong password", "Basic !!", "Basic " + base64("operator:wrong"), PASSWORD)) {
                    HttpResponse<String> answer = get(world, path, authorization);
                    assertThat(answer.statusCode())
                            .as(path + " " + authorization)
                            .isIn(401, 404);
                    assertThat(answer.body())
                            .as(path + " " + authorization)
                            .doesNotContain("example.com", "value", "outgoing");
                }
            }
            assertThat(get(world, "/healthcheck", "").statusCode()).isIn(200, 503);
        }
    }

    @Test
    @Runbook("docs/operations.md#rotate-secrets")
    void thePasswordIsAcceptedAsATokenOrForAnyUserAndMayChange() throws Exception {
        try (LabWorld world = world()) {
            assertThat(get(world, "/mailQueues", "Bearer " + PASSWORD).statusCode())
                    .isEqualTo(200);
            assertThat(get(world, "/mailQueues", "basic " + base64("anybody:" + PASSWORD))
                            .body())
                    .contains("outgoing");
            HttpResponse<String> refused = get(world, "/mailQueues", "");
            assertThat(refused.headers().firstValue("WWW-Authenticate")).isPresent();
            assertThat(refused.body()).contains("\"Unauthorized\"");

            Files.writeString(passwordFile(), "another password\n");
            assertThat(get(world, "/mailQueues", "Bearer " + PASSWORD).statusCode())
                    .isEqualTo(401);
            assertThat(get(world, "/mailQueues", "Bearer another password").statusCode())
                    .isEqualTo(200);
            assertThat(world.count("relaypod_webadmin_refused_total")).isEqualTo(2);
        }
    }

    @Test
    void aClientThatGuessesPasswordsIsLockedOutForAWhile() throws Exception {
        try (LabWorld world = world()) {
            for (int i = 0; i < 12; i++) {
                get(world, "/mailQueues", "Bearer guess number " + i);
            }
            assertThat(get(world, "/mailQueues", "Bearer " + PASSWORD).statusCode())
                    .as("the right one during the lockout")
                    .isEqualTo(401);
        }
    }

    @Test
    void aJsonWebTokenIsAcceptedIfConfiguredAndInvalidOnesAreRefusedAlike() throws Exception {
        KeyPair keys = keys();
        String right = token(keys, "{\"sub\":\"operator\",\"admin\":true}");
        try (LabWorld world = worldWithTokens(keys)) {
            assertThat(get(world, "/mailQueues", "Bearer " + right).statusCode())
                    .isEqualTo(200);
            assertThat(get(world, "/mailQueues", "Basic " + base64("anybody:" + right))
                            .body())
                    .contains("outgoing");

            HttpResponse<String> missing = get(world, "/mailQueues", "");
            assertThat(missing.statusCode()).isEqualTo(401);
            assertThat(missing.body()).contains("\"Unauthorized\"");
            String claims = base64("{\"sub\":\"operator\",\"admin\":true}").replace("=", "");
            List<String> wrong = List.of(
                    "Bearer " + base64("{\"alg\":\"none\"}").replace("=", "") + "." + claims + ".",
                    "Bearer " + base64("{\"alg\":\"HS256\"}").replace("=", "") + "." + claims + ".AAAA",
                    "Bearer " + token(keys, "{\"sub\":7,\"admin\":true}"),
                    "Bearer " + token(keys, "{\"sub\":\"somebody\",\"admin\":false}"),
                    "Bearer " + token(keys, "{\"sub\":\"somebody\"}"),
                    "Bearer " + token(keys, "{\"sub\":\"operator\",\"admin\":true,\"exp\":1}"),
                    "Bearer " + token(keys(), "{\"sub\":\"operator\",\"admin\":true}"),
                    "Bearer no token",
                    "Bearer ",
                    "Basic " + base64("operator:"),
                    right);
            for (String authorization : wrong) {
                // A valid token in between resets the count, or the client would be locked out.
                assertThat(get(world, "/mailQueues", "Bearer " + right).statusCode())
                        .isEqualTo(200);
                HttpResponse<String> refused = get(world, "/mailQueues", authorization);
                assertThat(refused.statusCode()).as(authorization).isEqualTo(401);
                assertThat(refused.body()).as(authorization).isEqualTo(missing.body());
                assertThat(refused.headers().map())
                        .as(authorization)
                        .containsEntry("WWW-Authenticate", missing.headers().allValues("WWW-Authenticate"))
                        .containsOnlyKeys(missing.headers().map().keySet());
            }
            assertThat(world.count("relaypod_webadmin_refused_total")).isEqualTo(wrong.size() + 1);
        }
    }

    @Test
    void aClientThatGuessesTokensIsLockedOutForAWhile() throws Exception {
        KeyPair keys = keys();
        try (LabWorld world = worldWithTokens(keys)) {
            for (int i = 0; i < 12; i++) {
                get(world, "/mailQueues", "Bearer guess" + i);
            }
            assertThat(get(world, "/mailQueues", "Bearer " + token(keys, "{\"sub\":\"operator\",\"admin\":true}"))
                            .statusCode())
                    .as("the right one during the lockout")
                    .isEqualTo(401);
        }
    }

    private LabWorld worldWithTokens(KeyPair keys) throws Exception {
        Path conf = Files.createDirectories(directory.resolve("james-conf"));
        for (String file : List.of("smtpserver.xml", "mailetcontainer.xml")) {
            Files.copy(Path.of("../james-conf").resolve(file), conf.resolve(file));
        }
        Files.writeString(
                conf.resolve("webadmin.properties"), "jwt.enabled=true\njwt.publickeypem.url=file://conf/jwt.pem\n");
        Files.writeString(
                conf.resolve("jwt.pem"),
                "-----BEGIN PUBLIC KEY-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'})
                                .encodeToString(keys.getPublic().getEncoded()) + "\n-----END PUBLIC KEY-----\n");
        return LabWorld.builder()
                .with("JAMES_CONF", conf.toString())
                .with("WEBADMIN_ADDR", "0.0.0.0:0")
                .with("DATA_DIR", directory.resolve("data").toString())
                .start();
    }

    private static KeyPair keys() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        return generator.generateKeyPair();
    }

    private static String token(KeyPair keys, String claims) throws Exception {
        Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
        String signed = base64.encodeToString("{\"alg\":\"RS256\"}".getBytes(StandardCharsets.UTF_8)) + "."
                + base64.encodeToString(claims.getBytes(StandardCharsets.UTF_8));
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(keys.getPrivate());
        signature.update(signed.getBytes(StandardCharsets.US_ASCII));
        return signed + "." + base64.encodeToString(signature.sign());
    }

    @Test
    void theCommandsReportErrors() throws Exception {
        try (LabWorld world = world()) {
            Files.writeString(directory.resolve("wrong"), "not the password\n");
            CommandOutput wrong = relaypod(
                    Map.of(
                            "WEBADMIN_ADDR",
                            address(world),
                            "WEBADMIN_PASSWORD_FILE",
                            directory.resolve("wrong").toString()),
                    "queue");
            assertThat(wrong.exitCode()).isEqualTo(77);
            assertThat(wrong.output())
                    .contains("refuses the password", "WEBADMIN_PASSWORD_FILE")
                    .doesNotContain("not the password", "\tat ");

            CommandOutput none = relaypod(Map.of("WEBADMIN_ADDR", address(world)), "queue");
            assertThat(none.exitCode()).isEqualTo(77);
            assertThat(none.output()).contains("requires a password");
        }
        CommandOutput unreachable = relaypod(Map.of("WEBADMIN_ADDR", "127.0.0.1:9"), "failed");
        assertThat(unreachable.exitCode()).isEqualTo(69);
        assertThat(unreachable.output())
                .contains("no webadmin answers at http://127.0.0.1:9", "is the relay running?")
                .doesNotContain("\tat ");
        assertThat(relaypod(Map.of("WEBADMIN_ADDR", "off"), "cache").output()).contains("WEBADMIN_ADDR is off");
    }

    private LabWorld world() throws Exception {
        return LabWorld.builder()
                .with("UPSTREAM_PORT", Integer.toString(mailpit.smtpAddress().getPort()))
                .with("DATA_DIR", directory.resolve("data").toString())
                .with("WEBADMIN_PASSWORD_FILE", passwordFile().toString())
                .start();
    }

    private Path passwordFile() {
        return directory.resolve("password");
    }

    /** @return the queue id */
    private static String send(LabWorld world, String from, String recipient) throws IOException {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<" + from + ">");
            smtp.send("RCPT TO:<" + recipient + ">");
            String reply = smtp.data(("From: " + from + "\r\nTo: " + recipient + "\r\nSubject: x\r\n\r\nx\r\n")
                            .getBytes(StandardCharsets.US_ASCII))
                    .toString();
            assertThat(reply).contains("250");
            return reply.replaceFirst("(?s).*received as (Mail[0-9a-f-]+).*", "$1");
        }
    }

    private static int queries(LabWorld world, String domain) {
        return (int) world.dns().count(domain);
    }

    private HttpResponse<String> get(LabWorld world, String path) throws Exception {
        return get(world, path, "Bearer " + PASSWORD);
    }

    private HttpResponse<String> get(LabWorld world, String path, String authorization) throws Exception {
        HttpRequest.Builder request = request(world, path);
        return http.send(
                (authorization.isEmpty() ? request : request.header("Authorization", authorization)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> delete(LabWorld world, String path) throws Exception {
        return http.send(
                request(world, path)
                        .DELETE()
                        .header("Authorization", "Bearer " + PASSWORD)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static HttpRequest.Builder request(LabWorld world, String path) {
        return HttpRequest.newBuilder(URI.create("http://" + address(world) + path))
                .timeout(PATIENCE);
    }

    private static String address(LabWorld world) {
        return "127.0.0.1:" + world.relay().webadminPort().orElseThrow();
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private record CommandOutput(int exitCode, String output) {}

    private CommandOutput relaypod(LabWorld world, String... arguments) throws Exception {
        return relaypod(
                Map.of(
                        "WEBADMIN_ADDR",
                        address(world),
                        "WEBADMIN_PASSWORD_FILE",
                        passwordFile().toString()),
                arguments);
    }

    /** Runs the command as a process. */
    private static CommandOutput relaypod(Map<String, String> environment, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                "io.relaypod.server.cli.Relaypod"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("WEBADMIN_"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return new CommandOutput(process.exitValue(), output);
    }
}
