package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.relaypod.lab.gateway.KillPoint;
import io.relaypod.lab.gateway.Retries;
import io.relaypod.lab.gateway.Smtp2GraphStandIn;
import io.relaypod.lab.graph.GraphFailure;
import io.relaypod.lab.graph.GraphMail;
import io.relaypod.lab.graph.GraphStandIn;
import io.relaypod.lab.graph.LoginFailure;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The runbooks about Graph. Each test causes the failure at Graph or smtp2graph, and checks that the alert's metric
 * would fire, that the commands show what the page says, and that the cure delivers all messages.
 */
class GraphRunbooksTest {

    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final String APP = "app@organiser.example";
    private static final String DENIED = "denied@organiser.example";
    private static final String GUEST = "guest@example.com";
    private static final Pattern FILE = Pattern.compile("\\S+\\.eml");
    private static final String NONE_WAITS = "0 messages are not accepted by Graph.";

    @TempDir
    private static Path folder;

    private static LabWorld world;
    private static GraphStandIn graph;
    private static OperatorShell operator;
    private static int number;

    private final LoggedProblems log = new LoggedProblems();

    @BeforeAll
    static void start() throws Exception {
        world = world(Retries.byTestClock()).followingGraph().start();
        graph = world.graph();
        operator = OperatorShell.beside(world);
    }

    private static LabWorld.Builder world(Retries retries) throws Exception {
        return LabWorld.builder()
                .withSmtp2Graph(released -> released.withRetries(retries))
                .with("METRICS_ADDR", "127.0.0.1:0")
                .with(
                        "JAMES_CONF",
                        QuickRetries.in(folder.resolve("conf" + number++)).toString());
    }

    @AfterAll
    static void stop() {
        world.close();
    }

