package io.relaypod.server.queue.broker;

import java.util.Map;

import io.micrometer.core.instrument.MeterRegistry;
import org.apache.activemq.artemis.core.server.metrics.ActiveMQMetricsPlugin;

/** Registers Artemis' gauges, each with the name of its queue, in the relay's registry. Thread-safe. */
final class ArtemisMeters implements ActiveMQMetricsPlugin {

    private static final long serialVersionUID = 1L;

    // Artemis requires a serializable plugin, and never serializes it.
    private final transient MeterRegistry meters;

    ArtemisMeters(MeterRegistry meters) {
        this.meters = meters;
    }

    @Override
    public ActiveMQMetricsPlugin init(Map<String, String> options) {
        return this;
    }

    @Override
    public MeterRegistry getRegistry() {
        return meters;
    }
}
