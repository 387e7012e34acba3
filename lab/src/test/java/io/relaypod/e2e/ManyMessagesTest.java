package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.relaypod.lab.Peers;
import io.relaypod.lab.gateway.MailpitStandIn;
import io.relaypod.lab.gateway.ReceivedMail;
import io.relaypod.lab.gateway.Relaying;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.Test;

/** Real clients: Postfix's load generator, and swaks. */
class ManyMessagesTest {

    private static final int CLIENTS = 20;
    private static final int MAILS = 2_000;

    @Test
    void twoThousandMessagesOfTwentyClientsArriveOnce() throws Exception {
        Optional<Path> smtpSource = program("smtp-source");
        Peers.require("smtp-source", smtpSource.isPresent(), "Postfix's smtp-source is not installed");
        try (MailpitStandIn mailpit = MailpitStandIn.start(Relaying.none());
                LabWorld world = LabWorld.builder()
                        .with(
                                "UPSTREAM_PORT",
                                Integer.toString(mailpit.smtpAddress().getPort()))
                        .start()) {
            // -N numbers the recipients, so that the messages differ.
            Process source = new ProcessBuilder(
                            smtpSource.get().toString(),
                            "-s",
                            Integer.toString(CLIENTS),
                            "-m",
                            Integer.toString(MAILS),
                            "-l",
                            "2000",
                            "-N",
                            "-f",
                            "app@organiser.example",
                            "-t",
                            "guest@example.com",
                            "127.0.0.1:" + world.relay().smtpAddress().getPort())
                    .inheritIO()
                    .start();
            assertThat(source.waitFor(2, TimeUnit.MINUTES)).isTrue();
            assertThat(source.exitValue()).isZero();

            await().atMost(Duration.ofMinutes(1))
                    .until(() ->
                            mailpit.messages().size() >= MAILS && world.relay().queuedMails() == 0);

            List<List<String>> recipients =
                    mailpit.messages().stream().map(ReceivedMail::recipients).toList();
            assertThat(recipients).hasSize(MAILS).doesNotHaveDuplicates();
        }
    }

    @Test
    void swaksSendsAMessage() throws Exception {
        Optional<Path> swaks = program("swaks");
        Peers.require("swaks", swaks.isPresent(), "swaks is not installed");
        try (LabWorld world = LabWorld.builder().start()) {
            Process client = new ProcessBuilder(
                            swaks.get().toString(),
                            "--server",
                            "127.0.0.1:" + world.relay().smtpAddress().getPort(),
                            "--from",
                            "app@organiser.example",
                            "--to",
                            "guest@example.com,spammer@nonexistent-domain.xyz")
                    .redirectErrorStream(true)
                    .start();
            String transcript = new String(client.getInputStream().readAllBytes());
            assertThat(client.waitFor(1, TimeUnit.MINUTES)).isTrue();

            assertThat(transcript)
                    .contains("<** 550 5.1.2 Bad destination mailbox address - domain has no MX record")
                    .contains("250 2.6.0 Message received");
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> !world.mailpit().messages().isEmpty());
            assertThat(world.mailpit().messages())
                    .extracting(ReceivedMail::recipients)
                    .containsExactly(List.of("guest@example.com"));
        }
    }

    private static Optional<Path> program(String name) {
        return Stream.concat(Stream.of(System.getenv("PATH").split(":")), Stream.of("/usr/sbin", "/usr/local/sbin"))
                .map(directory -> Path.of(directory, name))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
