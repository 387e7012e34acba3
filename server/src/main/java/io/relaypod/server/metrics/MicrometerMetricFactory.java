package io.relaypod.server.metrics;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import javax.inject.Inject;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import org.apache.james.metrics.api.Metric;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.metrics.api.TimeMetric;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/**
 * James' counters and timers in a Micrometer registry, under the names of {@link JamesMeter}. A James counter may
 * decrease, so a counter that is not listed there becomes a gauge. Thread-safe.
 */
public final class MicrometerMetricFactory implements MetricFactory {

    private final MeterRegistry registry;
    private final ConcurrentMap<String, AtomicLong> counts = new ConcurrentHashMap<>();
    // James asks for a timer by name at every command. Finding a meter in the registry costs more than all other
    // metrics of the command.
    private final ConcurrentMap<String, Timer> timers = new ConcurrentHashMap<>();

    @Inject
    public MicrometerMetricFactory(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    public Metric generate(String name) {
        return new AtomicMetric(counts.computeIfAbsent(name, this::register));
    }

    private AtomicLong register(String name) {
        JamesMeter.MeterDefinition meter = JamesMeter.count(name);
        AtomicLong count = new AtomicLong();
        if (meter.isMonotonic()) {
            FunctionCounter.builder(meter.name(), count, AtomicLong::get)
                    .tags(meter.tags())
                    .description(meter.description())
                    .register(registry);
        } else {
            Gauge.builder(meter.name(), count, AtomicLong::get)
                    .tags(meter.tags())
                    .description(meter.description())
                    .register(registry);
        }
        return count;
    }

    @Override
    public TimeMetric timer(String name) {
        return new Stopwatch(name, timers.computeIfAbsent(name, this::registerTimer), Timer.start(registry));
    }

    private Timer registerTimer(String name) {
        JamesMeter.MeterDefinition meter = JamesMeter.timer(name);
        return Timer.builder(meter.name())
                .tags(meter.tags())
                .description(meter.description())
                .register(registry);
    }

    @Override
    public <T> Publisher<T> decoratePublisherWithTimerMetric(String name, Publisher<T> publisher) {
        return Flux.defer(() -> {
            TimeMetric timer = timer(name);
            return Flux.from(publisher).doOnComplete(timer::stopAndPublish);
        });
    }

    @Override
    @Deprecated
    public <T> Publisher<T> decoratePublisherWithTimerMetricLogP99(String name, Publisher<T> publisher) {
        return decoratePublisherWithTimerMetric(name, publisher);
    }

    private record AtomicMetric(AtomicLong value) implements Metric {

        @Override
        public void increment() {
            value.incrementAndGet();
        }

        @Override
        public void decrement() {
            value.decrementAndGet();
        }

        @Override
        public void add(int added) {
            value.addAndGet(added);
        }

        @Override
        public void remove(int removed) {
            value.addAndGet(-removed);
        }

        @Override
        public long getCount() {
            return Math.max(0, value.get());
        }
    }

    private record Stopwatch(String name, Timer timer, Timer.Sample sample) implements TimeMetric {

        @Override
        public ExecutionResult stopAndPublish() {
            return new Elapsed(Duration.ofNanos(sample.stop(timer)));
        }
    }

    private record Elapsed(Duration elasped) implements TimeMetric.ExecutionResult {

        @Override
        @Deprecated
        public TimeMetric.ExecutionResult logWhenExceedP99(Duration threshold) {
            return this;
        }
    }
}
