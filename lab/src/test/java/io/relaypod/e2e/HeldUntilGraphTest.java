package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

import io.relaypod.lab.gateway.KillPoint;
import io.relaypod.lab.gateway.Retries;
import io.relaypod.lab.graph.GraphFailure;
import io.relaypod.lab.graph.GraphMail;
import io.relaypod.lab.graph.GraphStandIn;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.apache.james.mailrepository.api.MailKey;
import org.apache.james.mailrepository.api.MailRepository;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every message that the relay accepts reaches Graph, whatever fails behind Mailpit. */
class HeldUntilGraphTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final String APP = "app@organiser.example";

    @TempDir
    private static Path folder;

    private static LabWorld world;
    private static GraphStandIn graph;
    private static int number;

    @BeforeAll
    static void start() throws Exception {
        world = LabWorld.builder()
                .withSmtp2Graph(released -> released.withRetries(Retries.fast()))
                .followingGraph()
                .with("JAMES_CONF", QuickRetries.in(folder).toString())
                .start();
        graph = world.graph();
    }

    @AfterAll
    static void stop() {
        world.close();
    }

    @AfterEach
    void heal() throws Exception {
        graph.acceptAgain();
        restart();
        awaitEmpty();
    }

    @Test
    void aMessageLeavesTheQueueWhenGraphAcceptsIt() throws Exception {
        long before = world.count("relaypod_graph_sent_again_total");

        String subject = send(APP);

        awaitAtGraph(subject, 1);
        assertThat(world.count("relaypod_graph_sent_again_total")).isEqualTo(before);
    }

    @Test
    void aDeniedMailboxDelaysNoOther() throws Exception {
        graph.refuse("denied@organiser.example", GraphFailure.accessDenied());
        List<String> denied = IntStream.range(0, 12)
                .mapToObj(mail -> send("denied@organiser.example"))
                .toList();
        String other = send(APP);

        await().atMost(PATIENCE).until(() -> atGraph(other).size() == 1);
        assertThat(world.queuedMails()).isGreaterThanOrEqualTo(12);
        assertThat(world.smtp2graph().stuck().size()).isLessThanOrEqualTo(8);

        graph.acceptAgain();
        restart();
        for (String subject : denied) {
            awaitAtGraph(subject, 1);
        }
    }

    @Test
    void aMessageTooLargeForGraphIsStoredWithTheReason() throws Exception {
        graph.failNext(1, GraphFailure.tooLarge());
        send(APP);

        awaitEmpty();

        MailRepository failed = world.relay().repository("file://var/mail/failed/");
        assertThat(failed.size()).isEqualTo(1);
        MailKey key = failed.list().next();
        assertThat(failed.retrieve(key).getErrorMessage())
                .contains("too_large: The message exceeds the maximum supported size");
        failed.remove(key);
    }

    @ParameterizedTest
    @CsvSource({"BEFORE_QUEUE, 1", "BEFORE_REQUEST, 1", "BEFORE_UNLINK, 2", "AFTER_UNLINK, 1"})
    void aMessageIsNotLostIfSmtp2graphIsKilled(KillPoint point, int times) throws Exception {
        world.smtp2graph().killAt(point);
        String subject = send(APP);
        await().atMost(PATIENCE).until(world.smtp2graph()::isDead);

        world.smtp2graph().up();

        awaitAtGraph(subject, times);
    }

    @Test
    void aMessageIsSentAgainIfSmtp2graphsVolumeIsEmptied() throws Exception {
        long before = world.count("relaypod_graph_sent_again_total");
        world.smtp2graph().killAt(KillPoint.BEFORE_REQUEST);
        String subject = send(APP);
        await().atMost(PATIENCE).until(world.smtp2graph()::isDead);
        await().atMost(PATIENCE).until(() -> world.count("relaypod_graph_waiting", "state", "queued") == 1);

        world.smtp2graph().emptyData();
        world.smtp2graph().up();

        awaitAtGraph(subject, 1);
        assertThat(world.count("relaypod_graph_sent_again_total")).isEqualTo(before + 1);
    }

    @Test
    void aLostAnswerOfGraphCausesASecondDelivery() throws Exception {
        graph.loseNextAnswers(1);

        String subject = send(APP);

        awaitAtGraph(subject, 2);
    }

    private static void restart() throws Exception {
        world.smtp2graph().kill();
        world.smtp2graph().up();
    }

    private static String send(String from) {
        String subject = "mail " + number++;
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<" + from + ">");
            smtp.send("RCPT TO:<guest@example.com>");
            String mail = "From: " + from + "\r\nTo: guest@example.com\r\nSubject: " + subject + "\r\n\r\nx\r\n";
            assertThat(smtp.data(mail.getBytes(StandardCharsets.US_ASCII)).code())
                    .isEqualTo(250);
            return subject;
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    private static List<String> atGraph(String subject) {
        return graph.mails().stream()
                .map(GraphMail::subject)
                .filter(subject::equals)
                .toList();
    }

    private static void awaitAtGraph(String subject, int times) {
        await().atMost(PATIENCE).until(() -> atGraph(subject).size() == times);
        awaitEmpty();
        assertThat(atGraph(subject)).hasSize(times);
    }

    private static void awaitEmpty() {
        await().atMost(PATIENCE).until(() -> world.queuedMails() == 0);
    }
}
