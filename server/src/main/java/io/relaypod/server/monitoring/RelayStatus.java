package io.relaypod.server.monitoring;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

import io.relaypod.graph.GraphCopies.GraphSummary;
import io.relaypod.server.activity.MailActivity;
import io.relaypod.server.health.GatewayAnswers.GatewayFailure;
import io.relaypod.server.health.GatewayProbe;
import io.relaypod.server.health.Readiness;
import io.relaypod.server.metrics.BuildInfo;
import io.relaypod.server.metrics.QueueMeters;

/**
 * The content of the status page at one moment.
 *
 * @param samples of the last hour, the oldest first
 * @param found the result of the last poll of the queues
 * @param connections open SMTP connections
 * @param upstream host and port of the gateway
 * @param graph copies behind Mailpit; empty if they are not followed
 * @param refusals the latest first
 * @param activity without local parts
 */
record RelayStatus(
        Instant now,
        BuildInfo build,
        Readiness.ReadinessReport readiness,
        List<StatusSample> samples,
        QueueMeters.QueueSnapshot found,
        long connections,
        String upstream,
        GatewayProbe.GatewayState gateway,
        Optional<Instant> lastDelivered,
        Optional<GatewayFailure> lastFailure,
        Optional<GraphSummary> graph,
        List<RecentRefusals.RecentRefusal> refusals,
        MailActivity.ActivityReport activity) {

    RelayStatus {
        samples = List.copyOf(samples);
        refusals = List.copyOf(refusals);
    }
}
