package io.relaypod.server.queue.broker;

import java.util.Map;

import io.micrometer.core.instrument.MeterRegistry;
import org.apache.activemq.artemis.core.server.metrics.ActiveMQMetricsPlugin;

/** Has Artemis put its gauges, each with the name of its queue, into our registry. Thread-safe. */
final class ArtemisMeters implements ActiveMQMetricsPlugin {

    private static final long serialVersionUID = 1L;

    // Artemis asks for a plugin that could be serialized, and never serializes it.
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
