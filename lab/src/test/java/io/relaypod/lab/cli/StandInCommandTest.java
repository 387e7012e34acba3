package io.relaypod.lab.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.relaypod.lab.gateway.RealMailpit;
import io.relaypod.lab.graph.GraphStandIn;
import io.relaypod.lab.smtp.SmtpConversation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The stand-ins as processes, as the lab's image runs them. */
class StandInCommandTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Deque<Process> running = new ArrayDeque<>();

    @TempDir
    private Path temporary;

    @AfterEach
    void stop() {
        running.forEach(Process::destroyForcibly);
    }

    @Test
    void aMessagePassesBothStandInsToGraph() throws Exception {
        try (GraphStandIn graph = GraphStandIn.start()) {
            InetSocketAddress smtp2graph = started(
                    "smtp2graph", "--graph", "127.0.0.1:" + graph.address().getPort());
            InetSocketAddress mailpit = started("mailpit", "--next-hop", "127.0.0.1:" + smtp2graph.getPort());

            send(mailpit, "hello");

            await().atMost(PATIENCE).until(() -> graph.mails().size() == 1);
            assertThat(graph.mails().get(0).subject()).isEqualTo("hello");
            assertThat(graph.mails().get(0).deliveredTo()).containsExactly("guest@example.com");
        }
    }

    @Test
    void anAcceptedMessageIsStillSentAfterSigterm() throws Exception {
        try (GraphStandIn graph = GraphStandIn.start()) {
            InetSocketAddress smtp2graph = started(
                    "smtp2graph", "--graph", "127.0.0.1:" + graph.address().getPort());
            int mails = 20;
            for (int mail = 0; mail < mails; mail++) {
                send(smtp2graph, "mail " + mail);
            }
            Process process = running.element();
            process.destroy();

            assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(graph.mails()).hasSize(mails);
        }
    }

    @Test
    void anInvalidNextHopIsReported() throws Exception {
        Path errors = temporary.resolve("errors");
        Process process = start(errors, "mailpit", "--port", "0", "--next-hop", "localhost");

        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isNotZero();
        assertThat(Files.readString(errors)).contains("--next-hop is 'localhost'; expected HOST:PORT");
    }

    private InetSocketAddress started(String program, String... options) throws IOException {
        InetSocketAddress address = RealMailpit.freeAddress();
        List<String> arguments = new ArrayList<>(List.of(program, "--port", Integer.toString(address.getPort())));
        arguments.addAll(List.of(options));
        Process process = start(temporary.resolve(program), arguments.toArray(String[]::new));
        await().atMost(PATIENCE).until(() -> {
            assertThat(process.isAlive()).isTrue();
            return greets(address);
        });
        return address;
    }

    private Process start(Path errors, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Launcher.class.getName(),
                "stand-in"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(errors.toFile())
                .start();
        running.add(process);
        return process;
    }

    private static void send(InetSocketAddress to, String subject) throws IOException {
        try (SmtpConversation smtp = SmtpConversation.connect(to)) {
            smtp.send("EHLO relay.example");
            smtp.send("MAIL FROM:<app@organiser.example>");
            smtp.send("RCPT TO:<guest@example.com>");
            assertThat(smtp.data(("From: app@organiser.example\r\nTo: guest@example.com\r\nSubject: " + subject
                                            + "\r\n\r\nHello.\r\n")
                                    .getBytes(StandardCharsets.US_ASCII))
                            .code())
                    .isEqualTo(250);
        }
    }

    private static boolean greets(InetSocketAddress address) {
        try (SmtpConversation smtp = SmtpConversation.connect(address)) {
            return smtp.banner().code() == 220;
        } catch (IOException notYet) {
            return false;
        }
    }
}
