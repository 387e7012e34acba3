package io.relaypod.server.webadmin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.net.InetAddress;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.relaypod.events.MailEvent.MailFailed;
import io.relaypod.events.MailEvent.MailReceived;
import io.relaypod.events.SubmittingClient;
import io.relaypod.graph.CopyChange;
import io.relaypod.graph.CopyState;
import io.relaypod.graph.GraphCode;
import io.relaypod.graph.GraphCopies;
import io.relaypod.graph.GraphCopies.GraphSummary;
import io.relaypod.graph.GraphCopies.WaitingCopy;
import io.relaypod.graph.GraphCopy;
import io.relaypod.graph.GraphError;
import io.relaypod.graph.GraphErrors;
import io.relaypod.graph.GraphIncident;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.activity.MailActivity;
import io.relaypod.server.graph.GraphService;
import io.relaypod.server.health.GatewayAnswers;
import io.relaypod.server.health.GatewayProbe;
import io.relaypod.server.health.Readiness;
import io.relaypod.server.metrics.BuildInfo;
import io.relaypod.server.metrics.QueueMeters;
import io.relaypod.server.metrics.QueueMeters.QueueSnapshot;
import io.relaypod.server.metrics.QueueMeters.QueueState;
import io.relaypod.server.queue.PerSenderBacklog;
import io.relaypod.server.queue.RetryResult;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.trace.Trace;
import org.apache.james.core.healthcheck.ComponentName;
import org.apache.james.core.healthcheck.HealthCheck;
import org.apache.james.core.healthcheck.Result;
import org.apache.james.mailrepository.api.MailRepositoryStore;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.webadmin.utils.JsonTransformer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** What an operator asks a relay with mail behind it, over HTTP; queues and copies at Graph stand in. */
class OperatorRoutesTest {

    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
    private static final Clock CLOCK = Clock.fixed(NOON, ZoneOffset.UTC);
    private static final String QUEUE_ID = "Mail1767268800000-" + "0".repeat(8);
    private static final GraphError DENIED =
            new GraphError(GraphCode.ACCESS_DENIED, "ErrorAccessDenied", "Access is denied.");

    private static final OperatorQueues QUEUES = mock(OperatorQueues.class);
    private static final GraphService GRAPH = mock(GraphService.class);
    private static final GraphCopies COPIES = mock(GraphCopies.class);
    private static final QueueMeters METERS = mock(QueueMeters.class);

