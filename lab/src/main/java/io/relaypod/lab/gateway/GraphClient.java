package io.relaypod.lab.gateway;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;

/** Sends requests to the Graph stand-in as smtp2graph does to Graph. Thread-safe. */
final class GraphClient {

    /**
     * The reason why a message was not sent, as in error.log.
     *
     * @param name the name of the JavaScript error; empty if the thrown value was no error
     * @param isFinal whether smtp2graph regards the failure as permanent
     */
    record SendFailure(String words, String name, boolean isFinal) {

        static SendFailure of(String words) {
            return new SendFailure(words, "Error", false);
        }

        static SendFailure permanent(String words) {
            return new SendFailure(words, "Error", true);
        }
    }

    /** Graph's response; the status is 0 if there was none. */
    record GraphResponse(int status, Optional<SendFailure> failure) {

        boolean isThrottled() {
            return status == 429 || status == 503 || status == 504;
        }
    }

    // MSAL requests a new token so long before the old one expires.
    private static final Duration RENEWED_AHEAD = Duration.ofMinutes(5);
    private static final String TOKEN_PATH = "/contoso.onmicrosoft.com/oauth2/v2.0/token";
    private static final Set<Integer> ACCEPTED = Set.of(200, 201, 202, 204);

    private final InetSocketAddress graph;
    private final Duration timeout;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ObjectMapper json = new ObjectMapper();
    private String token = "";
    private Instant tokenUntil = Instant.MIN;

    /** @param timeout for a whole request */
    GraphClient(InetSocketAddress graph, Duration timeout) {
        this.graph = graph;
        this.timeout = timeout;
    }

    /** The login refused the request for a token. */
    private static final class NoTokenException extends Exception {

        private static final long serialVersionUID = 1L;

        NoTokenException(String words) {
            super(words);
        }
    }

    /**
     * Posts a message in base64. An empty array makes an empty request.
     *
     * @param file the file of the message, as named in error.log
     */
    GraphResponse sendMail(String mailbox, byte[] mime, String file) throws InterruptedException {
        try {
            HttpRequest request = request("/v1.0/users/" + mailbox + "/sendMail")
                    .header("Authorization", "Bearer " + token())
                    .header("Content-Type", "text/plain")
                    .header("User-Agent", "SMPT2Graph/1.1.4")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(
                            Base64.getEncoder().encode(mime)))
                    .build();
            HttpResponse<String> response =
                    http.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
            return ACCEPTED.contains(response.statusCode())
                    ? new GraphResponse(response.statusCode(), Optional.empty())
                    : new GraphResponse(
                            response.statusCode(),
                            Optional.of(failure(response.statusCode(), response.body(), mailbox, file)));
        } catch (NoTokenException refused) {
            return new GraphResponse(0, Optional.of(new SendFailure(refused.getMessage(), "ServerError", false)));
        } catch (HttpTimeoutException late) {
            // smtp2graph throws the reason of the abort, which is no JavaScript error.
            return new GraphResponse(
                    0, Optional.of(new SendFailure("Failed to send message within 120 seconds", "", false)));
        } catch (ConnectException nobody) {
            return new GraphResponse(
                    0, Optional.of(SendFailure.of("connect ECONNREFUSED 127.0.0.1:" + graph.getPort())));
        } catch (IOException broken) {
            return new GraphResponse(0, Optional.of(SendFailure.of("socket hang up")));
        }
    }

    private SendFailure failure(int status, String body, String mailbox, String file) {
        if (body.isEmpty()) {
            return new SendFailure("Request failed with status code " + status, "AxiosError", false);
        }
        JsonNode error = parsed(body).path("error");
        return switch (error.path("code").asText()) {
            case "" -> new SendFailure("Cannot use 'in' operator to search for 'error' in " + body, "TypeError", false);
            case "ErrorAccessDenied" -> SendFailure.permanent("Access to mailbox \"" + mailbox + "\" denied");
            case "ErrorMimeContentInvalidBase64String" ->
                SendFailure.permanent("Invalid content for mail \"" + file + "\"");
            case "ErrorMessageSizeExceeded" ->
                SendFailure.permanent("The message exceeds the maximum supported size for mail \"" + file + "\"");
            default -> SendFailure.of(error.toString());
        };
    }

    private JsonNode parsed(String body) {
        try {
            return json.readTree(body);
        } catch (JsonProcessingException notJson) {
            return MissingNode.getInstance();
        }
    }

    private synchronized String token() throws IOException, InterruptedException, NoTokenException {
        if (Instant.now().isBefore(tokenUntil)) {
            return token;
        }
        HttpRequest request = request(TOKEN_PATH)
                .POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials"))
                .build();
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        JsonNode answer = parsed(response.body());
        if (answer.path("access_token").isMissingNode()) {
            throw new NoTokenException(answer.path("error").asText("invalid_client") + ": Error(s): "
                    + answer.path("error_codes").path(0).asText("Not Available") + " - Timestamp: "
                    + answer.path("timestamp").asText("Not Available") + " - Description: "
                    + answer.path("error_description").asText("Not Available")
                    + " - Correlation ID: Not Available - Trace ID: Not Available");
        }
        token = answer.path("access_token").asText();
        tokenUntil =
                Instant.now().plusSeconds(answer.path("expires_in").asLong()).minus(RENEWED_AHEAD);
        return token;
    }

    private HttpRequest.Builder request(String path) throws IOException {
        try {
            URI uri = new URI("http", null, graph.getHostString(), graph.getPort(), path, null, null);
            return HttpRequest.newBuilder(uri).timeout(timeout);
        } catch (URISyntaxException e) {
            throw new IOException("not a mailbox that fits a URL: " + path, e);
        }
    }
}
