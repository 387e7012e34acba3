package io.relaypod.lab.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GraphStandInTest {

    private static final String SEND_MAIL = "/v1.0/users/a@contoso.com/sendMail";
    private static final byte[] MAIL = "From: a@contoso.com\r\nTo: b@example.com\r\nSubject: s\r\n\r\nhello\r\n"
            .getBytes(StandardCharsets.US_ASCII);

    private final HttpClient http = HttpClient.newHttpClient();
    private GraphStandIn graph;

    @BeforeEach
    void start() throws IOException {
        graph = GraphStandIn.start();
    }

    @AfterEach
    void stop() {
        graph.close();
    }

    @Test
    void acceptsAMessageAndReportsItsRecipients() throws Exception {
        List<GraphMail> seen = new ArrayList<>();
        graph.onMail(seen::add);

        assertThat(send(MAIL).statusCode()).isEqualTo(202);

        assertThat(graph.mails()).hasSize(1).isEqualTo(seen);
        GraphMail mail = graph.mails().get(0);
        assertThat(mail.mailbox()).isEqualTo("a@contoso.com");
        assertThat(mail.mime()).isEqualTo(MAIL);
        assertThat(mail.deliveredTo()).containsExactly("b@example.com");
        assertThat(mail.subject()).isEqualTo("s");
        graph.clear();
        assertThat(graph.mails()).isEmpty();
    }

    @Test
    void issuesATokenAndRequiresIt() throws Exception {
        HttpResponse<String> token = post("/contoso.onmicrosoft.com/oauth2/v2.0/token", "", new byte[0]);
        assertThat(token.statusCode()).isEqualTo(200);
        assertThat(token.body()).contains("\"access_token\":\"" + GraphStandIn.TOKEN + "\"");

        assertThat(post(SEND_MAIL, "Bearer another", Base64.getEncoder().encode(MAIL))
                        .statusCode())
                .isEqualTo(401);
        assertThat(graph.mails()).isEmpty();
    }

    @Test
    void acceptsRequestsOfFourMegabytes() throws Exception {
        byte[] largest = new byte[3 * 1024 * 1024];
        System.arraycopy(MAIL, 0, largest, 0, MAIL.length);
        assertThat(send(largest).statusCode()).isEqualTo(202);

        HttpResponse<String> refusal = send(new byte[largest.length + 1]);
        assertThat(refusal.statusCode()).isEqualTo(413);
        assertThat(refusal.body()).contains("ErrorMessageSizeExceeded");
    }

    @Test
    void refusesInvalidRecipients() throws Exception {
        HttpResponse<String> refusal =
                send("To: undisclosed-recipients:;\r\nBcc: b@example.com\r\n\r\nx".getBytes(StandardCharsets.US_ASCII));

        assertThat(refusal.statusCode()).isEqualTo(400);
        assertThat(refusal.body()).contains("ErrorInvalidRecipients");
    }

    @Test
    void refusesARequestWithoutAMessage() throws Exception {
        HttpResponse<String> refusal = send(new byte[0]);

        assertThat(refusal.statusCode()).isEqualTo(400);
        assertThat(refusal.body()).contains("ErrorMimeContentInvalidBase64String");
    }

    @Test
    void failsWithTheConfiguredFailuresInOrder() throws Exception {
        graph.failNext(1, GraphFailure.throttled(Duration.ofSeconds(7)));
        graph.failNext(1, GraphFailure.accessDenied());

        HttpResponse<String> throttled = send(MAIL);
        assertThat(throttled.statusCode()).isEqualTo(429);
        assertThat(throttled.headers().firstValue("Retry-After")).contains("7");
        assertThat(send(MAIL).body()).contains("ErrorAccessDenied");
        assertThat(send(MAIL).statusCode()).isEqualTo(202);
        assertThat(graph.mails()).hasSize(1);
        assertThat(graph.requests()).isEqualTo(3);
    }

    @Test
    void servesAsAProxy() throws IOException {
        String body = Base64.getEncoder().encodeToString(MAIL);

        assertThat(raw("POST https://login.microsoftonline.com/t/oauth2/v2.0/token HTTP/1.1\r\n"
                        + "Host: login.microsoftonline.com\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200 ");
        assertThat(raw("POST https://graph.microsoft.com" + SEND_MAIL + " HTTP/1.1\r\nHost: graph.microsoft.com\r\n"
                        + "Authorization: Bearer " + GraphStandIn.TOKEN + "\r\nTransfer-Encoding: chunked\r\n"
                        + "Connection: close\r\n\r\n" + Integer.toHexString(body.length()) + "\r\n" + body
                        + "\r\n0\r\n\r\n"))
                .startsWith("HTTP/1.1 202 ");
        assertThat(graph.mails()).hasSize(1);
    }

    @Test
    void knowsNoOtherHostOrPath() throws Exception {
        assertThat(raw("GET https://example.com/ HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 404 ");
        assertThat(post("/v1.0/me/messages", "", MAIL).statusCode()).isEqualTo(404);
    }

    private HttpResponse<String> send(byte[] mime) throws Exception {
        return post(
                SEND_MAIL, "Bearer " + GraphStandIn.TOKEN, Base64.getEncoder().encode(mime));
    }

    private HttpResponse<String> post(String path, String authorization, byte[] body) throws Exception {
        InetSocketAddress address = graph.address();
        URI uri = URI.create("http://" + address.getHostString() + ":" + address.getPort() + path);
        HttpRequest.Builder request = HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.ofByteArray(body));
        if (!authorization.isEmpty()) {
            request.header("Authorization", authorization);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private String raw(String request) throws IOException {
        try (Socket socket =
                new Socket(graph.address().getAddress(), graph.address().getPort())) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            socket.getInputStream().transferTo(answer);
            return answer.toString(StandardCharsets.US_ASCII);
        }
    }
}
