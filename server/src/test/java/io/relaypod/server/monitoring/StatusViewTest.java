package io.relaypod.server.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import io.relaypod.graph.GraphCopies.GraphSummary;
import io.relaypod.server.activity.FrequentName;
import io.relaypod.server.activity.MailActivity.ActivityReport;
import io.relaypod.server.health.GatewayAnswers.GatewayFailure;
import io.relaypod.server.health.GatewayProbe;
import io.relaypod.server.health.Readiness;
import io.relaypod.server.metrics.BuildInfo;
import io.relaypod.server.metrics.QueueMeters;
import io.relaypod.server.metrics.QueueMeters.QueueState;
import io.relaypod.server.monitoring.RecentRefusals.RecentRefusal;
import io.relaypod.server.monitoring.StatusSample.MailCounts;
import io.relaypod.server.queue.PerSenderBacklog;
import org.apache.james.core.healthcheck.ComponentName;
import org.apache.james.core.healthcheck.Result;
import org.junit.jupiter.api.Test;

class StatusViewTest {

    private static final ActivityReport QUIET =
            new ActivityReport(Instant.EPOCH, List.of(), List.of(), List.of(), List.of());

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:30Z");
    private static final String HOSTILE =
            "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&\u202Egnp.exe\u0000";

    private final Result healthy = Result.healthy(new ComponentName("DNS"));

    @Test
    void textFromOutsideIsEscaped() {
        String page = new StatusView(new RelayStatus(
                        NOW,
                        new BuildInfo(HOSTILE, HOSTILE, HOSTILE, HOSTILE),
                        new Readiness.ReadinessReport(List.of(Result.unhealthy(new ComponentName(HOSTILE), HOSTILE))),
                        List.of(),
                        new QueueMeters.QueueSnapshot(
                                Map.of(HOSTILE, new QueueState(1, Optional.empty(), Optional.empty())),
                                Map.of(HOSTILE, 2L)),
                        1,
                        HOSTILE,
                        new GatewayProbe.GatewayState(false, HOSTILE),
                        Optional.empty(),
                        Optional.of(new GatewayFailure(NOW, HOSTILE)),
                        Optional.of(new GraphSummary(
                                Optional.of(HOSTILE),
                                Map.of(),
                                Optional.empty(),
                                Optional.empty(),
                                0,
                                Optional.empty())),
                        List.of(new RecentRefusal(NOW, "to", HOSTILE, 550, HOSTILE, 1)),
                        new ActivityReport(NOW, hostile(), hostile(), hostile(), hostile())))
                .main();

        assertThat(page)
                .doesNotContain("<script", "<img", "onerror=alert(2)>", "\u202E", "\u0000")
                .contains(
                        "&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(2)&gt;&amp;\uFFFDgnp.exe\uFFFD");
    }

    @Test
    void theFiguresAreTheIncreaseFromTheFirstToTheLastSample() {
        String page = view(
                        List.of(sample(NOW.minusSeconds(3_500), 100, 90), sample(NOW.minusSeconds(20), 1_334, 1_100)),
                        Map.of())
                .main();

        assertThat(page)
                .contains(
                        "<dt>Messages accepted</dt><dd class=\"value\">1,234</dd><dd class=\"note\">1,334 since the start</dd>")
                .contains("<dt>Messages delivered</dt><dd class=\"value\">1,010</dd>");
    }

    @Test
    void theAgeOfTheOldestMessageOfAllQueuesIsShown() {
        String page = view(
                        List.of(sample(NOW, 1, 1)),
                        Map.of(
                                "spool",
                                new QueueState(1, Optional.of(Duration.ofSeconds(3)), Optional.empty()),
                                "outgoing",
                                new QueueState(7, Optional.of(Duration.ofMinutes(95)), Optional.empty())))
                .main();

        assertThat(page).contains("the oldest for 1 h");
    }

    @Test
    void theNumberOfMessagesThatWaitForTheRateLimitIsShown() {
        StatusSample twelveQueued = new StatusSample(NOW, new MailCounts(12, 0, 0, 0, 0), 0, 0, 0, 0, 0, 0, 0, 12);
        Optional<PerSenderBacklog> backlog = Optional.of(new PerSenderBacklog(12, Duration.ofMinutes(40)));

        assertThat(view(List.of(twelveQueued), Map.of("outgoing", new QueueState(12, Optional.empty(), backlog)))
                        .main())
                .contains("12 for the rate limit")
                .doesNotContain("all in flight");
        assertThat(view(
                                List.of(twelveQueued),
                                Map.of("outgoing", new QueueState(12, Optional.empty(), Optional.empty())))
                        .main())
                .contains("all in flight");
    }

    @Test
    void theTitleShowsWhetherTheRelayIsReady() {
        assertThat(view(List.of(), Map.of()).title()).isEqualTo("relaypod: ready");
    }

    @Test
    void theProgramsBehindMailpitHaveAWarningWhileTheLastAttemptFailed() {
        assertThat(behind(Optional.empty(), Optional.empty())).contains("no message yet");
        assertThat(behind(Optional.of(NOW.minusSeconds(60)), Optional.empty()))
                .contains("accepted a message 1 min ago");
        assertThat(behind(
                        Optional.of(NOW.minusSeconds(60)),
                        Optional.of(new GatewayFailure(NOW.minusSeconds(10), "451 4.3.5 no"))))
                .contains("last attempt failed 10 s ago")
                .contains("451 4.3.5 no");
        assertThat(behind(Optional.of(NOW), Optional.of(new GatewayFailure(NOW.minusSeconds(10), "451 4.3.5 no"))))
                .contains("accepted a message just now")
                .doesNotContain("451 4.3.5 no");
    }

    private String behind(Optional<Instant> delivered, Optional<GatewayFailure> trouble) {
        return new StatusView(new RelayStatus(
                        NOW,
                        new BuildInfo("1", "2", "3", "4"),
                        new Readiness.ReadinessReport(List.of(healthy)),
                        List.of(),
                        new QueueMeters.QueueSnapshot(Map.of(), Map.of()),
                        0,
                        "127.0.0.1:1025",
                        new GatewayProbe.GatewayState(true, "up"),
                        delivered,
                        trouble,
                        Optional.empty(),
                        List.of(),
                        QUIET))
                .main();
    }

    private StatusView view(List<StatusSample> samples, Map<String, QueueState> queues) {
        return new StatusView(new RelayStatus(
                NOW,
                new BuildInfo("1", "2", "3", "4"),
                new Readiness.ReadinessReport(List.of(healthy)),
                samples,
                new QueueMeters.QueueSnapshot(queues, Map.of()),
                0,
                "127.0.0.1:1025",
                new GatewayProbe.GatewayState(true, "up"),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                QUIET));
    }

    private static List<FrequentName> hostile() {
        return List.of(new FrequentName(HOSTILE, 1, 2_345));
    }

    static StatusSample sample(Instant at, long accepted, long delivered) {
        return new StatusSample(at, new MailCounts(accepted, delivered, 0, 0, 0), 0, 0, 0, 0, 0, 0, 0, 0);
    }
}
