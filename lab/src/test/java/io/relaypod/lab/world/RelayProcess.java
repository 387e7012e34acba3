package io.relaypod.lab.world;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.relaypod.server.cli.Relaypod;

/** A relay in a process of its own, which can be killed to simulate a crash. */
public final class RelayProcess implements AutoCloseable {

    private static final Pattern READY = Pattern.compile("event=ready smtp=[^ ]*:(\\d+) ");

    private final Process process;
    private final InetSocketAddress smtp;

    private RelayProcess(Process process, InetSocketAddress smtp) {
        this.process = process;
        this.smtp = smtp;
    }

    /**
     * Starts a relay at a free port of 127.0.0.1, without webadmin.
     *
     * @param environment the relay's variables; its log goes to the file {@code log} in its DATA_DIR
     */
    public static RelayProcess start(Map<String, String> environment) throws IOException {
        ProcessBuilder java = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Relaypod.class.getName(),
                "run");
        java.environment().putAll(Map.of("LISTEN_ADDR", "127.0.0.1:0", "METRICS_ADDR", "off", "WEBADMIN_ADDR", "off"));
        java.environment().putAll(environment);
        Path log = Files.createDirectories(Path.of(environment.get("DATA_DIR"))).resolve("log");
        Process process = java.redirectErrorStream(true).start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        StringBuilder said = new StringBuilder();
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            said.append(line).append('\n');
            Matcher ready = READY.matcher(line);
            if (ready.find()) {
                keep(out, log);
                return new RelayProcess(process, new InetSocketAddress("127.0.0.1", Integer.parseInt(ready.group(1))));
            }
        }
        throw new IOException("the relay did not start:\n" + said);
    }

    private static void keep(BufferedReader out, Path log) {
        Thread reader = new Thread(
                () -> {
                    try (Stream<String> lines = out.lines();
                            var file = Files.newBufferedWriter(log)) {
                        for (String line : (Iterable<String>) lines::iterator) {
                            file.write(line + "\n");
                            file.flush();
                        }
                    } catch (IOException | RuntimeException ended) {
                        // the process was killed
                    }
                },
                "lab-relay-log");
        reader.setDaemon(true);
        reader.start();
    }

    public InetSocketAddress smtpAddress() {
        return smtp;
    }

    /** Whether the process ends by itself within the time. */
    public boolean endsWithin(Duration time) {
        try {
            return process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Ends the process as kill -9 does. */
    public void kill() {
        process.toHandle().destroyForcibly();
        process.onExit().orTimeout(1, TimeUnit.MINUTES).join();
    }

    @Override
    public void close() {
        kill();
    }
}
