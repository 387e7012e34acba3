package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import io.relaypod.lab.gateway.MailpitStandIn;
import io.relaypod.lab.gateway.Phase;
import io.relaypod.lab.gateway.Relaying;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The runbooks about a relay that is stopped or has lost its volume. Only the losses that the page names occur. */
class RestoreRunbooksTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final String APP = "app@example.com";
    private static final String GUEST = "guest@example.com";

    @TempDir
    private Path folder;

    @AutoClose
    private final MailpitStandIn mailpit = MailpitStandIn.start(Relaying.none());

    RestoreRunbooksTest() throws IOException {}

    @Test
    @Runbook("docs/operations.md#drain-for-maintenance")
    void aDrainedRelayStopsWithAnEmptyQueue() throws Exception {
        mailpit.answer(Phase.CONTENT, "451 4.3.5 not now");
        try (LoggedProblems log = new LoggedProblems();
                LabWorld world = world()) {
            OperatorShell operator = OperatorShell.beside(world);
            try (SmtpConversation smtp = world.connect()) {
                ClientMail.send(smtp, APP, GUEST, "drained");
                assertThat(Scrape.of(world).value("relaypod_smtp_connections")).isEqualTo(1);
            }
            await().atMost(PATIENCE).until(() -> Scrape.of(world).value("relaypod_smtp_connections") == 0);
            await().atMost(PATIENCE)
                    .untilAsserted(() ->
                            assertThat(operator.text("queue")).contains("waits for a retry", "1 mail in the queue"));

            mailpit.recover();
            assertThat(operator.run("queue", "retry").exitCode()).isZero();
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(operator.text("queue")).contains("0 mails in the queue outgoing"));
            assertThat(operator.text("queue", "list", "--queue", "spool")).contains("0 mails in the queue spool");
            assertThat(operator.text("failed")).contains("Nothing is kept in var/mail/failed.");

            world.close();
            assertThat(log.messages()).anyMatch(line -> line.contains("event=drained left=0"));
        }
        assertThat(mailpit.messages()).hasSize(1);
    }

    @Test
    @Runbook("docs/operations.md#restore")
    void aVolumeAndItsBackupHaveTheMessagesOfTheQueue() throws Exception {
        mailpit.answer(Phase.CONTENT, "451 4.3.5 not now");
        try (LabWorld world = world()) {
            ClientMail.send(world, APP, GUEST, "restored");
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(OperatorShell.beside(world).text("queue"))
                            .contains("waits for a retry"));
        }
        Path backup = folder.resolve("backup");
        copy(data(), backup);

        mailpit.recover();
        try (LabWorld afterTheLossOfThePod = world()) {
            deliverAll(afterTheLossOfThePod);
        }
        assertThat(mailpit.messages()).hasSize(1);

        delete(data());
        try (LabWorld withoutABackup = world()) {
            assertThat(withoutABackup.queuedMails()).isZero();
        }

        delete(data());
        copy(backup, data());
        damage(data().resolve("trace"));
        try (LabWorld withTheBackup = world()) {
            deliverAll(withTheBackup);
        }
        assertThat(mailpit.messages())
                .as("delivered since the backup, and again")
                .hasSize(2);
    }

    @Test
    @Runbook("docs/operations.md#restore")
    void aRelayWhoseQueueCannotBeOpenedStartsWithoutThatDirectory() throws Exception {
        world().close();
        Path queue = data().resolve("queue");
        delete(queue);
        Files.writeString(queue, "no directory");

        assertThatThrownBy(this::world).hasStackTraceContaining("cannot be opened");

        Files.move(queue, folder.resolve("damaged"));
        try (LabWorld world = world()) {
            ClientMail.send(world, APP, GUEST, "after the repair");
            await().atMost(PATIENCE).until(() -> mailpit.messages().size() == 1);
        }
    }

    private void deliverAll(LabWorld world) {
        await().atMost(PATIENCE).until(() -> {
            OperatorShell.beside(world).run("queue", "retry");
            return world.queuedMails() == 0;
        });
    }

    private LabWorld world() throws Exception {
        return LabWorld.builder()
                .with("UPSTREAM_PORT", Integer.toString(mailpit.smtpAddress().getPort()))
                .with("METRICS_ADDR", "127.0.0.1:0")
                .with("DATA_DIR", data().toString())
                .start();
    }

    private Path data() {
        return folder.resolve("data");
    }

    private static void damage(Path directory) throws IOException {
        for (Path file : walk(directory).filter(Files::isRegularFile).toList()) {
            Files.writeString(file, "\0 damaged\n");
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        for (Path file : walk(from).toList()) {
            Files.copy(file, to.resolve(from.relativize(file).toString()));
        }
    }

    private static void delete(Path directory) throws IOException {
        List<Path> files = walk(directory).toList();
        for (int i = files.size() - 1; i >= 0; i--) {
            Files.delete(files.get(i));
        }
    }

    private static Stream<Path> walk(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.toList().stream();
        }
    }
}
