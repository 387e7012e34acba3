package io.relaypod.lab.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.relaypod.lab.graph.GraphFailure;
import io.relaypod.lab.graph.GraphStandIn;
import io.relaypod.lab.graph.LoginFailure;
import io.relaypod.lab.smtp.SmtpConversation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The behaviour of smtp2graph 1.1.4 that relaypod relies on. Runs against the real one and the stand-in. */
abstract class Smtp2GraphContract {

    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final String MAIL = "From: a@contoso.com\r\nTo: b@example.com\r\nSubject: s\r\n\r\nhello\r\n";

    private final ObjectMapper json = new ObjectMapper();
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private GraphStandIn graph;
    private Smtp2Graph gateway;
    private Smtp2GraphFiles files;

    abstract Smtp2Graph start(InetSocketAddress graph) throws IOException;

    @BeforeEach
    void start() throws IOException {
        graph = GraphStandIn.start();
        open.push(graph);
        gateway = start(graph.address());
        open.push(gateway);
        files = new Smtp2GraphFiles(gateway.data());
    }

    @AfterEach
    void stop() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }

    @Test
    void deletesTheFileOfAMessageThatGraphAccepts() throws IOException {
        send(MAIL);

        awaitAccepted(1);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(inQueue()).isEmpty());
        assertThat(Smtp2GraphFiles.mails(files.temp())).isEmpty();
        assertThat(Smtp2GraphFiles.mails(files.failed())).isEmpty();
        assertThat(logged()).isEmpty();
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(
                        GraphFailure.unauthorized(),
                        "{\"code\":\"InvalidAuthenticationToken\",\"message\":\"Access token is empty.\"}"),
                Arguments.of(GraphFailure.accessDenied(), "Access to mailbox \"a@contoso.com\" denied"),
                Arguments.of(
                        GraphFailure.sendAsDenied(),
                        "{\"code\":\"ErrorSendAsDenied\",\"message\":\""
                                + GraphFailure.sendAsDenied().message() + "\"}"),
                Arguments.of(
                        GraphFailure.tooLarge(),
                        "The message exceeds the maximum supported size for mail \"mailroot/queue/FILE\""),
                Arguments.of(
                        GraphFailure.internalError(),
                        "{\"code\":\"ErrorInternalServerError\",\"message\":\"An internal server error occurred.\"}"),
                Arguments.of(GraphFailure.noAnswer(), "socket hang up"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void logsTheReasonAndDoesNotDeleteTheFile(GraphFailure failure, String words) throws IOException {
        graph.failNext(1, failure);

        send(MAIL);

        JsonNode line = awaitLogged(1).get(0);
        String file = line.get("filename").asText();
        assertThat(inQueue()).containsExactly(file);
        assertThat(line.get("error").asText()).isEqualTo(words.replace("FILE", file));
        assertThat(line.get("name").asText()).isEqualTo("Error");
        assertThat(line.get("message").asText()).isEqualTo("[MailQueue] Failed to send message \"" + file + "\"");
        assertThat(line.get("timestamp").asText())
                .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d[+-]\\d\\d:\\d\\d");
        assertThat(graph.requests()).isEqualTo(1);
    }

    @Test
    void retriesWithAnEmptyBodyIfThrottledAndThenDoesNotDeleteTheFile() throws IOException {
        graph.failNext(1, GraphFailure.throttled(Duration.ofSeconds(1)));

        send(MAIL);

        JsonNode line = awaitLogged(1).get(0);
        assertThat(line.get("error").asText())
                .isEqualTo(
                        "Invalid content for mail \"mailroot/queue/" + inQueue().get(0) + "\"");
        assertThat(graph.mails()).isEmpty();
        assertThat(graph.requests()).isEqualTo(2);
    }

    @Test
    void logsTheReasonOfARefusedLogin() throws IOException {
        graph.refuseLogin(LoginFailure.secretExpired().throughProxy());

        send(MAIL);

        JsonNode line = awaitLogged(1).get(0);
        assertThat(line.get("name").asText()).isEqualTo("ServerError");
        assertThat(line.get("error").asText())
                .startsWith("invalid_client: Error(s): 7000222 - Timestamp: ")
                .contains(" - Description: AADSTS7000222: The provided client secret keys");
        assertThat(graph.requests()).isZero();
    }

    @Test
    void doesNotDeleteTheFileOfAMessageWithoutASender() throws IOException {
        send(MAIL.replace("From: ", "From: Printer\r\n "));

        assertThat(awaitLogged(1).get(0).get("error").asText()).isEqualTo("No sender/from address defined");
        assertThat(inQueue()).hasSize(1);
    }

    @Test
    void sendsTheFilesInQueueAtTheStart() throws IOException {
        graph.failNext(1, GraphFailure.accessDenied());
        send(MAIL);
        awaitLogged(1);

        gateway.kill();
        gateway.up();

        awaitAccepted(1);
    }

    @Test
    void readsNeitherTempNorFailedAtTheStart() throws IOException {
        gateway.kill();
        Files.writeString(files.temp().resolve("left.eml"), MAIL);
        Files.writeString(files.failed().resolve("gone.eml"), MAIL);
        Files.writeString(files.queue().resolve("mail.eml"), MAIL.replace("Subject: s", "Subject: queued"));
        gateway.up();

        awaitAccepted(1);
        assertThat(graph.mails().get(0).subject()).isEqualTo("queued");
        assertThat(files.temp().resolve("left.eml")).exists();
        assertThat(files.failed().resolve("gone.eml")).exists();
    }

    @Test
    void sendsAFileThatIsMovedFromFailedToQueueAtOnce() throws IOException {
        send(MAIL);
        awaitAccepted(1);
        Files.writeString(files.failed().resolve("gone.eml"), MAIL);

        Files.move(files.failed().resolve("gone.eml"), files.queue().resolve("gone.eml"));

        awaitAccepted(2);
    }

    @Test
    void sendsAFileAgainThatIsMovedOutOfQueueAndBackAfterHalfASecond() throws Exception {
        graph.failNext(1, GraphFailure.accessDenied());
        send(MAIL);
        awaitLogged(1);
        Path stuck = files.queue().resolve(inQueue().get(0));
        Path aside = gateway.data().resolve("aside.eml");

        Files.move(stuck, aside);
        await().pollDelay(Duration.ofMillis(700)).atMost(PATIENCE).until(() -> Files.exists(aside));
        Files.move(aside, stuck);

        awaitAccepted(1);
    }

    @Test
    void sendsAMessageAgainIfItIsKilledBeforeItDeletesTheFile() throws IOException {
        graph.loseNextAnswers(1);
        send(MAIL);
        awaitAccepted(1);
        awaitLogged(1);

        gateway.kill();
        gateway.up();

        awaitAccepted(2);
    }

    @Test
    void refusesARecipientWithTwoAtSigns() throws IOException {
        try (SmtpConversation smtp = SmtpConversation.connect(gateway.address())) {
            smtp.send("EHLO client.test");
            smtp.send("MAIL FROM:<a@contoso.com>");
            assertThat(smtp.send("RCPT TO:<\"b@c\"@example.com>"))
                    .hasToString("501 Error: Bad recipient address syntax");
        }
    }

    private List<String> inQueue() {
        return Smtp2GraphFiles.mails(files.queue());
    }

    private List<JsonNode> logged() throws IOException {
        Path log = files.logs().resolve("error.log");
        return Files.exists(log)
                ? json.readerFor(JsonNode.class)
                        .<JsonNode>readValues(Files.readString(log))
                        .readAll()
                : List.of();
    }

    private List<JsonNode> awaitLogged(int lines) throws IOException {
        await().atMost(PATIENCE)
                .ignoreException(IOException.class)
                .untilAsserted(() -> assertThat(logged()).hasSize(lines));
        return logged();
    }

    private void awaitAccepted(int mails) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(graph.mails()).hasSize(mails));
    }

    private void send(String mail) throws IOException {
        try (SmtpConversation smtp = SmtpConversation.connect(gateway.address())) {
            smtp.send("EHLO client.test");
            smtp.send("MAIL FROM:<a@contoso.com>");
            smtp.send("RCPT TO:<b@example.com>");
            assertThat(smtp.data(mail.getBytes(StandardCharsets.ISO_8859_1))).hasToString("250 OK: message queued");
        }
    }
}
