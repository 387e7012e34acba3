package io.relaypod.server.monitoring;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

import io.relaypod.server.health.GatewayAnswers.Trouble;
import io.relaypod.server.health.GatewayProbe;
import io.relaypod.server.health.Readiness;
import io.relaypod.server.metrics.BuildInfo;
import io.relaypod.server.metrics.QueueMeters;

/**
 * All that the status page shows, at one moment.
 *
 * @param samples of the last hour, the oldest first
 * @param connections of SMTP, open now
 * @param upstream host and port of the gateway
 * @param refusals the latest first
 */
record Status(
        Instant now,
        BuildInfo build,
        Readiness.Report readiness,
        List<Sample> samples,
        QueueMeters.QueueSnapshot found,
        long connections,
        String upstream,
        GatewayProbe.State gateway,
        Optional<Instant> lastDelivered,
        Optional<Trouble> lastTrouble,
        List<RecentRefusals.Refusal> refusals) {

    Status {
        samples = List.copyOf(samples);
        refusals = List.copyOf(refusals);
    }
}
