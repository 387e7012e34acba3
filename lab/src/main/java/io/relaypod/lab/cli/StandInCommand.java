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

/** The containers behind the relay, for machines that cannot have the images of Mailpit and smtp2graph. */
@Command(
        name = "stand-in",
        mixinStandardHelpOptions = true,
        description = "Play one of the programs behind the relay, at a port of 127.0.0.1, until SIGTERM.")
final class StandInCommand {

    /** What smtp2graph has answered 250 for, it still sends; the real one has it on its disk. */
    private static final Duration LAST_MAILS = Duration.ofSeconds(8);

    private static final long POLL_MILLIS = 20;

    @Command(
            mixinStandardHelpOptions = true,
            description = "Play Mailpit 1.30.5 as the pod has it: what the next hop does not take, it does not take.")
    int mailpit(
            @Option(names = "--port", required = true, description = "Where it takes mail.") int port,
            @Option(
                            names = "--next-hop",
                            required = true,
                            paramLabel = "HOST:PORT",
                            description = "Where it passes mail on to.")
                    String nextHop)
            throws IOException, InterruptedException {
        try (MailpitStandIn mailpit =
                MailpitStandIn.start(port, Relaying.to(HostAndPort.parse("--next-hop", nextHop)))) {
            untilStopped(() -> {});
        }
        return 0;
    }

    @Command(mixinStandardHelpOptions = true, description = "Play smtp2graph 1.1.4.")
    int smtp2graph(
            @Option(names = "--port", required = true, description = "Where it takes mail.") int port,
            @Option(
                            names = "--graph",
                            required = true,
                            paramLabel = "HOST:PORT",
                            description = "Who plays login and Graph.")
                    String graph,
            @Option(
                            names = "--data",
                            paramLabel = "DIRECTORY",
                            description = "Its /data, which is kept; a temporary directory by default.")
                    Optional<Path> data)
            throws IOException, InterruptedException {
        Smtp2GraphStandIn.Builder wanted =
                Smtp2GraphStandIn.builder(HostAndPort.parse("--graph", graph)).atPort(port);
        data.ifPresent(wanted::withData);
        try (Smtp2GraphStandIn smtp2graph = wanted.start()) {
            untilStopped(() -> finish(smtp2graph));
        }
        return 0;
    }

    /** Does not return when the process is told to stop: it ends when the last words are said. */
    private static void untilStopped(Runnable lastWords) throws InterruptedException {
        Runtime.getRuntime().addShutdownHook(new Thread(lastWords, "shutdown"));
        new CountDownLatch(1).await();
    }

    private static void finish(Smtp2GraphStandIn smtp2graph) {
        smtp2graph.down();
        Instant deadline = Instant.now().plus(LAST_MAILS);
        try {
            while (smtp2graph.pending() > 0 && Instant.now().isBefore(deadline)) {
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            }
        } catch (InterruptedException stopNow) {
            Thread.currentThread().interrupt();
        }
    }
}
