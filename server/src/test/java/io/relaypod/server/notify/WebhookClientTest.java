package io.relaypod.server.notify;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.hash.Hashing;
import io.relaypod.incidents.Incident;
import io.relaypod.incidents.IncidentKind;
import io.relaypod.server.notify.FaultyReceiver.ReceivedRequest;
import io.relaypod.server.settings.NotifyForm;
import io.relaypod.server.settings.NotifySettings;
import io.relaypod.server.threads.ServerThreads;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WebhookClientTest {

    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);
    private static final Notification BEGIN = new Notification(
            "id-begin",
            IncidentKind.GATEWAY,
            "relaypod-0",
            NOW.minusSeconds(20),
            Optional.empty(),
            "not reached: <Connection refused> & \"more\"",
            NOW);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ServerThreads threads = new ServerThreads();
    private final ExecutorService http = threads.pool("test-http", 2);
    private FaultyReceiver receiver;

    @BeforeEach
    void listen() throws Exception {
        receiver = new FaultyReceiver();
    }

    @AfterEach
    void stop() {
        receiver.close();
        http.shutdownNow();
        threads.close();
    }

    private WebhookClient client(NotifyForm form, Optional<Path> secret, Duration timeout) {
        return new WebhookClient(
                new NotifySettings(receiver.url("/hook/T0P-SECRET"), form, secret, Optional.empty()),
                http,
                CLOCK,
                timeout);
    }

    private NotificationResult send() {
        return client(NotifyForm.JSON, Optional.empty(), Duration.ofSeconds(10)).send(BEGIN);
    }

    private ReceivedRequest sent(NotifyForm form, Optional<Path> secret) {
        assertThat(client(form, secret, Duration.ofSeconds(10)).send(BEGIN).isSent())
                .isTrue();
        return receiver.requests().get(0);
    }

    @Test
    void theJsonFormHasTheIncidentAndASignatureThatAReceiverCanCheck(@TempDir Path directory) throws Exception {
        Path secret = Files.writeString(directory.resolve("secret"), "s3cret\n");

        ReceivedRequest request = sent(NotifyForm.JSON, Optional.of(secret));

        assertThat(request.line()).isEqualTo("POST /hook/T0P-SECRET HTTP/1.1");
        assertThat(request.headers())
                .containsEntry("x-relaypod-id", "id-begin")
                .containsEntry(
                        "x-relaypod-signature",
                        "t=" + NOW.getEpochSecond() + ",v1="
                                + Hashing.hmacSha256("s3cret".getBytes(StandardCharsets.UTF_8))
                                        .hashString(
                                                NOW.getEpochSecond() + "." + request.body(), StandardCharsets.UTF_8));
        JsonNode body = JSON.readTree(request.body());
        assertThat(body.path("version").asInt()).isEqualTo(1);
        assertThat(body.path("incident").asText()).isEqualTo("gateway");
        assertThat(body.path("state").asText()).isEqualTo("begin");
        assertThat(body.path("relay").asText()).isEqualTo("relaypod-0");
        assertThat(body.path("since").asText()).isEqualTo("2025-12-31T23:59:40Z");
        assertThat(body.path("reason").asText()).isEqualTo(BEGIN.reason());
        assertThat(body.has("until")).isFalse();
    }

    @Test
    void slackGetsAText() throws Exception {
        JsonNode body = JSON.readTree(sent(NotifyForm.SLACK, Optional.empty()).body());

        assertThat(body.path("text").asText())
                .startsWith("*relaypod-0: The gateway is unavailable*\n")
                .contains("&lt;Connection refused&gt; &amp;");
        assertThat(body.size()).isEqualTo(1);
    }

    @Test
    void teamsGetsAnAdaptiveCard() throws Exception {
        JsonNode attachment = JSON.readTree(
                        sent(NotifyForm.TEAMS, Optional.empty()).body())
                .path("attachments")
                .path(0);

        assertThat(attachment.path("contentType").asText()).isEqualTo("application/vnd.microsoft.card.adaptive");
        assertThat(attachment.path("content").path("type").asText()).isEqualTo("AdaptiveCard");
        assertThat(attachment.path("content").path("body").path(0).path("text").asText())
                .isEqualTo("relaypod-0: The gateway is unavailable");
    }

    @Test
    void ntfyGetsAPlainTextWithTitleAndToken(@TempDir Path directory) throws Exception {
        ReceivedRequest request =
                sent(NotifyForm.NTFY, Optional.of(Files.writeString(directory.resolve("token"), "tk_123\n")));

        assertThat(request.headers())
                .containsEntry("title", "relaypod-0: The gateway is unavailable")
                .containsEntry("priority", "high")
                .containsEntry("authorization", "Bearer tk_123")
                .containsEntry("content-type", "text/plain; charset=utf-8");
        assertThat(request.body()).contains("Connection refused");
    }

    @ParameterizedTest
    @EnumSource(NotifyForm.class)
    void aNotificationIsSmallWhateverTheReasonIs(NotifyForm form) {
        Notification large = new Notification(
                "id",
                IncidentKind.MAIL_FAILED,
                "relaypod-0",
                NOW,
                Optional.empty(),
                new Incident("id", IncidentKind.MAIL_FAILED, NOW, "\u0000".repeat(100_000)).reason(),
                NOW);

        assertThat(NotificationBody.of(large, form, Optional.empty(), NOW).bytes())
                .hasSizeLessThan(8_000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"500 Broken", "503 Later", "403 Forbidden", "404 Not Found", "429 Too Many"})
    void anAnswerThatIsNotASuccessIsAFailureThatAnotherAttemptMayCure(String status) {
        receiver.answer(FaultyReceiver.status(status));

        NotificationResult result = send();

        assertThat(result.isSent()).isFalse();
        assertThat(result.isAboutMessage()).isFalse();
        assertThat(result.words()).startsWith(status.substring(0, 3));
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 413, 415, 422})
    void aRefusalOfTheContentIsToldFromOneOfTheReceiver(int status) {
        receiver.answer(FaultyReceiver.status(status + " No"));

        assertThat(send().isAboutMessage()).isTrue();
    }

    @Test
    void theTimeOfRetryAfterIsReadInSecondsAndAsADateAndIsAnHourAtMost() {
        Map<String, Duration> asked = Map.of(
                "7", Duration.ofSeconds(7),
                "999999999", Duration.ofHours(1),
                "Thu, 01 Jan 2026 00:02:00 GMT", Duration.ofMinutes(2));
        asked.forEach((header, wait) -> {
            receiver.answer(FaultyReceiver.status("429 Slow\r\nRetry-After: " + header));
            assertThat(send().retryAfter()).as(header).contains(wait);
        });
        Stream.of("soon", "-5", "", "1e9", "99999999999999999999", "Thu, 01 Jan 2020 00:00:00 GMT")
                .forEach(odd -> {
                    receiver.answer(FaultyReceiver.status("503 Slow\r\nRetry-After: " + odd));
                    assertThat(send().retryAfter()).as(odd).isEmpty();
                });
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void aRedirectIsNotFollowed(int status) throws Exception {
        try (FaultyReceiver other = new FaultyReceiver()) {
            receiver.answer(FaultyReceiver.status(status + " Moved\r\nLocation: " + other.url("/elsewhere")));

            NotificationResult result = send();

            assertThat(result.isSent()).isFalse();
            assertThat(result.words()).contains("redirects are not followed");
            assertThat(other.requests()).isEmpty();
        }
    }

    @Test
    void aServerThatNeverAnswersOrDripsItsAnswerEndsWithTheTime() {
        Stream.of(receiver.silence(), receiver.drip()).forEach(slow -> {
            receiver.answer(slow);
            NotificationResult result = client(NotifyForm.JSON, Optional.empty(), Duration.ofMillis(500))
                    .send(BEGIN);
            assertThat(result.isSent()).isFalse();
            assertThat(result.words()).contains("no complete answer within");
        });
    }

    @Test
    void aHugeAnswerIsNotReadAndNotShown() {
        receiver.answer(FaultyReceiver.flood());

        NotificationResult result = send();

        assertThat(result.isSent()).isFalse();
        assertThat(result.words()).startsWith("500").hasSizeLessThan(300);
    }

    @Test
    void aClosedConnectionAndAClosedPortAreFailures() throws Exception {
        receiver.answer(FaultyReceiver.hangUp());
        assertThat(send().isSent()).isFalse();
        assertThat(receiver.requests()).hasSize(1);

        int closedPort;
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closedPort = taken.getLocalPort();
        }
        NotifySettings nobody = new NotifySettings(
                URI.create("http://localhost:" + closedPort + "/"),
                NotifyForm.JSON,
                Optional.empty(),
                Optional.empty());
        assertThat(new WebhookClient(nobody, http, CLOCK).send(BEGIN).isSent()).isFalse();
    }

    @Test
    void theUrlIsInNoWordsForTheLog() {
        Stream.of("404 No such hook: /hook/T0P-SECRET", "500 x").forEach(status -> {
            receiver.answer(out -> FaultyReceiver.write(
                    out, "HTTP/1.1 " + status + "\r\nContent-Length: 27\r\n\r\nno hook at /hook/T0P-SECRET"));
            assertThat(send().words()).doesNotContain("T0P-SECRET");
        });
        assertThat(new NotifySettings(
                        receiver.url("/hook/T0P-SECRET"), NotifyForm.SLACK, Optional.empty(), Optional.empty()))
                .asString()
                .doesNotContain("T0P-SECRET");
    }

    @Test
    void aSecretThatCannotBeReadFailsTheAttemptAndNothingIsSent(@TempDir Path directory) throws Exception {
        Path empty = Files.writeString(directory.resolve("empty"), "\n");
        Stream.of(empty, directory.resolve("missing"))
                .forEach(file -> assertThat(client(NotifyForm.JSON, Optional.of(file), Duration.ofSeconds(5))
                                .send(BEGIN)
                                .words())
                        .contains("NOTIFY_SECRET_FILE"));
        assertThat(receiver.requests()).isEmpty();
    }

    @Test
    void attemptsLeaveNoThreadsBehind() {
        WebhookClient client = client(NotifyForm.JSON, Optional.empty(), Duration.ofSeconds(10));
        client.send(BEGIN);
        long afterOne = threadsOfClients();
        receiver.answer(FaultyReceiver.hangUp());
        IntStream.range(0, 20).forEach(any -> client.send(BEGIN));

        assertThat(threadsOfClients()).isLessThanOrEqualTo(afterOne + 1);
    }

    private static long threadsOfClients() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("test-http")
                        || thread.getName().startsWith("HttpClient-"))
                .count();
    }
}
