package io.relaypod.lab.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.relaypod.lab.gateway.MailpitStandIn;
import io.relaypod.lab.gateway.Relaying;
import io.relaypod.lab.gateway.Smtp2GraphStandIn;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs stand-ins for Mailpit and smtp2graph, for machines without their images. */
@Command(
        name = "stand-in",
        mixinStandardHelpOptions = true,
        description = "Simulate one of the programs behind the relay, at a port of 127.0.0.1, until SIGTERM.")
final class StandInCommand {

    // The real smtp2graph keeps accepted messages on its disk. The stand-in's directory may be temporary, so it sends
    // them before it ends.
    private static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(8);

    private static final long POLL_MILLIS = 20;

    @Command(
            mixinStandardHelpOptions = true,
            description =
                    "Simulate Mailpit 1.30.5 as the pod configures it: if the next hop refuses a message, so does Mailpit.")
    int mailpit(
            @Option(names = "--port", required = true, description = "SMTP port.") int port,
            @Option(
                            names = "--next-hop",
                            required = true,
                            paramLabel = "HOST:PORT",
                            description = "The server that messages are relayed to.")
                    String nextHop)
            throws IOException, InterruptedException {
        try (MailpitStandIn mailpit =
                MailpitStandIn.start(port, Relaying.to(HostAndPort.parse("--next-hop", nextHop)))) {
            untilStopped(() -> {});
        }
        return 0;
    }

    @Command(mixinStandardHelpOptions = true, description = "Simulate smtp2graph 1.1.4.")
    int smtp2graph(
            @Option(names = "--port", required = true, description = "SMTP port.") int port,
            @Option(
                            names = "--graph",
                            required = true,
                            paramLabel = "HOST:PORT",
                            description = "The server that simulates login and Graph.")
                    String graph,
            @Option(
                            names = "--data",
                            paramLabel = "DIRECTORY",
                            description = "Its /data, which is not deleted; a temporary directory by default.")
                    Optional<Path> data)
            throws IOException, InterruptedException {
        Smtp2GraphStandIn.Builder builder =
                Smtp2GraphStandIn.builder(HostAndPort.parse("--graph", graph)).atPort(port);
        data.ifPresent(builder::withData);
        try (Smtp2GraphStandIn smtp2graph = builder.start()) {
            untilStopped(() -> finish(smtp2graph));
        }
        return 0;
    }

    /** Blocks until SIGTERM, then runs the action and ends the process. Never returns. */
    private static void untilStopped(Runnable atStop) throws InterruptedException {
        Runtime.getRuntime().addShutdownHook(new Thread(atStop, "shutdown"));
        new CountDownLatch(1).await();
    }

    private static void finish(Smtp2GraphStandIn smtp2graph) {
        smtp2graph.down();
        Instant deadline = Instant.now().plus(DRAIN_TIMEOUT);
        try {
            while (smtp2graph.pending() > 0 && Instant.now().isBefore(deadline)) {
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            }
        } catch (InterruptedException stopNow) {
            Thread.currentThread().interrupt();
        }
    }
}
