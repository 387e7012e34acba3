package io.relaypod.lab.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

import com.fasterxml.jackson.databind.ObjectMapper;

/** A client of the part of Mailpit's HTTP API that the lab needs. Thread-safe. */
final class MailpitApi {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final URI base;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ObjectMapper json = new ObjectMapper();

    MailpitApi(InetSocketAddress address) {
        this.base = URI.create("http://" + address.getHostString() + ":" + address.getPort());
    }

    boolean isReady() {
        try {
            return send(request("/readyz").build()).statusCode() == 200;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    String version() {
        try {
            return json.readTree(ok(request("/api/v1/info").build()))
                    .path("Version")
                    .asText("unknown");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The stored bytes of a message. */
    byte[] raw(String id) {
        return ok(request("/api/v1/message/" + id + "/raw").build());
    }

    void deleteAll() {
        ok(request("/api/v1/messages").DELETE().build());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(base.resolve(path)).timeout(TIMEOUT);
    }

    private byte[] ok(HttpRequest request) {
        HttpResponse<byte[]> response = send(request);
        if (response.statusCode() != 200) {
            throw new UncheckedIOException(new IOException(request.uri() + " answered " + response.statusCode()));
        }
        return response.body();
    }

    private HttpResponse<byte[]> send(HttpRequest request) {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException("interrupted while asking Mailpit", e));
        }
    }
}
