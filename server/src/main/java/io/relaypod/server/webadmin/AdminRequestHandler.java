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
 * Checks each request before a route gets it: its source, its credentials and the length of its body, in this order.
 * Nothing of a body is read before. Requests without a password have two threads and one request a connection. Requests
 * that wait, and those with long answers, have four threads each, so that others are answered meanwhile. Thread-safe.
 */
final class AdminRequestHandler extends AbstractHandler {

    private static final Logger LOGGER = LoggerFactory.getLogger(AdminRequestHandler.class);

    // The largest body of a request has a few words of JSON.
    private static final int LONGEST_BODY = 16 << 10;
    private static final Duration BODY_TIME = Duration.ofSeconds(10);
    private static final int PUBLIC_THREADS = 2;
    // Waits for DNS, a task or the broker.
    private static final int SLOW_THREADS = 4;
    // Has an answer of any length, which a client may read slowly.
    private static final int LONG_THREADS = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Pattern PUBLIC = Pattern.compile("/healthcheck(/checks(/([A-Za-z0-9_-]|%20)+)?)?");
    private static final Pattern SLOW = Pattern.compile("/tasks/[^/]*/await/?|/domains/.*");
    private static final Pattern QUICK = Pattern.compile("/mailQueues/?|/mailRepositories/?|/relay/configuration/?");
    // James' flush of a queue asks the broker; its PATCH of a repository only begins a task, which takes no time.
    private static final String FLUSH = "PATCH";
    private static final Set<String> READING = Set.of("GET", "HEAD");
    private static final String OVERRIDE = "X-HTTP-Method-Override"; // which Spark would obey

    private final Checks checks;
    private final Filter routes;
    private final Semaphore publicThreads = new Semaphore(PUBLIC_THREADS);
    private final RequestSlots slowRequests = new RequestSlots(SLOW_THREADS, PATIENCE);
    private final RequestSlots longAnswers = new RequestSlots(LONG_THREADS, PATIENCE);

    /**
     * The checks of a request.
     *
     * @param source checks the headers that show the origin of a request
     * @param credentials checks the password or token
     * @param budget holds the memory of bodies
     */
    record Checks(RequestOriginCheck source, AdminCredentials credentials, MemoryBudget budget) {}

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
            servePublic(request, response);
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
        if (SLOW.matcher(request.getRequestURI()).matches() || FLUSH.equals(request.getMethod())) {
            serveOneOf(slowRequests, request, response);
        } else if (READING.contains(request.getMethod())
                && !QUICK.matcher(request.getRequestURI()).matches()) {
            serveOneOf(longAnswers, request, response);
        } else {
            route(request, response);
        }
    }

    private void serveOneOf(RequestSlots slots, HttpServletRequest request, HttpServletResponse response)
            throws IOException, ServletException {
        if (!slots.enter(request, refusal -> refuse(response, refusal))) {
            return;
        }
        try {
            route(request, response);
        } finally {
            slots.leave();
        }
    }

    private void servePublic(HttpServletRequest request, HttpServletResponse response)
            throws IOException, ServletException {
        if (!publicThreads.tryAcquire()) {
            refuse(response, AdminRefusal.busy("too many of these requests at once"));
            return;
        }
        try {
            route(request, response);
        } finally {
            publicThreads.release();
        }
    }

    private void route(HttpServletRequest request, HttpServletResponse response) throws IOException, ServletException {
        secure(response);
        // Spark's filter never passes a request on to another.
        routes.doFilter(request, new BufferedResponse(response), null);
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
            LOGGER.debug("The client did not read a refusal.", brokenOff);
        }
    }

    // Keeps a browser from embedding, sniffing or storing an answer.
    private static void secure(HttpServletResponse response) {
        response.setHeader("Cache-Control", "no-store");
        response.setHeader("X-Content-Type-Options", "nosniff");
        response.setHeader("X-Frame-Options", "DENY");
        response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
        response.setHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    }
}
