package io.relaypod.lab.world;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.relaypod.lab.gateway.RealMailpit;
import io.relaypod.lab.smtp.SmtpConversation;

/**
 * A relay outside this process, a program or a container. It is only reached through its ports: SMTP, metrics and
 * webadmin. Thread-safe.
 */
public final class ExternalRelay implements Relay {

    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration HTTP_TIMEOUT = Duration.ofSeconds(10);
    private static final long STOP_SECONDS = 60;
    private static final long POLL_MILLIS = 20;

    private final InetSocketAddress smtp;
    private final URI webadmin;
    private final URI metrics;
    private final Supplier<String> password;
    private final Runnable stop;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ObjectMapper json = new ObjectMapper();

    private ExternalRelay(Map<String, String> environment, Supplier<String> password, Runnable stop) {
        this.password = password;
        this.smtp = address(environment, "LISTEN_ADDR");
        this.webadmin = URI.create("http://" + environment.get("WEBADMIN_ADDR"));
        this.metrics = URI.create("http://" + environment.get("METRICS_ADDR"));
        this.stop = stop;
    }

    /** Adds free ports of 127.0.0.1 for SMTP, metrics and webadmin to the variables. */
    public static Map<String, String> withPorts(Map<String, String> environment) throws IOException {
        Map<String, String> complete = new HashMap<>(environment);
        for (String variable : List.of("LISTEN_ADDR", "METRICS_ADDR", "WEBADMIN_ADDR")) {
            InetSocketAddress free = RealMailpit.freeAddress();
            complete.put(variable, free.getHostString() + ":" + free.getPort());
        }
        return Map.copyOf(complete);
    }

    /**
     * Starts a program and waits for its greeting. The variables are added to the environment of this process. The
     * program's output goes to the output of this process.
     */
    public static ExternalRelay program(List<String> command, Map<String, String> environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().putAll(environment);
        Process process = builder.start();
        return await(
                environment,
                process::isAlive,
                () -> password(Path.of(environment.get("DATA_DIR"))),
                () -> end(process));
    }

    private static String password(Path dataDir) {
        try {
            return Files.readString(dataDir.resolve("webadmin-password")).strip();
        } catch (IOException none) {
            throw new UncheckedIOException(none);
        }
    }

    /**
     * Waits for the greeting of a relay that is being started.
     *
     * @param environment the relay's variables, with ports
     * @param password of webadmin; called after the start
     * @param stop stops the relay in order
     */
    public static ExternalRelay await(
            Map<String, String> environment, BooleanSupplier alive, Supplier<String> password, Runnable stop)
            throws IOException {
        ExternalRelay relay = new ExternalRelay(environment, password, stop);
        Instant deadline = Instant.now().plus(START_TIMEOUT);
        while (!relay.greets()) {
            if (!alive.getAsBoolean() || Instant.now().isAfter(deadline)) {
                stop.run();
                throw new IOException("the relay did not answer at " + relay.smtp);
            }
            pause();
        }
        return relay;
    }

    @Override
    public InetSocketAddress smtpAddress() {
        return smtp;
    }

    @Override
    public long queuedMails() {
        try {
            long queued = 0;
            for (String queue : List.of("spool", "outgoing")) {
                queued += json.readTree(get(HttpRequest.newBuilder(webadmin.resolve("/mailQueues/" + queue))
                                .header("Authorization", "Bearer " + password.get())))
                        .path("size")
                        .asLong();
            }
            return queued;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    @Override
    public long count(String metric, String... labels) {
        return (long) new MetricsText(get(HttpRequest.newBuilder(metrics.resolve("/metrics")))).value(metric, labels);
    }

    @Override
    public void close() {
        stop.run();
    }

    private boolean greets() {
        try (SmtpConversation session = SmtpConversation.connect(smtp)) {
            return session.banner().code() == 220;
        } catch (IOException notYet) {
            return false;
        }
    }

    private String get(HttpRequest.Builder builder) {
        HttpRequest request = builder.timeout(HTTP_TIMEOUT).build();
        URI uri = request.uri();
        try {
            HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IOException(uri + " answered " + answer.statusCode());
            }
            return answer.body();
        } catch (IOException unanswered) {
            throw new UncheckedIOException(unanswered);
        } catch (InterruptedException stopNow) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException("interrupted while asking " + uri, stopNow));
        }
    }

    private static InetSocketAddress address(Map<String, String> environment, String variable) {
        String[] hostAndPort = Objects.requireNonNull(environment.get(variable)).split(":", 2);
        return new InetSocketAddress(hostAndPort[0], Integer.parseInt(hostAndPort[1]));
    }

    private static void pause() throws IOException {
        try {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        } catch (InterruptedException stopNow) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the relay was starting", stopNow);
        }
    }

    private static void end(Process process) {
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException stopNow) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
