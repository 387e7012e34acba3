package io.relaypod.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.james.metrics.api.GaugeRegistry;
import org.junit.jupiter.api.Test;

class MicrometerGaugeRegistryTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final MicrometerGaugeRegistry gauges = new MicrometerGaugeRegistry(registry);

    @Test
    void aGaugeIsReadWheneverItsMeterIsRead() {
        AtomicInteger size = new AtomicInteger(7);
        gauges.register("queue.size", size::get);

        assertThat(value("queue.size")).isEqualTo(7);
        size.set(8);
        assertThat(value("queue.size")).isEqualTo(8);
    }

    @Test
    void aGaugeWithoutOtherReferencesIsNotCollected() {
        gauges.register("queue.size", () -> 7L);
        System.gc();

        assertThat(value("queue.size")).isEqualTo(7);
    }

    @Test
    void aValueThatIsNotANumberIsNaN() {
        gauges.register("state", () -> "running");
        gauges.register("nothing", () -> null);

        assertThat(value("state")).isNaN();
        assertThat(value("nothing")).isNaN();
    }

    @Test
    void aSettableGaugeHasItsLastValue() {
        GaugeRegistry.SettableGauge<Integer> settable = gauges.settableGauge("mails");
        assertThat(value("mails")).as("before it is set").isNaN();

        settable.setValue(1);
        settable.setValue(2);
        assertThat(value("mails")).isEqualTo(2);
    }

    @Test
    void registrationsCanBeChained() {
        gauges.register("one", () -> 1).register("two", () -> 2);

        assertThat(value("one") + value("two")).isEqualTo(3);
    }

    @Test
    void aGaugeThatIsRegisteredAgainReplacesThePreviousOne() {
        gauges.register("queue.size", () -> 1);
        gauges.register("queue.size", () -> 2);

        assertThat(value("queue.size")).isEqualTo(2);
    }

    private double value(String name) {
        return registry.get("james.value").tag("name", name).gauge().value();
    }
}
