package io.relaypod.lab.gateway;

import java.io.File;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * A process of the real Mailpit, on free ports of 127.0.0.1 with a database of its own. Clients must send mail to
 * {@link #smtpAddress()}, where the envelopes are recorded. Thread-safe.
 */
public final class RealMailpit implements Mailpit {

    private static final String NAME = "mailpit";
    private static final int LOWEST_PORT = 10_240;
    // Linux' default. Other systems begin above it.
    private static final int FIRST_CLIENT_PORT = 32_768;

    private static final int PORT_ATTEMPTS = 100;

    private final EnvelopeTap tap;
    private final MailpitApi api;
    private final String description;
    private final Runnable stop;

    private RealMailpit(EnvelopeTap tap, MailpitApi api, String description, Runnable stop) {
        this.tap = tap;
        this.api = api;
        this.description = description;
        this.stop = stop;
    }

    /**
     * The binary that the environment variable MAILPIT names, or else {@code mailpit} on the PATH.
     *
     * @throws IllegalStateException if MAILPIT names no program, since a fallback would hide the mistake
     */
    public static Optional<Path> find() {
        String named = System.getenv().getOrDefault("MAILPIT", "");
        if (named.isEmpty()) {
            return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                    .map(folder -> Path.of(folder, NAME))
                    .filter(RealMailpit::isProgram)
                    .findFirst();
        }
        Path binary = Path.of(named).toAbsolutePath();
        if (!isProgram(binary)) {
            throw new IllegalStateException("MAILPIT=" + named + " is not a program that can be run");
        }
        return Optional.of(binary);
    }

    /** Starts a binary, with SMTP at a free port. */
    public static RealMailpit start(Path binary, Relaying relaying) throws IOException {
        return start(binary, ANY_PORT, relaying);
    }

    /** Starts a binary, with SMTP at the given port. */
    public static RealMailpit start(Path binary, int port, Relaying relaying) throws IOException {
        InetSocketAddress smtp = freeAddress();
        InetSocketAddress http = freeAddress();
        Path folder = Files.createTempDirectory("lab-mailpit");
        Path log = folder.resolve("mailpit.log");
        ProcessBuilder builder =
                new ProcessBuilder(binary.toString()).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(variable -> variable.startsWith("MP_"));
        builder.environment().putAll(environment(smtp, http, relaying));
        builder.environment().put("MP_DATABASE", folder.resolve("mailpit.db").toString());
        Process process = builder.start();
        // If the JVM is terminated, Mailpit must end too.
        Thread atExit = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(atExit);
        Runnable stop = () -> {
            removeShutdownHook(atExit);
            end(process, folder);
        };
        try {
            return attach(port, smtp, http, " at " + binary, stop, process::isAlive);
        } catch (IOException e) {
            String output = Files.readString(log);
            stop.run();
            throw new IOException(e.getMessage() + "; its output: " + output, e);
        }
    }

    /** Waits for the start of a Mailpit, and records the envelopes of its messages. */
    static RealMailpit attach(
            int port,
            InetSocketAddress smtp,
            InetSocketAddress http,
            String where,
            Runnable stop,
            BooleanSupplier alive)
            throws IOException {
        MailpitApi api = new MailpitApi(http);
        if (!ProgramStart.await(alive, () -> api.isReady() && ProgramStart.isListening(smtp))) {
            throw new IOException("Mailpit" + where + " did not start");
        }
        EnvelopeTap tap = EnvelopeTap.start(port, smtp);
        return new RealMailpit(tap, api, "real Mailpit " + api.version() + where, stop);
    }

    /** The settings of the pod, without Mailpit's own use of the network. */
    static Map<String, String> environment(InetSocketAddress smtp, InetSocketAddress http, Relaying relaying) {
        Map<String, String> environment = new HashMap<>();
        environment.put("MP_SMTP_BIND_ADDR", smtp.getHostString() + ":" + smtp.getPort());
        environment.put("MP_UI_BIND_ADDR", http.getHostString() + ":" + http.getPort());
        environment.put("MP_DISABLE_VERSION_CHECK", "true");
        environment.put("MP_SMTP_DISABLE_RDNS", "true");
        // By default Mailpit stores 500 messages. A test counts thousands.
        environment.put("MP_MAX_MESSAGES", "0");
        relaying.nextHop().ifPresent(nextHop -> {
            environment.put("MP_SMTP_RELAY_HOST", nextHop.getHostString());
            environment.put("MP_SMTP_RELAY_PORT", String.valueOf(nextHop.getPort()));
            environment.put("MP_SMTP_RELAY_ALL", "true");
            environment.put("MP_SMTP_RELAY_FWD_SMTP_ERRORS", String.valueOf(relaying.forwardErrors()));
        });
        return environment;
    }

    /**
     * A free port of 127.0.0.1, for a process that must bind the port itself. The port is below the system's range for
     * clients, so that no outgoing connection takes it meanwhile. It is random, so that concurrent callers get
     * different ports.
     */
    public static InetSocketAddress freeAddress() throws IOException {
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        for (int attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(LOWEST_PORT, FIRST_CLIENT_PORT);
            try (ServerSocket socket = new ServerSocket(port, 1, loopback)) {
                return new InetSocketAddress("127.0.0.1", socket.getLocalPort());
            } catch (BindException taken) {
                // another port may be free
            }
        }
        throw new IOException("no free port between " + LOWEST_PORT + " and " + FIRST_CLIENT_PORT);
    }

    @Override
    public InetSocketAddress smtpAddress() {
        return tap.address();
    }

    @Override
    public String description() {
        return description;
    }

    /** The known release that this Mailpit behaves like. */
    public MailpitRelease release() {
        return MailpitRelease.of(api.version());
    }

    @Override
    public List<ReceivedMail> messages() {
        return tap.envelopes().entrySet().stream()
                .map(entry -> new ReceivedMail(
                        entry.getKey(),
                        entry.getValue().sender(),
                        entry.getValue().recipients(),
                        api.raw(entry.getKey())))
                .toList();
    }

    @Override
    public void clear() {
        api.deleteAll();
        tap.clear();
    }

    @Override
    public void close() {
        tap.close();
        stop.run();
    }

    private static boolean isProgram(Path path) {
        return Files.isRegularFile(path) && Files.isExecutable(path);
    }

    private static void end(Process process, Path folder) {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            // A file that stays in the temporary directory does no harm.
        }
    }

    private static void removeShutdownHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is already shutting down, and runs the hook.
        }
    }
}