    private static Trace trace;
    private static RunningWebAdmin webadmin;

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        trace = new Trace(Files.createDirectory(directory.resolve("trace")), 1 << 24, Duration.ofDays(7), CLOCK);
        GatewayAnswers answers = new GatewayAnswers(CLOCK);
        MailActivity activity = new MailActivity(CLOCK);
        MailReceived received = new MailReceived(
                new SubmittingClient("s1", InetAddress.getLoopbackAddress()),
                QUEUE_ID,
                "<m1@office.example>",
                "Lunch <b>",
                "office@office.example",
                "office@office.example",
                List.of("guest@example.com"),
                512);
        MailFailed failed = new MailFailed(
                QUEUE_ID, "office@office.example", List.of("guest@example.com"), "550 no guest@example.com here");
        trace.onEvent(received);
        trace.onEvent(failed);
        activity.onEvent(received);
        answers.onEvent(failed);
        // With METRICS_ADDR=off webadmin is the one who polls.
        Settings settings = Settings.from(Map.of(
                "DATA_DIR",
                directory.toString(),
                "JAMES_CONF",
                "../james-conf",
                "METRICS_ADDR",
                "off",
                "DNS_SERVERS",
                "[::1]:5353"));
        JsonTransformer json = new JsonTransformer();
        webadmin = RunningWebAdmin.start(
                settings,
                QUEUES,
                mock(MailRepositoryStore.class),
                new SimpleMeterRegistry(),
                List.of(
                        new RelayRoutes(settings, Optional.of(trace), CLOCK, json, MemoryBudget.ofThisProcess()),
                        new GraphRoutes(GRAPH, new GraphErrors(), CLOCK, json),
                        new ActivityRoutes(activity, json),
                        new RetryRoutes(QUEUES, json),
                        new StatusRoutes(
                                new Readiness(Set.of(check(Result.unhealthy(new ComponentName("DNS"), "no answer")))),
                                METERS,
                                new GatewayProbe("gateway.invalid", 25),
                                answers,
                                settings,
                                BuildInfo.read(),
                                json)));
    }

    @AfterAll
    static void stop() {
        webadmin.close();
        trace.close();
    }

    @BeforeEach
    void followGraph() throws Exception {
        when(GRAPH.copies()).thenReturn(Optional.of(COPIES));
        when(GRAPH.sendAgain(any())).thenReturn(Optional.of("there is no such file"));
        when(QUEUES.retry(any(), any())).thenReturn(Optional.empty());
    }

    private static HealthCheck check(Result result) {
        return new HealthCheck() {
            @Override
            public ComponentName componentName() {
                return result.getComponentName();
            }

            @Override
            public Publisher<Result> check() {
                return Mono.just(result);
            }
        };
    }

    @Test
    void aMailIsFoundInTheTraceAndShownOnThePageWithoutMarkupOfItsOwn() throws Exception {
        HttpResponse<String> found =
                webadmin.get("/relay/trace?address=@example.com&since=1h&until=2026-01-01T12:00:01Z");
        String page = webadmin.get("/relay/search?q=guest@example.com&since=2h").body();

        assertThat(found.body()).contains(QUEUE_ID, "\"event\":\"failed\"");
        assertThat(found.headers().firstValue("Relaypod-Limit")).contains("50");
        assertThat(page)
                .contains("1 mail, the newest first", QUEUE_ID, "Lunch &lt;b&gt;", "550 no guest@example.com here")
                .doesNotContain("Lunch <b>");
        assertThat(webadmin.get("/relay/search?q=" + QUEUE_ID).body()).contains("1 mail, ");
        assertThat(webadmin.get("/relay/search?q=%3Cm1@office.example%3E").body())
                .contains("1 mail, ");
        assertThat(webadmin.get("/relay/search?since=1h").body()).contains("1 mail, ");
        assertThat(webadmin.get("/relay/search?q=nowhere.example").body()).contains("No matching message.");
    }

    @ParameterizedTest
    @CsvSource({
        "/relay/search?since=lunchtime, 400, is no time; expected one such as",
        "/relay/trace?since=lunchtime, 400, lunchtime",
        "/relay/trace?limit=many, 400, limit is 'many'",
        "/relay/top?limit=0, 400, expected a number from 1 to 200",
        "/relay/top?limit=many, 400, expected a number from 1 to 200",
        "/relay/graph?limit=0, 400, expected a number from 1 to 10000",
        "/relay/graph?limit=many, 400, expected a number from 1 to 10000",
    })
    void aWrongValueIsAnsweredWithWhatIsExpected(String path, int status, String reason) throws Exception {
        HttpResponse<String> response = webadmin.get(path);

        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.body()).contains(reason);
    }

    @Test
    void theMostFrequentSendersAreCounted() throws Exception {
        assertThat(webadmin.get("/relay/top?limit=1").body()).contains("office@office.example", "\"hour\":1");
        assertThat(webadmin.get("/relay/top").statusCode()).isEqualTo(200);
    }

    @Test
    void copiesThatGraphHasNotAcceptedAreListedWithCauseAndCure() throws Exception {
        GraphCopy copy = new GraphCopy(
                "a.eml",
                Optional.of(QUEUE_ID),
                Optional.of("relay"),
                List.of("guest@example.com"),
                "office@office.example");
        when(COPIES.summary())
                .thenReturn(new GraphSummary(
                        Optional.empty(),
                        Map.of(CopyState.STUCK, 1),
                        Optional.of(NOON.minusSeconds(60)),
                        Optional.empty(),
                        1,
                        Optional.of(new GraphIncident(GraphIncident.GraphCondition.MAILBOX_DENIED, DENIED, NOON, 1))));
        when(COPIES.waiting(anyInt()))
                .thenReturn(List.of(new WaitingCopy(
                        new CopyChange(copy, CopyState.STUCK, NOON, Optional.of(DENIED)), NOON.minusSeconds(60), 2)));

        assertThat(webadmin.get("/relay/graph?limit=10").body())
                .contains("\"following\":true", "\"stuck\":1", "\"kind\":\"mailbox_denied\"", "\"file\":\"a.eml\"")
                .contains("\"ageSeconds\":60", "\"attempts\":2", "\"error\":\"ErrorAccessDenied\"", "\"cure\":\"");
    }

    @Test
    void withoutFollowingTheListSaysWhichVariableIsMissing() throws Exception {
        when(GRAPH.copies()).thenReturn(Optional.empty());

        HttpResponse<String> response = webadmin.get("/relay/graph");

        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(response.body()).contains("SMTP2GRAPH_DATA is not set");
    }

    @Test
    void aCopyIsSentAgainOrTheReasonIsAnswered() throws Exception {
        when(GRAPH.sendAgain("a.eml")).thenReturn(Optional.empty());

        assertThat(webadmin.patch("/relay/graph/a.eml").statusCode()).isEqualTo(204);
        HttpResponse<String> refused = webadmin.patch("/relay/graph/b.eml");

        assertThat(refused.statusCode()).isEqualTo(404);
        assertThat(refused.body()).contains("there is no such file");
    }

    @Test
    void aMailThatWaitsIsTriedNowAndOneThatDoesNotIsAnsweredWithWhere() throws Exception {
        when(QUEUES.retry(eq(MailQueueName.of("outgoing")), any())).thenReturn(Optional.of(new RetryResult(0, 0)));
        when(QUEUES.retry(MailQueueName.of("outgoing"), QUEUE_ID)).thenReturn(Optional.of(new RetryResult(2, 1)));

        assertThat(webadmin.patch("/mailQueues/outgoing/mails/" + QUEUE_ID).body())
                .contains("\"ready\":2", "\"rateLimited\":1");
        HttpResponse<String> unknown = webadmin.patch("/mailQueues/outgoing/mails/Mail2");
        HttpResponse<String> noQueue = webadmin.patch("/mailQueues/none/mails/" + QUEUE_ID);

        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(unknown.body()).contains("no mail Mail2 waits in queue outgoing", "its trace tells");
        assertThat(noQueue.statusCode()).isEqualTo(404);
        assertThat(noQueue.body()).contains("none can not be found");
    }

    @Test
    void theStatusHasChecksQueuesRepositoriesAndTheGatewaysLastAnswer() throws Exception {
        when(METERS.snapshot())
                .thenReturn(new QueueSnapshot(
                        Map.of(
                                "outgoing",
                                new QueueState(
                                        3,
                                        Optional.of(Duration.ofSeconds(90)),
                                        Optional.of(new PerSenderBacklog(2, Duration.ofSeconds(9))))),
                        Map.of("var/mail/failed", 4L)));

        assertThat(webadmin.get("/relay/status").body())
                .contains(
                        "\"ready\":false",
                        "\"component\":\"DNS\"",
                        "\"status\":\"unhealthy\"",
                        "\"cause\":\"no answer\"")
                .contains("\"size\":3", "\"oldestSeconds\":90", "\"rateLimited\":2", "\"var/mail/failed\":4")
                .contains("[::1]:5353", "\"up\":false", "\"unavailableSince\":\"")
                .contains("550 no ***@example.com here")
                .doesNotContain("guest@");
    }
}
