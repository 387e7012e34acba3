package io.relaypod.lab.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A process of the real smtp2graph, with the Graph stand-in as its HTTP proxy. Thread-safe. */
public final class RealSmtp2Graph implements Smtp2Graph {

    private final Path server;
    private final InetSocketAddress address;
    private final Path data;
    private Process process;

    private RealSmtp2Graph(Path server, InetSocketAddress address, Path data) throws IOException {
        this.server = server;
        this.address = address;
        this.data = data;
        this.process = begin();
    }

    /**
     * The built server.js that the environment variable SMTP2GRAPH names.
     *
     * @throws IllegalStateException if it names no file
     */
    public static Optional<Path> find() {
        String named = System.getenv().getOrDefault("SMTP2GRAPH", "");
        if (named.isEmpty()) {
            return Optional.empty();
        }
        if (!Files.isRegularFile(Path.of(named))) {
            throw new IllegalStateException("SMTP2GRAPH=" + named + " is not a file; expected smtp2graph's server.js");
        }
        return Optional.of(Path.of(named).toAbsolutePath());
    }

    /** Starts smtp2graph at a free port with a temporary directory. */
    public static RealSmtp2Graph start(Path server, InetSocketAddress graph) throws IOException {
        InetSocketAddress address = RealMailpit.freeAddress();
        Path data = Files.createTempDirectory("lab-smtp2graph");
        Files.writeString(data.resolve("config.yml"), """
                mode: full
                send:
                  appReg:
                    tenant: contoso
                    id: 01234567-89ab-cdef-0123-456789abcdef
                    secret: lab
                  retryLimit: 3
                  retryInterval: 1
                receive:
                  port: %d
                  listenAddress: 127.0.0.1
                httpProxy:
                  host: 127.0.0.1
                  port: %d
                """.formatted(address.getPort(), graph.getPort()));
        return new RealSmtp2Graph(server, address, data);
    }

    private Process begin() throws IOException {
        Process started = new ProcessBuilder("node", server.toString(), "--config=" + data.resolve("config.yml"))
                .directory(data.toFile())
                .redirectErrorStream(true)
                .redirectOutput(data.resolve("console.log").toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(started::destroyForcibly));
        if (!ProgramStart.await(started::isAlive, () -> ProgramStart.isListening(address))) {
            started.destroyForcibly();
            throw new IOException(
                    "smtp2graph did not start; its output: " + Files.readString(data.resolve("console.log")));
        }
        return started;
    }

    @Override
    public InetSocketAddress address() {
        return address;
    }

    @Override
    public Path data() {
        return data;
    }

    @Override
    public synchronized void kill() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public synchronized void up() throws IOException {
        if (!process.isAlive()) {
            process = begin();
        }
    }

    @Override
    public void close() {
        kill();
        try (Stream<Path> all = Files.walk(data)) {
            for (Path file : List.copyOf(all.sorted(Comparator.reverseOrder()).toList())) {
                Files.deleteIfExists(file);
            }
        } catch (IOException left) {
            throw new UncheckedIOException(left);
        }
    }
}
