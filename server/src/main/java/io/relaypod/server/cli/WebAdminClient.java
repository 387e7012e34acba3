package io.relaypod.server.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.relaypod.server.settings.WebAdminSettings;
import picocli.CommandLine.ExitCode;

/**
 * A client of the webadmin at WEBADMIN_ADDR. Its password is that of WEBADMIN_PASSWORD_FILE, or the one that the relay
 * generated in DATA_DIR. Thread-safe.
 */
final class WebAdminClient {

    // sysexits.h
    static final int NOT_THERE = 69;
    static final int BROKEN = 70;
    static final int NOT_ALLOWED = 77;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(2);
    private static final Duration TASK_POLL = Duration.ofMinutes(1);
    private static final Duration TASK_TIMEOUT = Duration.ofHours(1);
    private static final int BAD_REQUEST = 400;
    private static final int UNAUTHORIZED = 401;
    private static final int NOT_FOUND = 404;
    private static final int SERVER_ERROR = 500;
    private static final int STILL_RUNNING = 408;

    private final URI address;
    private final WebAdminSettings settings;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(CONNECT_TIMEOUT).build();

    /** Webadmin did not do what a command needs; the message is for people. */
    static final class WebAdminException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final int exitCode;

        WebAdminException(int exitCode, String message) {
            super(message);
            this.exitCode = exitCode;
        }

        int exitCode() {
            return exitCode;
        }
    }

    WebAdminClient(WebAdminSettings settings) {
        this.settings = settings;
        String host = settings.address().host().equals("0.0.0.0")
                ? "127.0.0.1"
                : settings.address().host();
        this.address = URI.create("http://" + host + ":" + settings.address().port());
    }

    static WebAdminClient of(Map<String, String> environment) {
        return new WebAdminClient(WebAdminSettings.from(environment)
                .orElseThrow(
                        () -> new WebAdminException(NOT_THERE, "WEBADMIN_ADDR is off: this relay has no webadmin")));
    }

    /** A part of a path or a value of a parameter. */
    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    static String parameters(Map<String, String> parameters) {
        return parameters.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + encoded(entry.getValue()))
                .collect(Collectors.joining("&"));
    }

    URI address() {
        return address;
    }

    JsonNode get(String path) {
        return send("GET", path, "");
    }

    /** Writes the body of an answer as it is. */
    void download(String path, String contentType, OutputStream out) throws IOException {
        HttpResponse<byte[]> response = ask("GET", path, "", contentType, BodyHandlers.ofByteArray());
        if (response.statusCode() >= 300) {
            answer("GET", path, response.statusCode(), new String(response.body(), StandardCharsets.UTF_8));
        }
        out.write(response.body());
    }

    JsonNode patch(String path, String body) {
        return send("PATCH", path, body);
    }

    void delete(String path) {
        send("DELETE", path, "");
    }

    /** Starts a task of webadmin and waits for its end, an hour at most. */
    JsonNode task(String method, String path) {
        String id = send(method, path, "").path("taskId").asText();
        String await = "/tasks/" + id + "/await?timeout=" + TASK_POLL.toSeconds() + "s";
        Instant deadline = Instant.now().plus(TASK_TIMEOUT);
        HttpResponse<String> awaited = ask("GET", await, "");
        while (awaited.statusCode() == STILL_RUNNING) {
            if (Instant.now().isAfter(deadline)) {
                throw new WebAdminException(
                        1, "task " + id + " still runs; /tasks/" + id + " of webadmin shows its progress");
            }
            awaited = ask("GET", await, "");
        }
        JsonNode task = answer("GET", await, awaited);
        if (!task.path("status").asText().equals("completed")) {
            throw new WebAdminException(
                    1,
                    "task " + id + " is " + task.path("status").asText() + "; the reason is in the log of the relay");
        }
        return task.path("additionalInformation");
    }

    private JsonNode send(String method, String path, String body) {
        return answer(method, path, ask(method, path, body));
    }

    private HttpResponse<String> ask(String method, String path, String body) {
        return ask(method, path, body, "application/json", BodyHandlers.ofString());
    }

    private <T> HttpResponse<T> ask(
            String method, String path, String body, String accepted, HttpResponse.BodyHandler<T> handler) {
        HttpRequest.Builder request = HttpRequest.newBuilder(address.resolve(path))
                .timeout(ANSWER_TIMEOUT)
                .header("Accept", accepted)
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        credentials().ifPresent(password -> request.header("Authorization", "Bearer " + password));
        try {
            return http.send(request.build(), handler);
        } catch (IOException notThere) {
            throw new WebAdminException(
                    NOT_THERE, "no webadmin answers at " + address + " (WEBADMIN_ADDR): is the relay running?");
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new WebAdminException(NOT_THERE, "stopped while waiting for webadmin");
        }
    }

    // A relay on another machine may have generated the password there.
    private Optional<String> credentials() {
        return settings.passwordFile().isEmpty() && !Files.isReadable(settings.ownPasswordFile())
                ? Optional.empty()
                : Optional.of(WebAdminSettings.password(settings.credentials()));
    }

    private JsonNode answer(String method, String path, HttpResponse<String> response) {
        return answer(method, path, response.statusCode(), response.body());
    }

    private JsonNode answer(String method, String path, int status, String body) {
        if (status == UNAUTHORIZED) {
            throw new WebAdminException(
                    NOT_ALLOWED,
                    credentials().isEmpty()
                            ? "webadmin at " + address
                                    + " requires a password: set WEBADMIN_PASSWORD_FILE to a file with the one that `relaypod webadmin-password` prints"
                                    + " on the machine of the relay"
                            : "webadmin at " + address + " refuses the password in " + settings.credentials()
                                    + (settings.passwordFile().isPresent() ? " (WEBADMIN_PASSWORD_FILE)" : "")
                                    + "; after several wrong passwords it refuses all for up to a minute");
        }
        if (status >= 300) {
            throw new WebAdminException(exitCode(status), message(method, path, status, body));
        }
        try {
            return body.isEmpty() ? JSON.createObjectNode() : JSON.readTree(body);
        } catch (JsonProcessingException foreign) {
            throw new WebAdminException(NOT_THERE, "the server at " + address + " (WEBADMIN_ADDR) is not a webadmin");
        }
    }

    private static int exitCode(int status) {
        return switch (status) {
            case NOT_FOUND -> 1;
            case BAD_REQUEST -> ExitCode.USAGE;
            case SERVER_ERROR -> BROKEN;
            default -> NOT_THERE;
        };
    }

    private static String message(String method, String path, int status, String body) {
        try {
            JsonNode error = JSON.readTree(body);
            String details = error.path("details").asText("");
            return error.path("message").asText("webadmin answered " + status + " to " + method + " " + path)
                    + (details.isEmpty() || details.equals("null") ? "" : ": " + details);
        } catch (JsonProcessingException noJson) {
            return "webadmin answered " + status + " to " + method + " " + path;
        }
    }
}
