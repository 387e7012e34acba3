package io.relaypod.server.health;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import javax.inject.Inject;

import org.apache.james.core.healthcheck.HealthCheck;
import org.apache.james.core.healthcheck.Result;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Runs all health checks in parallel to find whether the relay can accept mail. Thread-safe. */
public final class Readiness {

    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final List<HealthCheck> checks;

    @Inject
    public Readiness(Set<HealthCheck> checks) {
        this.checks = List.copyOf(checks);
    }

    /**
     * The results of all checks.
     *
     * @param results in the order of the names of their components
     */
    public record ReadinessReport(List<Result> results) {

        public ReadinessReport {
            results = List.copyOf(results);
        }

        public boolean isReady() {
            return results.stream().noneMatch(Result::isUnHealthy);
        }
    }

    /** Runs the checks. Takes some seconds at most; a check that has not answered by then is unhealthy. */
    public ReadinessReport report() {
        return new ReadinessReport(Flux.fromIterable(checks)
                .flatMap(check -> Mono.from(check.check())
                        .timeout(
                                PATIENCE,
                                Mono.just(Result.unhealthy(
                                        check.componentName(), "no answer for " + PATIENCE.toSeconds() + " s")))
                        .onErrorResume(failure -> Mono.just(Result.unhealthy(
                                check.componentName(), String.valueOf(failure.getMessage()), failure))))
                .sort((one, other) -> one.getComponentName()
                        .getName()
                        .compareTo(other.getComponentName().getName()))
                .collectList()
                .block(PATIENCE.plusSeconds(1)));
    }
}
