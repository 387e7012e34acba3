package io.relaypod.server.metrics;

import java.util.Map;
import java.util.Optional;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.config.MeterFilterReply;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;

/**
 * Renames the meters of libraries to Prometheus' conventions: no gauge ends in {@code _count}, times are in seconds,
 * and every meter has a help text. Gauges of Artemis about messages that expire, are scheduled or are not durable are
 * dropped, since the relay's queues have none.
 */
public final class MeterNames implements MeterFilter {

    private static final String ARTEMIS = "artemis.";

    private static final Map<String, MeterName> NAMES = Map.ofEntries(
            Map.entry(
                    "artemis.active",
                    new MeterName("artemis.active", "1 while the broker in the process runs, else 0")),
            Map.entry(
                    "artemis.address.memory.usage",
                    new MeterName("artemis.memory.used", "Memory of all queues' messages", "bytes")),
            Map.entry(
                    "artemis.address.size",
                    new MeterName("artemis.address.size", "Memory of a queue's messages", "bytes")),
            Map.entry("artemis.number.of.pages", new MeterName("artemis.pages", "Page files of a queue")),
            Map.entry("artemis.connection.count", new MeterName("artemis.connections", "Connections to the broker")),
            Map.entry("artemis.session.count", new MeterName("artemis.sessions", "Sessions at the broker")),
            Map.entry("artemis.consumer.count", new MeterName("artemis.consumers", "Consumers of a queue")),
            Map.entry(
                    "artemis.message.count",
                    new MeterName("artemis.messages", "Messages of one of the broker's queues")),
            Map.entry(
                    "artemis.delivering.message.count",
                    new MeterName("artemis.messages.delivering", "Messages in flight")),
            Map.entry(
                    "artemis.persistent.size",
                    new MeterName("artemis.messages.size", "Size of a queue's messages", "bytes")),
            Map.entry("system.cpu.count", new MeterName("system.cpus", "Processors that the JVM may use")),
            Map.entry(
                    "netty.allocator.memory.used",
                    new MeterName(
                            "netty.allocator.memory.used", "Memory that Netty's allocator has reserved", "bytes")),
            Map.entry(
                    "netty.allocator.memory.pinned",
                    new MeterName("netty.allocator.memory.pinned", "Memory of Netty's buffers in use", "bytes")),
            Map.entry(
                    "netty.allocator.pooled.arenas",
                    new MeterName("netty.allocator.arenas", "Arenas of Netty's allocator")),
            Map.entry(
                    "netty.allocator.pooled.cache.size",
                    new MeterName("netty.allocator.cache.size", "Entries of a thread's buffer cache, by kind")),
            Map.entry(
                    "netty.allocator.pooled.chunk.size",
                    new MeterName("netty.allocator.chunk.size", "Size of one of Netty's chunks", "bytes")),
            Map.entry(
                    "netty.allocator.pooled.threadlocal.caches",
                    new MeterName("netty.allocator.caches", "Threads that have a buffer cache")));

    private record MeterName(String name, String description, Optional<String> unit) {

        MeterName(String name, String description) {
            this(name, description, Optional.empty());
        }

        MeterName(String name, String description, String unit) {
            this(name, description, Optional.of(unit));
        }
    }

    /** A registry whose meters have these names. */
    public static PrometheusMeterRegistry registry() {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        registry.config().meterFilter(new MeterNames());
        return registry;
    }

    @Override
    public MeterFilterReply accept(Meter.Id id) {
        // RelayMeters exposes the same time in seconds.
        boolean isKept = !id.getName().equals("process.cpu.time")
                && (!id.getName().startsWith(ARTEMIS)
                        || NAMES.values().stream().anyMatch(name -> name.name().equals(id.getName())));
        return isKept ? MeterFilterReply.NEUTRAL : MeterFilterReply.DENY;
    }

    @Override
    public Meter.Id map(Meter.Id id) {
        return Optional.ofNullable(NAMES.get(id.getName()))
                // In Micrometer a meter without a unit has null.
                .map(name -> new Meter.Id(
                        name.name(),
                        Tags.of(id.getTagsAsIterable()),
                        name.unit().orElse(null),
                        name.description(),
                        id.getType()))
                .orElse(id);
    }
}
