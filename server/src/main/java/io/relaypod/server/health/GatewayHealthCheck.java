package io.relaypod.server.health;

import javax.inject.Inject;

import org.apache.james.core.healthcheck.ComponentName;
import org.apache.james.core.healthcheck.HealthCheck;
import org.apache.james.core.healthcheck.Result;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/**
 * Checks whether the last poll reached the gateway. Never unhealthy, since mail is accepted and waits for the gateway.
 * Thread-safe.
 */
public final class GatewayHealthCheck implements HealthCheck {

    private static final ComponentName NAME = new ComponentName("Gateway");

    private final GatewayProbe probe;

    @Inject
    public GatewayHealthCheck(GatewayProbe probe) {
        this.probe = probe;
    }

    @Override
    public ComponentName componentName() {
        return NAME;
    }

    @Override
    public Publisher<Result> check() {
        return Mono.fromSupplier(() -> {
            GatewayProbe.GatewayState state = probe.state();
            return state.isUp()
                    ? Result.healthy(NAME)
                    : Result.degraded(
                            NAME,
                            state.words()
                                    + probe.unavailableSince()
                                            .map(since -> ", since " + since)
                                            .orElse(""));
        });
    }
}
