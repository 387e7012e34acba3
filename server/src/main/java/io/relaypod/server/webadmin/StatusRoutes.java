package io.relaypod.server.webadmin;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.inject.Inject;

import com.google.common.net.InetAddresses;
import io.relaypod.server.health.GatewayAnswers;
import io.relaypod.server.health.GatewayProbe;
import io.relaypod.server.health.Readiness;
import io.relaypod.server.health.Readiness.ReadinessReport;
import io.relaypod.server.metrics.BuildInfo;
import io.relaypod.server.metrics.QueueMeters;
import io.relaypod.server.queue.PerSenderBacklog;
import io.relaypod.server.settings.Settings;
import org.apache.james.core.healthcheck.Result;
import org.apache.james.webadmin.Routes;
import org.apache.james.webadmin.utils.JsonTransformer;
import spark.Service;

/** {@code GET /relay/status}: health checks, queues, repositories and gateway at this moment. Thread-safe. */
public final class StatusRoutes implements Routes {

    private final Readiness readiness;
    private final QueueMeters queues;
    private final GatewayProbe gateway;
    private final GatewayAnswers answers;
    private final Settings settings;
    private final BuildInfo build;
    private final JsonTransformer json;

    @Inject
    public StatusRoutes(
            Readiness readiness,
            QueueMeters queues,
            GatewayProbe gateway,
            GatewayAnswers answers,
            Settings settings,
            BuildInfo build,
            JsonTransformer json) {
        this.readiness = readiness;
        this.queues = queues;
        this.gateway = gateway;
        this.answers = answers;
        this.settings = settings;
        this.build = build;
        this.json = json;
    }

    /**
     * The relay at this moment. Times are whole seconds.
     *
     * @param queues by name
     * @param repositories numbers of mails by path
     */
    record StatusDto(
            String version,
            boolean ready,
            List<CheckDto> checks,
            Map<String, QueueDto> queues,
            Map<String, Long> repositories,
            List<String> dnsServers,
            GatewayDto gateway) {}

    /** @param cause empty while the check is healthy */
    record CheckDto(String component, String status, String cause) {}

    /**
     * @param oldestSeconds age of the oldest mail that is ready or waits for a retry
     * @param rateLimited mails that wait for their mailbox's rate
     */
    record QueueDto(long size, Optional<Long> oldestSeconds, Optional<Long> rateLimited) {}

    /**
     * @param words the result of the last poll
     * @param unavailableSince empty while it greets
     * @param lastFailure the last reply that was no success, without local parts
     */
    record GatewayDto(
            String address,
            boolean up,
            String words,
            Optional<Instant> unavailableSince,
            Optional<Instant> lastDelivered,
            Optional<Instant> lastFailed,
            Optional<String> lastFailure) {}

    @Override
    public String getBasePath() {
        return RelayRoutes.BASE_PATH;
    }

    @Override
    public void define(Service service) {
        service.get(RelayRoutes.BASE_PATH + "/status", (request, response) -> status(), json);
    }

    private StatusDto status() {
        ReadinessReport report = readiness.report();
        // With METRICS_ADDR=off nobody else polls.
        queues.poll();
        Map<String, QueueDto> found = new TreeMap<>();
        queues.snapshot()
                .queues()
                .forEach((name, state) -> found.put(
                        name,
                        new QueueDto(
                                state.size(),
                                state.oldest().map(Duration::toSeconds),
                                state.perSenderBacklog().map(PerSenderBacklog::mails))));
        return new StatusDto(
                build.relaypod(),
                report.isReady(),
                report.results().stream().map(StatusRoutes::check).toList(),
                found,
                new TreeMap<>(queues.snapshot().repositories()),
                settings.dns().servers().stream()
                        .map(server -> InetAddresses.toUriString(server.getAddress()) + ":" + server.getPort())
                        .toList(),
                gateway());
    }

    private static CheckDto check(Result result) {
        return new CheckDto(
                result.getComponentName().getName(),
                result.getStatus().getValue().toLowerCase(Locale.ROOT),
                result.getCause().orElse(""));
    }

    private GatewayDto gateway() {
        if (settings.metrics().isEmpty()) {
            gateway.poll();
        }
        return new GatewayDto(
                settings.upstreamHost() + ":" + settings.upstreamPort(),
                gateway.state().isUp(),
                gateway.state().words(),
                gateway.unavailableSince(),
                answers.lastDelivered().map(StatusRoutes::seconds),
                answers.lastFailure().map(failure -> seconds(failure.at())),
                answers.lastFailure().map(GatewayAnswers.GatewayFailure::words));
    }

    private static Instant seconds(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS);
    }
}
