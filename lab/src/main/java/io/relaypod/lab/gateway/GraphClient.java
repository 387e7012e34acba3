package io.relaypod.lab.gateway;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Base64;

import com.fasterxml.jackson.databind.ObjectMapper;

/** Asks the Graph stand-in as smtp2graph asks Graph. Safe for use by many threads. */
final class GraphClient {

    /** The status of Graph's answer and the error code in it; both say nothing (0 and empty) where none came. */
    record Answer(int status, String errorCode) {

        boolean isAccepted() {
            return status >= 200 && status < 300;
        }

        boolean isThrottled() {
            return status == 429 || status == 503 || status == 504;
        }
    }

    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final String TOKEN_PATH = "/contoso.onmicrosoft.com/oauth2/v2.0/token";

    private final InetSocketAddress graph;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ObjectMapper json = new ObjectMapper();
    /** Asked for once, as it holds for an hour; empty until then. */
    private String token = "";

    GraphClient(InetSocketAddress graph) {
        this.graph = graph;
    }

    /** Posts a mail in base64; no bytes make an empty request. */
    Answer sendMail(String mailbox, byte[] mime) throws InterruptedException {
        try {
            HttpRequest request = request("/v1.0/users/" + mailbox + "/sendMail")
                    .header("Authorization", "Bearer " + token())
                    .header("Content-Type", "text/plain")
                    .header("User-Agent", "SMPT2Graph/1.1.4")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(
                            Base64.getEncoder().encode(mime)))
                    .build();
            HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
            return new Answer(response.statusCode(), errorCode(response.body()));
        } catch (IOException e) {
            return new Answer(0, "");
        }
    }

    private synchronized String token() throws IOException, InterruptedException {
        if (!token.isEmpty()) {
            return token;
        }
        HttpRequest request = request(TOKEN_PATH)
                .POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials"))
                .build();
        HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
        token = json.readTree(response.body()).path("access_token").asText();
        return token;
    }

    private HttpRequest.Builder request(String path) throws IOException {
        try {
            URI uri = new URI("http", null, graph.getHostString(), graph.getPort(), path, null, null);
            return HttpRequest.newBuilder(uri).timeout(TIMEOUT);
        } catch (URISyntaxException e) {
            throw new IOException("not a mailbox that fits a URL: " + path, e);
        }
    }

    private String errorCode(byte[] body) throws IOException {
        return body.length == 0
                ? ""
                : json.readTree(body).path("error").path("code").asText();
    }
}
