package io.relaypod.e2e;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import com.sun.net.httpserver.HttpServer;
import io.relaypod.lab.gateway.MailpitStandIn;
import io.relaypod.lab.gateway.Phase;
import io.relaypod.lab.gateway.Relaying;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Requests to webadmin without a password, from foreign web pages, and malformed ones. One relay for all tests, with a
 * message in its queue.
 */
class WebAdminAccessTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration BEFORE_HALVES_END = Duration.ofSeconds(20);
    private static final String SECRET = "secret.guest@example.com";

    @TempDir
    private static Path profile;

    private static MailpitStandIn mailpit;
    private static LabWorld world;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @BeforeAll
    static void start() throws Exception {
        mailpit = MailpitStandIn.start(Relaying.none());
        mailpit.answer(Phase.CONTENT, "451 4.3.5 not now");
        world = LabWorld.builder()
                .with("METRICS_ADDR", "127.0.0.1:0")
                .with("UPSTREAM_PORT", Integer.toString(mailpit.smtpAddress().getPort()))
                .start();
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<alice@example.com>");
            smtp.send("RCPT TO:<" + SECRET + ">");
            smtp.data("From: alice@example.com\r\nTo: guest@example.com\r\n\r\nx\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
        }
        await().atMost(PATIENCE)
                .until(() -> world.queuedMails() == 1
                        && response("GET", "/mailQueues/outgoing/mails").body().contains(SECRET));
    }

    @AfterAll
    static void stop() {
        world.close();
        mailpit.close();
    }

    @Test
    void theFirstStartCreatesAPasswordThatOnlyTheRelaysUserCanRead() throws Exception {
        Path file = world.settings().dataDir().resolve("webadmin-password");

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(Files.readString(file).strip()).hasSizeGreaterThanOrEqualTo(32);
        assertThat(answer("GET /mailQueues HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"))
                .startsWith("HTTP/1.1 401 ");
        assertThat(response("GET", "/mailQueues").body()).contains("outgoing");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /healthcheck",
                "GET /mailQueues",
                "POST /nothing",
                "PUT /mailRepositories/x",
                "PATCH /mailQueues/outgoing/mails",
                "POST /relay/search"
            })
    void noBodyIsReadWithoutAPassword(String request) throws Exception {
        for (String length : List.of("Content-Length: 30000000", "Transfer-Encoding: chunked")) {
            String answer = answer(request + " HTTP/1.1\r\nHost: localhost\r\n" + length + "\r\n\r\n");
            assertThat(answer)
                    .as(length)
                    .containsPattern("^HTTP/1.1 (401|413) ")
                    .containsIgnoringCase("Connection: close");
        }
    }

    @ParameterizedTest
    @CsvSource({"Content-Length: 30000000, 413", "Content-Length: 16385, 413"})
    void aLongBodyIsRefusedEvenWithThePassword(String header, int status) throws Exception {
        assertThat(answer("PATCH /mailQueues/outgoing/mails HTTP/1.1\r\nHost: localhost\r\n" + authorization() + header
                        + "\r\n\r\n"))
                .startsWith("HTTP/1.1 " + status + " ")
                .contains("longer than 16384 bytes");
    }

    @Test
    void aChunkedBodyIsLimitedToo() throws Exception {
        String chunk = "1000\r\n" + "x".repeat(0x1000) + "\r\n";
        assertThat(answer("PATCH /mailQueues/outgoing/mails HTTP/1.1\r\nHost: localhost\r\n" + authorization()
                        + "Transfer-Encoding: chunked\r\n\r\n" + chunk.repeat(4)))
                .isEmpty();
        assertThat(answer("PATCH /mailQueues/outgoing/mails HTTP/1.1\r\nHost: localhost\r\n" + authorization()
                        + "Transfer-Encoding: chunked\r\n\r\n" + chunk.repeat(5)))
                .startsWith("HTTP/1.1 413 ");
        assertThat(answer("PATCH /mailQueues/outgoing/mails?delayed=true HTTP/1.1\r\nHost: localhost\r\n"
                        + authorization()
                        + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{\"delayed\":false}"
                                .replace("10\r\n", "11\r\n")
                        + "\r\n0\r\n\r\n"))
                .startsWith("HTTP/1.1 204 ");
    }

    @Test
    void manyIncompleteRequestsLeaveRoomForTheOperator() throws Exception {
        List<Socket> halves = new ArrayList<>();
        try {
            for (String half : List.of(
                    "GET /mailQueues HTTP/1.1\r\nHost: local",
                    "PATCH /mailQueues/outgoing/mails HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n"
                            + authorization() + "\r\nx",
                    "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\nx")) {
                for (int i = 0; i < 150; i++) {
                    Socket socket = connect();
                    halves.add(socket);
                    socket.getOutputStream().write(half.getBytes(ISO_8859_1));
                }
                // If the relay has closed the operator's connection to make room, a browser also sends a new request.
                await().atMost(BEFORE_HALVES_END)
                        .ignoreExceptionsInstanceOf(IOException.class)
                        .untilAsserted(
                                () -> assertThat(newOperatorsRequest()).as(half).isEqualTo(200));
            }
            assertThat(world.count("relaypod_webadmin_connections")).isLessThanOrEqualTo(64);
        } finally {
            for (Socket socket : halves) {
                socket.close();
            }
        }
    }

    /** Sends a request on a new connection. Returns the status. */
    private static int newOperatorsRequest() throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        request("GET", "/mailQueues").timeout(BEFORE_HALVES_END).build(),
                        HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    @Test
    void aConnectionWithoutAPasswordGetsOneAnswer() throws Exception {
        for (String path : List.of("/healthcheck/checks", "/mailQueues")) {
            String answers = answer(("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").repeat(500));
            assertThat(answers.split("HTTP/1.1 ", -1)).as(path).hasSize(2);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:8000",
                "127.0.0.1.evil.example",
                "localhost.evil.example",
                "",
                "a b",
                "127.0.0.1, evil.example"
            })
    void aForeignHostFieldIsRefused(String host) throws Exception {
        for (String path : List.of("/healthcheck", "/relay/trace", "/nothing")) {
            assertThat(answer("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + authorization() + "\r\n"))
                    .as(path)
                    .containsPattern("^HTTP/1.1 4(21|00) ")
                    .doesNotContain("status\":\"");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "Origin: http://evil.example, 403",
        "Origin: null, 403",
        "Origin: http://127.0.0.1:1, 403",
        "Origin: file://127.0.0.1, 403",
        "Sec-Fetch-Site: cross-site, 403",
        "Sec-Fetch-Site: same-site, 403",
        "Sec-Fetch-Site: none, 200",
        "Sec-Fetch-Site: same-origin, 200",
        "Origin: http://127.0.0.1, 200",
        "Origin: https://127.0.0.1, 200",
        "X-HTTP-Method-Override: DELETE, 400"
    })
    void aForeignOriginIsRefusedEvenWithThePassword(String header, int status) throws Exception {
        String answer = answer("GET /relay/configuration HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                + authorization() + header + "\r\n\r\n");

        assertThat(answer)
                .startsWith("HTTP/1.1 " + status + " ")
                .doesNotContainIgnoringCase("Access-Control-")
                .contains(
                        "Cross-Origin-Resource-Policy: same-origin",
                        "X-Frame-Options: DENY",
                        "Cache-Control: no-store");
    }

    @Test
    void aPreflightRequestIsRefused() throws Exception {
        String answer = answer(
                "OPTIONS /mailQueues HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://evil.example\r\nAccess-Control-Request-Method: DELETE\r\n\r\n");

        assertThat(answer).startsWith("HTTP/1.1 403 ").doesNotContainIgnoringCase("Access-Control-Allow");
    }

    @Test
    void jamesRoutesThatARelayDoesNotNeedAreNotServed() throws Exception {
        Path outside = profile.resolve("outside");

        assertThat(response("PUT", "/mailRepositories/" + outside.toString().replace("/", "%2F") + "?protocol=file")
                        .statusCode())
                .isEqualTo(404);
        assertThat(response("POST", "/servers?reload-certificate").statusCode()).isEqualTo(404);

        assertThat(outside).doesNotExist();
        assertThat(response("GET", "/mailRepositories").body()).doesNotContain("outside");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "..%2F..%2Fetc",
                "%2Fetc",
                "var%2Fmail%2F..%2F..%2F..%2Fetc",
                "var%2Fmail%2Ffailed%2F..%2F..",
                "%00"
            })
    void pathsOutsideTheRepositoriesAreRefused(String path) throws Exception {
        for (String route : List.of(
                "/mailRepositories/" + path + "/mails",
                "/mailRepositories/" + path,
                "/mailRepositories/" + path + "/mails/passwd",
                "/mailRepositories/var%2Fmail%2Ffailed/mails/" + path)) {
            assertThat(response("GET", route).statusCode()).as(route).isIn(400, 404);
            assertThat(response("DELETE", route).statusCode()).as(route).isIn(204, 400, 404);
        }
    }

    @ParameterizedTest
    @CsvSource({"limit=0", "limit=-1", "limit=10001", "limit=9999999999", "limit=x"})
    void theLengthOfAListIsBounded(String parameter) throws Exception {
        HttpResponse<String> refused = response("GET", "/mailQueues/outgoing/mails?" + parameter);

        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("expected a number from 1 to 10000");
    }

    @Test
    void manyConcurrentListsAreAnsweredOrDeferred() throws Exception {
        List<java.util.concurrent.CompletableFuture<HttpResponse<String>>> asked = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            asked.add(http.sendAsync(
                    request("GET", "/mailQueues/outgoing/mails?limit=10000").build(),
                    HttpResponse.BodyHandlers.ofString()));
        }
        for (var one : asked) {
            HttpResponse<String> answer = one.get();
            assertThat(answer.statusCode()).isIn(200, 503);
            assertThat(answer.statusCode() == 503 || answer.body().contains(SECRET))
                    .isTrue();
        }
    }

    @Test
    void aPageWithAReboundNameCannotReadFromTheRelay() throws Exception {
        String page = Programs.chromium(
                profile,
                "http://operator:" + password() + "@rebound.example:" + port() + "/mailQueues/outgoing/mails",
                "--host-resolver-rules=MAP rebound.example 127.0.0.1",
                "--virtual-time-budget=3000",
                "--dump-dom");

        assertThat(page).contains("no name of this relay").doesNotContain(SECRET);
    }

    @Test
    void aForeignPageInTheOperatorsBrowserCannotReadOrChangeAnything() throws Exception {
        String target = "http://operator:" + password() + "@127.0.0.1:" + port();
        String plain = "http://127.0.0.1:" + port();
        HttpServer foreign = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        // The first line makes the browser store the password.
        String attack = """
            <!doctype html><meta charset="utf-8"><output>nothing</output><iframe src="%1$s/relay/search" style="width:9px"></iframe>
            <img src="%1$s/mailQueues"><form id="post" method="post" action="%2$s/mailQueues/outgoing/mails" target="sink"></form><iframe name="sink"></iframe>
            <script>
            (async () => {
              const said = [];
              for (const [path, options] of [['/mailQueues/outgoing/mails', {credentials: 'include'}], ['/healthcheck', {}],
                  ['/mailQueues/outgoing/mails', {method: 'DELETE', credentials: 'include'}], ['/mailQueues/outgoing/mails', {mode: 'no-cors', credentials: 'include'}]]) {
                try {
                  const answer = await fetch('%2$s' + path, options);
                  said.push(path + ' ' + answer.type + ' ' + await answer.text());
                } catch (refused) {
                  said.push(path + ' ' + refused.name);
                }
              }
              document.getElementById('post').submit();
              document.querySelector('output').textContent = 'tried: ' + said.join('; ');
            })();
            </script>
            """.formatted(target, plain);
        foreign.createContext("/", exchange -> {
            byte[] bytes = attack.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        foreign.start();
        try {
            String page = Programs.chromium(
                    profile,
                    "http://localhost:" + foreign.getAddress().getPort() + "/",
                    "--virtual-time-budget=10000",
                    "--dump-dom");

            assertThat(page)
                    .contains(
                            "tried: /mailQueues/outgoing/mails TypeError; /healthcheck TypeError; /mailQueues/outgoing/mails TypeError")
                    .doesNotContain(SECRET);
            assertThat(world.queuedMails()).isEqualTo(1);
        } finally {
            foreign.stop(0);
        }
    }

    @Test
    void theSearchPageWorksInTheOperatorsBrowser() throws Exception {
        String page = Programs.chromium(
                profile,
                "http://operator:" + password() + "@127.0.0.1:" + port() + "/relay/search?q=" + SECRET,
                "--virtual-time-budget=3000",
                "--dump-dom");

        assertThat(page).contains("Where is my mail?", "1 mail, the newest first", SECRET);
    }

    private static int port() {
        return world.relay().webadminPort().orElseThrow();
    }

    private static String password() throws IOException {
        return world.webadminAuthorization().substring("Bearer ".length());
    }

    private static String authorization() throws IOException {
        return "Authorization: " + world.webadminAuthorization() + "\r\n";
    }

    private static HttpRequest.Builder request(String method, String path) throws IOException {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
                .timeout(PATIENCE)
                .header("Authorization", world.webadminAuthorization())
                .method(method, HttpRequest.BodyPublishers.noBody());
    }

    private static HttpResponse<String> response(String method, String path) throws Exception {
        return HttpClient.newHttpClient().send(request(method, path).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static Socket connect() throws IOException {
        Socket socket = new Socket("127.0.0.1", port());
        socket.setSoTimeout(2_000);
        return socket;
    }

    /** Sends bytes, and returns the answer until the relay closes the connection or sends nothing for two seconds. */
    private static String answer(String request) throws IOException {
        StringBuilder answer = new StringBuilder();
        try (Socket socket = connect()) {
            OutputStream out = socket.getOutputStream();
            out.write(request.getBytes(ISO_8859_1));
            byte[] chunk = new byte[8192];
            for (int bytes = socket.getInputStream().read(chunk);
                    bytes > 0;
                    bytes = socket.getInputStream().read(chunk)) {
                answer.append(new String(chunk, 0, bytes, ISO_8859_1));
            }
        } catch (IOException noMore) {
            // the bytes before the reset are the answer
        }
        return answer.toString();
    }
}
