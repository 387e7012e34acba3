package io.relaypod.server.monitoring;

import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import javax.inject.Inject;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.relaypod.server.health.GatewayProbe;
import io.relaypod.server.health.Readiness;
import io.relaypod.server.health.SmtpGreeting;
import io.relaypod.server.metrics.QueueMeters;
import io.relaypod.server.metrics.QueueMeters.QueueState;
import io.relaypod.threads.Background;
import org.apache.james.util.concurrent.NamedThreadFactory;

/**
 * Polls the queues, the gateway, SMTP and the health checks every ten seconds, each on a thread of its own, and keeps
 * samples of an hour. A broker or a gateway that hangs delays no other poll. Thread-safe.
 */
public final class StatusSampler implements AutoCloseable {

    static final Duration EVERY = Duration.ofSeconds(10);

    private final MeterRegistry meters;
    private final QueueMeters queues;
    private final GatewayProbe gateway;
    private final SmtpGreeting smtp;
    private final Readiness readiness;
    private final Clock clock;
    private volatile boolean isReady;
    private final History history = new History();
    private final ScheduledExecutorService threads =
            Executors.newScheduledThreadPool(4, NamedThreadFactory.withName("watch"));

    @Inject
    public StatusSampler(
            MeterRegistry meters,
            QueueMeters queues,
            GatewayProbe gateway,
            SmtpGreeting smtp,
            Readiness readiness,
            Clock clock) {
        this.meters = meters;
        this.queues = queues;
        this.gateway = gateway;
        this.smtp = smtp;
        this.readiness = readiness;
        this.clock = clock;
        Gauge.builder("relaypod.gateway.up", gateway, probe -> probe.state().isUp() ? 1 : 0)
                .description("1 if the gateway greeted at the last poll, else 0")
                .register(meters);
        Gauge.builder(
                        "relaypod.smtp.greets",
                        smtp,
                        greeting -> greeting.problem().isEmpty() ? 1 : 0)
                .description("1 if every SMTP port greeted the relay's own client at the last poll, else 0")
                .register(meters);
        Gauge.builder("relaypod.ready", this, sampler -> sampler.isReady ? 1 : 0)
                .description("1 if the relay could accept mail at the last poll of its health checks, else 0")
                .register(meters);
    }

    public void start() {
        repeat(this::sample);
        repeat(gateway::poll);
        repeat(smtp::poll);
        // A relay that started without DNS runs its DNS check again, even if no readiness probe asks for it.
        repeat(() -> isReady = readiness.report().isReady());
    }

    private void repeat(Runnable poll) {
        Background.repeat(threads, Duration.ZERO, EVERY, poll);
    }

    // If the broker does not answer in time, the sample has the queue sizes of the previous poll.
    private void sample() {
        queues.poll();
        history.add(StatusSample.of(
                meters,
                queues.snapshot().queues().values().stream()
                        .mapToLong(QueueState::size)
                        .sum(),
                clock.instant()));
    }

    History history() {
        return history;
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
