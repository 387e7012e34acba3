package io.relaypod.lab.graph;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

/**
 * A stand-in for login.microsoftonline.com and graph.microsoft.com on 127.0.0.1. Clients request it directly, or a real
 * smtp2graph uses it as its HTTP proxy, and then sends whole URLs without TLS.
 *
 * <pre>{@code
 * try (GraphStandIn graph = GraphStandIn.start()) {
 *     graph.failNext(3, GraphFailure.throttled(Duration.ofSeconds(10)));
 *     // send to graph.address(), then look at graph.mails()
 * }
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class GraphStandIn implements AutoCloseable {

    /** The token that the login issues and sendMail requires. */
    public static final String TOKEN = "lab-token";

    private static final Duration TOKEN_LIFETIME = Duration.ofSeconds(3599);
    private static final String LOGIN_HOST = "login.microsoftonline.com";
    private static final String GRAPH_HOST = "graph.microsoft.com";
    /** Bytes of the request's body, which is the message in base64. */
    private static final int MAX_REQUEST = 4 * 1024 * 1024;

    private static final int THREADS = 8;
    private static final int BACKLOG = 256;
    private static final Pattern TOKEN_PATH = Pattern.compile("/[^/]+/oauth2/v2\\.0/token");
    private static final Pattern SEND_MAIL_PATH = Pattern.compile("/v1\\.0/users/([^/]+)/sendMail");

    private static final String ANY_MAILBOX = "";
    private static final int NO_ANSWER = 0;

    private record GraphReply(int status, Map<String, String> headers, Map<String, Object> body) {}

    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS, GraphStandIn::daemon);
    private final ObjectMapper json = new ObjectMapper();
    private final List<GraphMail> mails = Collections.synchronizedList(new ArrayList<>());
    private final List<Consumer<GraphMail>> listeners = new CopyOnWriteArrayList<>();
    private final Deque<GraphFailure> failures = new ArrayDeque<>();
    private final Map<String, GraphFailure> refused = new ConcurrentHashMap<>();
    private final AtomicInteger lostAnswers = new AtomicInteger();
    private final AtomicLong requestCount = new AtomicLong();
    private volatile Optional<LoginFailure> login = Optional.empty();

    private GraphStandIn(HttpServer server) {
        this.server = server;
    }

    /** Starts at a free port. */
    public static GraphStandIn start() throws IOException {
        return start(0);
    }

    /** Starts at the given port. */
    public static GraphStandIn start(int port) throws IOException {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        GraphStandIn graph = new GraphStandIn(HttpServer.create(address, BACKLOG));
        graph.server.setExecutor(graph.threads);
        graph.server.createContext("/", graph::handle);
        graph.server.start();
        return graph;
    }

    /** The address of the server, or of the proxy. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    /** The accepted messages, in order of arrival. */
    public List<GraphMail> mails() {
        synchronized (mails) {
            return List.copyOf(mails);
        }
    }

    /** Deletes the accepted messages. */
    public void clear() {
        mails.clear();
    }

    /** Number of sendMail requests, with any answer. */
    public long requests() {
        return requestCount.get();
    }

    /** Answers the next {@code times} sendMail requests with the failure, after the failures of earlier calls. */
    public void failNext(int times, GraphFailure failure) {
        synchronized (failures) {
            failures.addAll(Collections.nCopies(times, failure));
        }
    }

    /** Answers every sendMail request with the failure, until {@link #acceptAgain}. */
    public void refuse(GraphFailure failure) {
        refused.put(ANY_MAILBOX, failure);
    }

    /** Answers every sendMail request for the mailbox with the failure, until {@link #acceptAgain}. */
    public void refuse(String mailbox, GraphFailure failure) {
        refused.put(mailbox, failure);
    }

    /** Refuses logins, until {@link #acceptAgain}. Clients may still use a token that they have. */
    public void refuseLogin(LoginFailure failure) {
        login = Optional.of(failure);
    }

    /** Accepts the next {@code times} messages, and closes their connections without an answer. */
    public void loseNextAnswers(int times) {
        lostAnswers.addAndGet(times);
    }

    /** Ends the effect of {@link #refuse}, {@link #refuseLogin} and {@link #failNext}. */
    public void acceptAgain() {
        refused.clear();
        login = Optional.empty();
        synchronized (failures) {
            failures.clear();
        }
    }

    /** Calls the listener with each accepted message, on the thread of the request. */
    public void onMail(Consumer<GraphMail> listener) {
        listeners.add(listener);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            GraphReply answer = answer(exchange, body);
            if (answer.status() == NO_ANSWER) {
                return;
            }
            byte[] bytes = answer.body().isEmpty() ? new byte[0] : json.writeValueAsBytes(answer.body());
            answer.headers().forEach(exchange.getResponseHeaders()::set);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private GraphReply answer(HttpExchange exchange, byte[] body) {
        URI uri = exchange.getRequestURI();
        boolean post = exchange.getRequestMethod().equals("POST");
        if (post && isFor(LOGIN_HOST, uri) && TOKEN_PATH.matcher(uri.getPath()).matches()) {
            return login.map(failure -> new GraphReply(failure.status(), Map.of(), failure.body()))
                    .orElseGet(this::token);
        }
        Matcher sendMail = SEND_MAIL_PATH.matcher(uri.getPath());
        if (post && isFor(GRAPH_HOST, uri) && sendMail.matches()) {
            requestCount.incrementAndGet();
            String authorization = Optional.ofNullable(
                            exchange.getRequestHeaders().getFirst("Authorization"))
                    .orElse("");
            return sendMail(sendMail.group(1), authorization, body)
                    .map(GraphStandIn::failed)
                    .orElseGet(() -> new GraphReply(isAnswerLost() ? NO_ANSWER : 202, Map.of(), Map.of()));
        }
        return failed(GraphFailure.notFound(exchange.getRequestMethod() + " " + uri));
    }

    private GraphReply token() {
        long seconds = TOKEN_LIFETIME.toSeconds();
        return new GraphReply(
                200,
                Map.of(),
                Map.of(
                        "token_type",
                        "Bearer",
                        "expires_in",
                        seconds,
                        "ext_expires_in",
                        seconds,
                        "access_token",
                        TOKEN));
    }

    private Optional<GraphFailure> sendMail(String mailbox, String authorization, byte[] body) {
        Optional<GraphFailure> configured =
                nextFailure().or(() -> refusal(mailbox)).or(() -> refusal(ANY_MAILBOX));
        if (configured.isPresent()) {
            return configured;
        }
        if (!authorization.equals("Bearer " + TOKEN)) {
            return Optional.of(GraphFailure.unauthorized());
        }
        if (body.length > MAX_REQUEST) {
            return Optional.of(GraphFailure.tooLarge());
        }
        byte[] mime = decoded(body);
        if (mime.length == 0) {
            return Optional.of(GraphFailure.notBase64());
        }
        DeliveryRule delivery = DeliveryRule.of(mime);
        if (!delivery.isAccepted()) {
            return Optional.of(GraphFailure.invalidRecipients());
        }
        GraphMail mail = new GraphMail(mailbox, mime, delivery.recipients(), delivery.subject());
        mails.add(mail);
        listeners.forEach(listener -> listener.accept(mail));
        return Optional.empty();
    }

    private Optional<GraphFailure> refusal(String mailbox) {
        return Optional.ofNullable(refused.get(mailbox));
    }

    private boolean isAnswerLost() {
        return lostAnswers.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
    }

    private Optional<GraphFailure> nextFailure() {
        synchronized (failures) {
            return Optional.ofNullable(failures.pollFirst());
        }
    }

    /** An empty array if the text is not base64. */
    private static byte[] decoded(byte[] base64) {
        try {
            return Base64.getDecoder()
                    .decode(new String(base64, StandardCharsets.ISO_8859_1).replaceAll("[\\r\\n]", ""));
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    /** Only a request to a proxy names a host. A direct request is for any of the hosts. */
    private static boolean isFor(String host, URI uri) {
        return uri.getHost() == null || uri.getHost().equals(host);
    }

    private static GraphReply failed(GraphFailure failure) {
        Map<String, String> headers = failure.retryAfter().isZero()
                ? Map.of()
                : Map.of("Retry-After", String.valueOf(failure.retryAfter().toSeconds()));
        return new GraphReply(failure.status(), headers, Map.of("error", inOrder(failure)));
    }

    private static Map<String, String> inOrder(GraphFailure failure) {
        Map<String, String> error = new LinkedHashMap<>();
        error.put("code", failure.code());
        error.put("message", failure.message());
        return error;
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "lab-graph");
        thread.setDaemon(true);
        return thread;
    }
}