    @AfterEach
    void everyMessageIsSent() throws Exception {
        graph.acceptAgain();
        restartSmtp2Graph();
        await().atMost(PATIENCE).until(() -> world.queuedMails() == 0);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(operator.text("graph")).contains(NONE_WAITS));
        log.close();
    }

    @Test
    @Runbook({"docs/alerts.md#relaypodgraphsecretrefused", "docs/operations.md#rotate-secrets"})
    void afterARotatedSecretAllWaitingMessagesAreSent() throws Exception {
        graph.refuseLogin(LoginFailure.secretExpired());
        restartSmtp2Graph();
        String first = send(APP);
        awaitValue(1, "relaypod_graph_secret_refused");
        String second = send("second@organiser.example");

        assertThat(operator.text("graph"))
                .contains("secret refused since", "AADSTS7000222", "expired", first, "secret_expired");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(operator.text("queue")).contains(second, "waits for Graph"));

        graph.acceptAgain();
        restartSmtp2Graph();

        awaitAccepted(first);
        awaitAccepted(second);
        awaitValue(0, "relaypod_graph_secret_refused");
    }

    @Test
    @Runbook("docs/alerts.md#relaypodgraphnothingaccepted")
    void messagesThatWaitForSmtp2graphOrGraphAreListedAndSentLater() throws Exception {
        double accepted = value("relaypod_graph_accepted_total");
        world.smtp2graph().killAt(KillPoint.BEFORE_REQUEST);
        String stopped = send(APP);
        await().atMost(PATIENCE).until(world.smtp2graph()::isDead);
        await().atMost(PATIENCE).until(() -> value("relaypod_graph_oldest_seconds") > 0);
        assertThat(value("relaypod_graph_waiting")).isEqualTo(1);
        assertThat(value("relaypod_graph_accepted_total")).isEqualTo(accepted);
        assertThat(operator.text("graph")).contains(stopped, "queued").doesNotContain("unreachable");

        world.smtp2graph().up();
        awaitAccepted(stopped);

        graph.refuse(GraphFailure.noAnswer());
        String unreachable = send(APP);
        awaitListed(unreachable, "unreachable: ");

        graph.acceptAgain();
        restartSmtp2Graph();
        awaitAccepted(unreachable);
        awaitValue(accepted + 2, "relaypod_graph_accepted_total");
    }

    @Test
    @Runbook("docs/alerts.md#relaypodgraphmailboxdenied")
    void aDeniedMailboxIsNamedAndItsMessageIsSentOnceItIsGranted() throws Exception {
        graph.refuse(DENIED, GraphFailure.accessDenied());
        String denied = send(DENIED);
        awaitValue(1, "relaypod_graph_mailboxes_denied");
        awaitAccepted(send(APP));
        String listed = awaitListed(denied, "access_denied: ");
        assertThat(listed).contains("<" + DENIED + ">");

        graph.acceptAgain();
        assertThat(operator.text("graph", "retry", file(listed))).contains("is sent again");

        awaitAccepted(denied);
        awaitValue(0, "relaypod_graph_mailboxes_denied");
    }

    @Test
    @Runbook("docs/alerts.md#relaypodgraphstuck")
    void aStuckMessageIsListedWithItsReasonAndSentByARestartOfSmtp2Graph() throws Exception {
        graph.failNext(1, GraphFailure.throttled(Duration.ofSeconds(10)));
        String stuck = send(APP);
        awaitValue(1, "relaypod_graph_waiting", "state=\"stuck\"");
        awaitListed(stuck, "throttled: ");

        graph.acceptAgain();
        restartSmtp2Graph();

        awaitAccepted(stuck);
        awaitValue(0, "relaypod_graph_waiting", "state=\"stuck\"");
    }

    @Test
    @Runbook("docs/alerts.md#relaypodgraphmissing")
    void aMessageThatSmtp2GraphLostIsNamedAndSentAgain() throws Exception {
        double missing = value("relaypod_graph_missing_total");
        world.smtp2graph().killAt(KillPoint.BEFORE_REQUEST);
        String lost = send(APP);
        await().atMost(PATIENCE).until(world.smtp2graph()::isDead);
        awaitValue(1, "relaypod_graph_waiting", "state=\"queued\"");

        world.smtp2graph().emptyData();
        world.smtp2graph().up();

        awaitValue(missing + 1, "relaypod_graph_missing_total");
        awaitAccepted(lost);
        assertThat(log.messages())
                .anyMatch(line -> line.contains("event=graph-missing") && line.contains(lost))
                .anyMatch(line -> line.contains("event=graph-volume-erased"));
        assertThat(operator.text("trace", lost)).containsSubsequence("delivered", "graph-missing", "delivered");
    }

    @Test
    @Runbook("docs/alerts.md#relaypodgraphfailed")
    void aMessageThatFailedInSmtp2graphIsListedAndSentAgain() throws Exception {
        try (LabWorld hurried = world(Retries.fast()).followingGraph().start()) {
            OperatorShell shell = OperatorShell.beside(hurried);
            hurried.graph().refuse(GraphFailure.internalError());
            String failed = ClientMail.send(hurried, APP, GUEST, "given up");
            await().atMost(PATIENCE)
                    .until(() -> Scrape.of(hurried).value("relaypod_graph_waiting", "state=\"failed\"") == 1);
            // smtp2graph does not notice a file that comes back within half a second.
            await().atMost(PATIENCE).until(() -> Scrape.of(hurried).value("relaypod_graph_oldest_seconds") >= 2);
            String listed = shell.text("graph");
            assertThat(listed).contains(failed, "failed", "unreachable: ErrorInternalServerError");

            hurried.graph().acceptAgain();
            assertThat(shell.text("graph", "retry", file(listed))).contains("is sent again");

            await().atMost(PATIENCE).until(() -> hurried.graph().mails().size() == 1);
            await().atMost(PATIENCE)
                    .until(() -> Scrape.of(hurried).value("relaypod_graph_waiting", "state=\"failed\"") == 0);
        }
    }

    @Test
    @Runbook("docs/alerts.md#relaypodgraphnotfollowed")
    void directoriesThatCannotBeReadAreReportedAndFollowedOnceSmtp2GraphRuns() throws Exception {
        Path later = Files.createDirectory(folder.resolve("later"));
        try (LabWorld early =
                world(Retries.fast()).with("SMTP2GRAPH_DATA", later.toString()).start()) {
            await().atMost(PATIENCE)
                    .untilAsserted(() ->
                            assertThat(log.messages()).anyMatch(line -> line.contains("event=graph-not-followed")));
            assertThat(Scrape.of(early).value("relaypod_graph_following")).isZero();
            assertThat(OperatorShell.beside(early).text("graph")).contains("Not followed: ", later.toString());
            assertThat(Scrape.get(early, "/").body()).contains(later.toString());

            try (Smtp2GraphStandIn smtp2graph =
                    Smtp2GraphStandIn.builder(graph.address()).withData(later).start()) {
                await().atMost(PATIENCE).until(() -> Scrape.of(early).value("relaypod_graph_following") == 1);
                assertThat(smtp2graph.isDead()).isFalse();
            }
        }
    }

    private static void restartSmtp2Graph() throws Exception {
        world.smtp2graph().kill();
        world.smtp2graph().up();
    }

    private static String send(String from) throws Exception {
        return ClientMail.send(world, from, GUEST, "mail " + number++);
    }

    private static void awaitAccepted(String queueId) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(operator.text("trace", queueId)).contains("graph-accepted"));
        assertThat(graph.mails().stream().map(GraphMail::subject)).doesNotHaveDuplicates();
    }

    private static String awaitListed(String queueId, String reason) {
        return await().atMost(PATIENCE)
                .until(() -> operator.text("graph"), listed -> listed.contains(queueId) && listed.contains(reason));
    }

    private static String file(String listed) {
        Matcher file = FILE.matcher(listed);
        assertThat(file.find()).as(listed).isTrue();
        return file.group();
    }

    private static double value(String metric, String... labels) throws Exception {
        return Scrape.of(world).value(metric, labels);
    }

    private static void awaitValue(double expected, String metric, String... labels) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(value(metric, labels)).as(metric).isEqualTo(expected));
    }
}
