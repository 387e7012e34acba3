package io.relaypod.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.james.metrics.api.Metric;
import org.apache.james.metrics.api.MetricContract;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.metrics.api.MetricFactoryContract;
import org.apache.james.metrics.api.TimeMetric;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class MicrometerMetricFactoryTest implements MetricFactoryContract {

    private final MockClock clock = new MockClock();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);
    private final MicrometerMetricFactory factory = new MicrometerMetricFactory(registry);

    @Override
    public MetricFactory testee() {
        return factory;
    }

    @Nested
    class GeneratedMetric implements MetricContract {

        private final Metric metric = factory.generate("metric");

        @Override
        public Metric testee() {
            return metric;
        }
    }

    @Test
    void aCounterThatIsNotListedIsAGauge() {
        factory.generate("myCount").add(3);
        System.gc();
        factory.generate("myCount").decrement();

        assertThat(registry.get("james.value").tag("name", "myCount").gauge().value())
                .isEqualTo(2);
    }

    @Test
    void aListedMetricHasItsOwnMeterAndItsNamesSuffixIsTheLabel() {
        factory.generate("enqueuedMail:spool").add(3);
        factory.generate("smtpConnections").increment();
        factory.timer("SMTP-EHLO").stopAndPublish();

        assertThat(registry.get("relaypod.queue.enqueued")
                        .tag("queue", "spool")
                        .functionCounter()
                        .count())
                .isEqualTo(3);
        assertThat(registry.get("relaypod.smtp.connections").gauge().value()).isEqualTo(1);
        assertThat(registry.get("relaypod.smtp.command")
                        .tag("command", "ehlo")
                        .timer()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void aCounterExistsBeforeItsFirstIncrement() {
        factory.generate("myCount");

        assertThat(registry.get("james.value").tag("name", "myCount").gauge().value())
                .isZero();
    }

    @Test
    void aTimerMeasuresFromItsStartToItsStop() {
        TimeMetric timer = factory.timer("smtp");
        clock.add(Duration.ofMillis(250));
        TimeMetric.ExecutionResult result = timer.stopAndPublish();

        assertThat(timer.name()).isEqualTo("smtp");
        assertThat(result.elasped()).isEqualTo(Duration.ofMillis(250));
        assertThat(registry.get("james.timer").tag("name", "smtp").timer().count())
                .isEqualTo(1);
        assertThat(registry.get("james.timer").tag("name", "smtp").timer().totalTime(TimeUnit.MILLISECONDS))
                .isEqualTo(250);
    }

    @Test
    void eachSubscriptionIsTimedSeparately() {
        Publisher<String> timed = factory.decoratePublisherWithTimerMetric("spool", Mono.fromSupplier(() -> {
            clock.add(Duration.ofMillis(10));
            return "done";
        }));
        assertThat(registry.find("james.timer").tag("name", "spool").timer())
                .as("nothing is measured before somebody subscribes")
                .isNull();

        assertThat(Flux.from(timed).blockLast()).isEqualTo("done");
        assertThat(Flux.from(timed).blockLast()).isEqualTo("done");

        assertThat(registry.get("james.timer").tag("name", "spool").timer().count())
                .isEqualTo(2);
        assertThat(registry.get("james.timer").tag("name", "spool").timer().totalTime(TimeUnit.MILLISECONDS))
                .isEqualTo(20);
    }

    @Test
    @SuppressWarnings("deprecation")
    void theDeprecatedVariantThatLogsIsTimedToo() {
        Flux.from(factory.decoratePublisherWithTimerMetricLogP99("spool", Mono.just("done")))
                .blockLast();

        assertThat(registry.get("james.timer").tag("name", "spool").timer().count())
                .isEqualTo(1);
    }
}
