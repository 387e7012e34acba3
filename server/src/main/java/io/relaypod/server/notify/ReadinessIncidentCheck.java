package io.relaypod.server.notify;

import java.util.Optional;
import java.util.stream.Collectors;
import javax.inject.Inject;

import io.relaypod.incidents.IncidentCheck;
import io.relaypod.incidents.IncidentKind;
import io.relaypod.server.health.DnsHealthCheck;
import io.relaypod.server.health.Readiness;
import org.apache.james.core.healthcheck.Result;

/** Whether the relay is not ready for another reason than DNS, which is an incident of its own. */
public final class ReadinessIncidentCheck implements IncidentCheck {

    private final Readiness readiness;
    private final String dns;

    @Inject
    public ReadinessIncidentCheck(Readiness readiness, DnsHealthCheck dns) {
        this.readiness = readiness;
        this.dns = dns.componentName().getName();
    }

    @Override
    public IncidentKind kind() {
        return IncidentKind.NOT_READY;
    }

    @Override
    public Optional<String> problem() {
        return Optional.of(readiness.report().results().stream()
                        .filter(Result::isUnHealthy)
                        .filter(result -> !result.getComponentName().getName().equals(dns))
                        .map(result -> result.getComponentName().getName() + ": "
                                + result.getCause().orElse("unhealthy"))
                        .collect(Collectors.joining("; ")))
                .filter(reason -> !reason.isEmpty());
    }
}
