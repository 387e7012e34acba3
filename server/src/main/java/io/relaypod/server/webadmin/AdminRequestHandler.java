package io.relaypod.server.webadmin;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import javax.servlet.Filter;
import javax.servlet.ServletException;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.memory.Reservation;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.handler.AbstractHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What every request passes before a route sees it: where it comes from, whose it is, and how long its body is, in this
 * order. Nothing of a body is read before. Whoever has no password has one request a connection, and two threads with
 * all others like them. Thread-safe.
 */
final class AdminRequestHandler extends AbstractHandler {

    private static final Logger LOGGER = LoggerFactory.getLogger(AdminRequestHandler.class);

    // What is sent to us is a few words of JSON.
    private static final int LONGEST_BODY = 16 << 10;
    private static final Duration BODY_TIME = Duration.ofSeconds(10);
    private static final int PUBLIC_THREADS = 2;
    // Those that may wait for DNS, or for a task.
    private static final int SLOW_THREADS = 4;

    private static final Pattern PUBLIC = Pattern.compile("/healthcheck(/checks(/([A-Za-z0-9_-]|%20)+)?)?");
    private static final Pattern SLOW = Pattern.compile("/tasks/[^/]*/await/?|/domains/.*");
    private static final Set<String> READING = Set.of("GET", "HEAD");
    private static final String OVERRIDE = "X-HTTP-Method-Override"; // which Spark would obey

    private final Checks checks;
    private final Filter routes;
    private final Semaphore publicThreads = new Semaphore(PUBLIC_THREADS);
    private final Semaphore slowThreads = new Semaphore(SLOW_THREADS);

    /**
     * What is asked before a route is.
     *
     * @param source where a request may come from
     * @param credentials whose it may be
     * @param budget has the memory of bodies
     */
    record Checks(RequestSource source, AdminCredentials credentials, MemoryBudget budget) {}

    AdminRequestHandler(Checks checks, Filter routes) {
        this.checks = checks;
        this.routes = routes;
    }

    @Override
    public void handle(String target, Request base, HttpServletRequest request, HttpServletResponse response)
            throws IOException, ServletException {
        base.setHandled(true);
        Optional<HttpServletRequest> read = RequestBody.of(request);
        if (read.isPresent()) {
            serve(read.get(), response);
            return;
        }
        boolean isPublic = READING.contains(request.getMethod())
                && PUBLIC.matcher(request.getRequestURI()).matches();
        Optional<AdminRefusal> refusal = refusal(request, isPublic);
        if (refusal.isPresent()) {
            refuse(response, refusal.get());
        } else if (isPublic) {
            response.setHeader(HttpHeader.CONNECTION.asString(), "close");
            serveOneOf(publicThreads, request, response);
        } else if (hasBody(request)) {
            readBody(request, response);
        } else {
            serve(request, response);
        }
    }

    private Optional<AdminRefusal> refusal(HttpServletRequest request, boolean isPublic) {
        Optional<AdminRefusal> foreign = checks.source()
                .refusal(headers(request, "Host"), headers(request, "Origin"), headers(request, "Sec-Fetch-Site"));
        if (foreign.isPresent()) {
            LOGGER.debug(
                    "event=webadmin-foreign client={} status={}",
                    request.getRemoteAddr(),
                    foreign.get().status());
            return foreign;
        }
        if (!isPublic
                && !checks.credentials()
                        .admit(
                                request.getRemoteAddr(),
                                Optional.ofNullable(request.getHeader("Authorization")),
                                request.getMethod())) {
            return Optional.of(AdminRefusal.unauthorized());
        }
        if (request.getHeader(OVERRIDE) != null) {
            return Optional.of(AdminRefusal.of(
                    HttpStatus.BAD_REQUEST_400, OVERRIDE + " is not served; expected the method itself"));
        }
        int most = isPublic ? 0 : LONGEST_BODY;
        if (request.getContentLengthLong() > most || isPublic && hasBody(request)) {
            return Optional.of(AdminRefusal.of(
                    HttpStatus.PAYLOAD_TOO_LARGE_413, "the request's body is longer than " + most + " bytes"));
        }
        return Optional.empty();
    }

    private static List<String> headers(HttpServletRequest request, String name) {
        return Collections.list(request.getHeaders(name));
    }

    private static boolean hasBody(HttpServletRequest request) {
        return request.getContentLengthLong() > 0 || request.getHeader(HttpHeader.TRANSFER_ENCODING.asString()) != null;
    }

    private void readBody(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Optional<Reservation> memory = checks.budget().tryReserve(MemoryUse.WEBADMIN, LONGEST_BODY);
        if (memory.isEmpty()) {
            refuse(response, AdminRefusal.busy("too many requests at once"));
            return;
        }
        RequestBody.read(request, LONGEST_BODY, BODY_TIME, memory.get(), refusal -> refuse(response, refusal));
    }

    private void serve(HttpServletRequest request, HttpServletResponse response) throws IOException, ServletException {
        if (SLOW.matcher(request.getRequestURI()).matches()) {
            serveOneOf(slowThreads, request, response);
        } else {
            route(request, response);
        }
    }

    private void serveOneOf(Semaphore threads, HttpServletRequest request, HttpServletResponse response)
            throws IOException, ServletException {
        if (!threads.tryAcquire()) {
            refuse(response, AdminRefusal.busy("too many of these requests at once"));
            return;
        }
        try {
            route(request, response);
        } finally {
            threads.release();
        }
    }

    private void route(HttpServletRequest request, HttpServletResponse response) throws IOException, ServletException {
        secure(response);
        routes.doFilter(request, response, null); // Spark's filter never goes on to another
    }

    private static void refuse(HttpServletResponse response, AdminRefusal refusal) {
        byte[] body = refusal.json().getBytes(StandardCharsets.UTF_8);
        secure(response);
        refusal.headers().forEach(response::setHeader);
        response.setHeader(HttpHeader.CONNECTION.asString(), "close");
        response.setStatus(refusal.status());
        response.setContentType("application/json");
        response.setContentLength(body.length);
        try {
            response.getOutputStream().write(body);
        } catch (IOException brokenOff) {
            LOGGER.debug("a refusal was not read", brokenOff);
        }
    }

    // For a browser: no other page shows, embeds or keeps an answer.
    private static void secure(HttpServletResponse response) {
        response.setHeader("Cache-Control", "no-store");
        response.setHeader("X-Content-Type-Options", "nosniff");
        response.setHeader("X-Frame-Options", "DENY");
        response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
        response.setHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    }
}
