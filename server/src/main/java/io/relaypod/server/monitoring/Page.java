package io.relaypod.server.monitoring;

import java.nio.charset.StandardCharsets;
import java.util.Map;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;

/** A page of the monitoring server. Thread-safe; takes a few seconds at most. */
@FunctionalInterface
interface Page {

    PageResponse get(HttpHeaders request);

    /** The name of the form that the request asks for, such as JSON. A page has a few forms at most. */
    default String form(HttpHeaders request) {
        return "";
    }

    /**
     * An HTTP response.
     *
     * @param headers besides Content-Type, Content-Length and Cache-Control
     */
    record PageResponse(HttpResponseStatus status, String contentType, byte[] body, Map<String, String> headers) {

        static PageResponse of(HttpResponseStatus status, String contentType, String body) {
            return new PageResponse(status, contentType, body.getBytes(StandardCharsets.UTF_8), Map.of());
        }

        static PageResponse text(HttpResponseStatus status, String text) {
            return of(status, "text/plain; charset=utf-8", text);
        }
    }
}
