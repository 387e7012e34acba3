package io.relaypod.server.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import picocli.CommandLine;

/** A webadmin with prepared answers, which records its requests, and the commands that use it. */
final class FakeWebAdmin implements AutoCloseable {

    private final HttpServer server;
    private final Map<String, String> environment;
    private final Map<String, Deque<Prepared>> answers = new HashMap<>();
    private final List<String> requests = new ArrayList<>();

    private record Prepared(int status, String body) {}

    /** What a command printed, and its exit code. */
    record CommandResult(int exitCode, String output) {}

    FakeWebAdmin(Path directory) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::serve);
        server.start();
        Path password = Files.writeString(directory.resolve("password"), "correct horse battery\n");
        environment = Map.of(
                "WEBADMIN_ADDR",
                "127.0.0.1:" + server.getAddress().getPort(),
                "WEBADMIN_PASSWORD_FILE",
                password.toString());
    }

    /** @param request method and path with its query; further answers to it follow the first, the last one repeats */
    FakeWebAdmin answer(String request, int status, String body) {
        answers.computeIfAbsent(request, any -> new ArrayDeque<>()).add(new Prepared(status, body));
        return this;
    }

    FakeWebAdmin answer(String request, String body) {
        return answer(request, 200, body);
    }

    private synchronized void serve(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        String request = exchange.getRequestMethod() + " " + exchange.getRequestURI();
        requests.add(body.isEmpty() ? request : request + " " + body);
        boolean isAllowed = "Bearer correct horse battery"
                .equals(exchange.getRequestHeaders().getFirst("Authorization"));
        Prepared prepared = isAllowed ? next(request) : new Prepared(401, "{}");
        byte[] bytes = prepared.body().getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(prepared.status(), bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private Prepared next(String request) {
        Deque<Prepared> prepared = answers.getOrDefault(request, new ArrayDeque<>());
        if (prepared.isEmpty()) {
            return new Prepared(404, "{\"message\":\"not prepared: " + request + "\"}");
        }
        return prepared.size() > 1 ? prepared.remove() : prepared.element();
    }

    /** Method, path and body of each request. */
    synchronized List<String> requests() {
        return List.copyOf(requests);
    }

    Map<String, String> environment() {
        return environment;
    }

    CommandResult run(String... arguments) {
        return run(environment, arguments);
    }

    static CommandResult run(Map<String, String> environment, String... arguments) {
        StringWriter output = new StringWriter();
        CommandLine command = Relaypod.commandLine(environment).setOut(new PrintWriter(output));
        int exitCode = command.setErr(new PrintWriter(output)).execute(arguments);
        return new CommandResult(exitCode, output.toString());
    }

    static String path(String repository) {
        return "/mailRepositories/" + WebAdminClient.encoded(repository);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
