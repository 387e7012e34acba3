package io.relaypod.server.health;

import java.util.concurrent.atomic.AtomicReference;

import org.apache.james.core.healthcheck.ComponentName;
import org.apache.james.core.healthcheck.HealthCheck;
import org.apache.james.core.healthcheck.Result;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/**
 * Healthy from the start until the stop begins, so that Kubernetes stops sending clients before the relay stops.
 * Thread-safe.
 */
public final class Lifecycle implements HealthCheck {

    private static final ComponentName NAME = new ComponentName("Lifecycle");

    private enum LifecyclePhase {
        STARTING,
        SERVING,
        DRAINING
    }

    private final AtomicReference<LifecyclePhase> phase = new AtomicReference<>(LifecyclePhase.STARTING);

    public void serving() {
        phase.set(LifecyclePhase.SERVING);
    }

    public void draining() {
        phase.set(LifecyclePhase.DRAINING);
    }

    /** Whether the relay has started and is not stopping. */
    public boolean isServing() {
        return phase.get() == LifecyclePhase.SERVING;
    }

    @Override
    public ComponentName componentName() {
        return NAME;
    }

    @Override
    public Publisher<Result> check() {
        return Mono.fromSupplier(() -> switch (phase.get()) {
            case STARTING -> Result.unhealthy(NAME, "starting");
            case SERVING -> Result.healthy(NAME);
            case DRAINING -> Result.unhealthy(NAME, "draining: no further mail is accepted");
        });
    }
}
