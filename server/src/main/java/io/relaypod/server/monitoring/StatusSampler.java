package io.relaypod.server.monitoring;

import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.inject.Inject;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.relaypod.server.health.GatewayProbe;
import io.relaypod.server.health.Readiness;
import io.relaypod.server.health.SmtpGreeting;
import io.relaypod.server.metrics.QueueMeters;
import io.relaypod.server.metrics.QueueMeters.QueueState;
import org.apache.james.util.concurrent.NamedThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Polls the queues, the gateway, SMTP and the health checks every ten seconds, each on a thread of its own, and keeps
 * samples of an hour. A broker or a gateway that hangs delays no other poll. Thread-safe.
 */
public final class StatusSampler implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(StatusSampler.class);

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
                .description("Whether the gateway greeted us when it was last looked for")
                .register(meters);
        Gauge.builder(
                        "relaypod.smtp.greets",
                        smtp,
                        greeting -> greeting.problem().isEmpty() ? 1 : 0)
                .description("Whether SMTP greeted a client of our own when it was last looked at")
                .register(meters);
        Gauge.builder("relaypod.ready", this, sampler -> sampler.isReady ? 1 : 0)
                .description("Whether the relay could accept mail at the last poll of its health checks")
                .register(meters);
    }

    public void start() {
        repeat(this::sample);
        repeat(gateway::poll);
        repeat(smtp::poll);
        // Without a probe of Kubernetes too, a relay that started without DNS finds it.
        repeat(() -> isReady = readiness.report().isReady());
    }

    private void repeat(Runnable look) {
        threads.scheduleWithFixedDelay(
                () -> {
                    try {
                        look.run();
                    } catch (RuntimeException broken) {
                        // An exception would end the polling.
                        LOGGER.error("event=watch-failed", broken);
                    }
                },
                0,
                EVERY.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    // The sample has the queue sizes of this poll. If the broker does not answer in time, it has those of the poll
    // before.
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
