package io.relaypod.server.monitoring;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Base64;
import java.util.Map;
import javax.inject.Inject;

import com.google.common.hash.Hashing;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.relaypod.graph.GraphCopies;
import io.relaypod.server.activity.MailActivity;
import io.relaypod.server.graph.GraphService;
import io.relaypod.server.health.GatewayAnswers;
import io.relaypod.server.health.GatewayProbe;
import io.relaypod.server.health.Readiness;
import io.relaypod.server.metrics.BuildInfo;
import io.relaypod.server.metrics.QueueMeters;
import io.relaypod.server.settings.Settings;

/**
 * The status page: state, figures and charts for people. Anybody who reaches METRICS_ADDR can read the page, so it
 * shows no local part of an address. The page loads nothing from other servers. Its Content-Security-Policy allows only
 * its own style and script, by hash. Thread-safe.
 */
public final class StatusPage implements Page {

    private static final String STYLE = resource("status.css");
    private static final String SCRIPT = resource("status.js");
    private static final String FRAME =
            resource("status.html").replace("{{style}}", STYLE).replace("{{script}}", SCRIPT);
    private static final Map<String, String> HEADERS = Map.of(
            "Content-Security-Policy",
                    "default-src 'none'; style-src '" + hash(STYLE) + "'; script-src '" + hash(SCRIPT)
                            + "'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            "Referrer-Policy", "no-referrer",
            "X-Frame-Options", "DENY");

    private final Readiness readiness;
    private final StatusSampler watch;
    private final QueueMeters queues;
    private final GatewayProbe gateway;
    private final GatewayAnswers answers;
    private final RecentRefusals refusals;
    private final MailActivity activity;
    private final GraphService graph;
    private final MeterRegistry meters;
    private final String upstream;
    private final BuildInfo build;
    private final Clock clock;

    @Inject
    public StatusPage(
            Readiness readiness,
            StatusSampler watch,
            QueueMeters queues,
            GatewayProbe gateway,
            GatewayAnswers answers,
            RecentRefusals refusals,
            MailActivity activity,
            GraphService graph,
            MeterRegistry meters,
            Settings settings,
            BuildInfo build,
            Clock clock) {
        this.readiness = readiness;
        this.watch = watch;
        this.queues = queues;
        this.gateway = gateway;
        this.answers = answers;
        this.refusals = refusals;
        this.activity = activity;
        this.graph = graph;
        this.meters = meters;
        this.upstream = settings.upstreamHost() + ":" + settings.upstreamPort();
        this.build = build;
        this.clock = clock;
    }

    @Override
    public PageResponse get(HttpHeaders request) {
        RelayStatus status = new RelayStatus(
                clock.instant(),
                build,
                readiness.report(),
                watch.history().samples(),
                queues.snapshot(),
                connections(),
                upstream,
                gateway.state(),
                answers.lastDelivered(),
                answers.lastFailure(),
                graph.copies().map(GraphCopies::summary),
                refusals.latest(),
                activity.masked(ActivityTables.MAX_ROWS));
        StatusView view = new StatusView(status);
        String page = FRAME.replace("{{title}}", view.title()).replace("{{main}}", view.main());
        return new PageResponse(
                HttpResponseStatus.OK, "text/html; charset=utf-8", page.getBytes(StandardCharsets.UTF_8), HEADERS);
    }

    private long connections() {
        return (long) meters.find("relaypod.smtp.connections").gauges().stream()
                .mapToDouble(gauge -> gauge.value())
                .sum();
    }

    private static String hash(String text) {
        return "sha256-"
                + Base64.getEncoder()
                        .encodeToString(Hashing.sha256()
                                .hashString(text, StandardCharsets.UTF_8)
                                .asBytes());
    }

    private static String resource(String name) {
        try (InputStream file = StatusPage.class.getResourceAsStream(name)) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(name + " cannot be read", unreadable);
        }
    }
}
