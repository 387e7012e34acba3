package io.relaypod.server.metrics;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.relaypod.dns.LookupListener;

/** Times DNS lookups. Thread-safe. */
public final class DnsMeters implements LookupListener {

    private static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(2),
        Duration.ofSeconds(4),
        Duration.ofSeconds(8)
    };

    private final MeterRegistry registry;
    // Every lookup needs its timer. Finding a meter in the registry costs more than finding it here.
    private final ConcurrentMap<LookupLabels, Timer> timers = new ConcurrentHashMap<>();

    public DnsMeters(MeterRegistry registry) {
        this.registry = registry;
        lookups("MX", LookupOutcome.FOUND);
    }

    private record LookupLabels(String type, LookupOutcome outcome) {}

    @Override
    public void lookedUp(String type, LookupOutcome outcome, Duration took) {
        lookups(type, outcome).record(took);
    }

    private Timer lookups(String type, LookupOutcome outcome) {
        return timers.computeIfAbsent(
                new LookupLabels(type, outcome),
                labels -> Timer.builder("relaypod.dns.lookup")
                        .description("Time of a DNS lookup, with all attempts at all servers")
                        .tag("type", labels.type())
                        .tag("outcome", labels.outcome().name().toLowerCase(Locale.ROOT))
                        .serviceLevelObjectives(BUCKETS)
                        .register(registry));
    }
}
