package io.relaypod.server.metrics;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReference;
import javax.inject.Inject;

import io.micrometer.core.instrument.MeterRegistry;
import org.apache.james.metrics.api.Gauge;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.queue.api.MailQueue;
import org.jspecify.annotations.Nullable;

/**
 * James' gauges in a Micrometer registry. A gauge whose value is no number has the value NaN. The sizes of queues are
 * left out: the broker may answer slowly, and a scrape must not wait for it. {@link QueueMeters} exposes them.
 * Thread-safe.
 */
public final class MicrometerGaugeRegistry implements GaugeRegistry {

    private final MeterRegistry registry;
    // Micrometer has only weak references to the objects that its gauges read.
    private final ConcurrentMap<String, Gauge<?>> gauges = new ConcurrentHashMap<>();

    @Inject
    public MicrometerGaugeRegistry(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    public <T> GaugeRegistry register(String name, Gauge<T> gauge) {
        gauges.put(name, gauge);
        if (!name.startsWith(MailQueue.QUEUE_SIZE_METRIC_NAME_PREFIX)) {
            JamesMeter.MeterDefinition meter = JamesMeter.gauge(name);
            // Read by name, so that a gauge that is registered again replaces the previous one.
            io.micrometer.core.instrument.Gauge.builder(meter.name(), gauges, all -> number(all.get(name)))
                    .tags(meter.tags())
                    .description(meter.description())
                    .register(registry);
        }
        return this;
    }

    private static double number(@Nullable Gauge<?> gauge) {
        return gauge != null && gauge.get() instanceof Number number ? number.doubleValue() : Double.NaN;
    }

    @Override
    public <T> SettableGauge<T> settableGauge(String name) {
        AtomicReference<T> value = new AtomicReference<>();
        register(name, value::get);
        return value::set;
    }
}
