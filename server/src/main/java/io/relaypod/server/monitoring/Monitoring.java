package io.relaypod.server.monitoring;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;
import javax.inject.Inject;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.health.Readiness;
import io.relaypod.server.health.SmtpGreeting;
import io.relaypod.server.metrics.BuildInfo;
import io.relaypod.server.metrics.CertificateMeters;
import io.relaypod.server.metrics.InfoMeters;
import io.relaypod.server.metrics.RelayMeters;
import io.relaypod.server.monitoring.Page.PageResponse;
import io.relaypod.server.settings.Settings;

/** Runs the server at METRICS_ADDR and the polls that its pages need. For one thread. */
public final class Monitoring implements AutoCloseable {

    private final Settings settings;
    private final PrometheusMeterRegistry meters;
    private final Readiness readiness;
    private final StatusSampler watch;
    private final StatusPage status;
    private final BuildInfo build;
    private final CertificateMeters certificates;
    private final SmtpGreeting greeting;
    private final MemoryBudget budget;
    private Optional<RunningServers> running = Optional.empty();

    private record RunningServers(RelayMeters relay, MonitoringServer server) {}

    @Inject
    public Monitoring(
            Settings settings,
            PrometheusMeterRegistry meters,
            Readiness readiness,
            StatusSampler watch,
            StatusPage status,
            BuildInfo build,
            CertificateMeters certificates,
            SmtpGreeting greeting,
            MemoryBudget budget) {
        this.budget = budget;
        this.settings = settings;
        this.meters = meters;
        this.readiness = readiness;
        this.watch = watch;
        this.status = status;
        this.build = build;
        this.certificates = certificates;
        this.greeting = greeting;
    }

    /** @throws IOException if the address is in use; the message names METRICS_ADDR */
    public void start() throws IOException {
        if (settings.metrics().isEmpty()) {
            // Notifications need the results of the polls.
            settings.notifications().ifPresent(notify -> watch.start());
            return;
        }
        MonitoringServer server = MonitoringServer.start(
                settings.metrics().get(),
                Map.of(
                        "/",
                        status,
                        "/metrics",
                        new MetricsPage(meters),
                        LivenessHandler.PATH,
                        request -> greeting.isAlive()
                                ? PageResponse.text(HttpResponseStatus.OK, "live\n")
                                : PageResponse.text(
                                        HttpResponseStatus.SERVICE_UNAVAILABLE,
                                        "not live: " + greeting.problem().orElse("SMTP was not polled for a minute")
                                                + "\n"),
                        "/readyz",
                        new ReadyPage(readiness)),
                budget);
        Gauge.builder("relaypod.monitoring.connections", server, MonitoringServer::connections)
                .description("Open connections to METRICS_ADDR")
                .register(meters);
        running = Optional.of(new RunningServers(new RelayMeters(meters, settings.dataDir()), server));
        InfoMeters.register(meters, build, settings);
        certificates.register(meters);
        watch.start();
    }

    /** The address that the server listens at; empty before the start. */
    public Optional<InetSocketAddress> address() {
        return running.map(RunningServers::server).map(MonitoringServer::address);
    }

    @Override
    public void close() {
        watch.close();
        running.ifPresent(parts -> {
            parts.server().close();
            parts.relay().close();
        });
    }
}
