package io.relaypod.server.notify;

import java.time.Duration;
import java.util.Optional;
import javax.inject.Inject;

import io.relaypod.incidents.IncidentCheck;
import io.relaypod.incidents.IncidentKind;
import io.relaypod.server.health.DnsHealthCheck;
import org.apache.james.core.healthcheck.Result;
import reactor.core.publisher.Mono;

/** Whether no DNS server is usable. */
public final class DnsIncidentCheck implements IncidentCheck {

    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final DnsHealthCheck dns;

    @Inject
    public DnsIncidentCheck(DnsHealthCheck dns) {
        this.dns = dns;
    }

    @Override
    public IncidentKind kind() {
        return IncidentKind.DNS;
    }

    @Override
    public Optional<String> problem() {
        // The check probes the servers when no lookup shows that they answer.
        Optional<Result> result =
                Mono.from(dns.check()).timeout(PATIENCE, Mono.empty()).blockOptional(PATIENCE.plusSeconds(1));
        return dns.isUp()
                ? Optional.empty()
                : Optional.of(result.flatMap(Result::getCause).orElse("no server answers"));
    }
}
