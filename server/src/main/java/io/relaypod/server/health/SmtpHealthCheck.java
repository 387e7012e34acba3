package io.relaypod.server.health;

import java.util.List;
import javax.inject.Inject;

import io.relaypod.server.smtp.RelaySmtpServerFactory;
import org.apache.james.core.healthcheck.ComponentName;
import org.apache.james.core.healthcheck.HealthCheck;
import org.apache.james.core.healthcheck.Result;
import org.apache.james.protocols.lib.netty.AbstractConfigurableAsyncServer;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** Checks whether every SMTP port is bound, and greeted at the last poll. Thread-safe. */
public final class SmtpHealthCheck implements HealthCheck {

    private static final ComponentName NAME = new ComponentName("SMTP");

    private final RelaySmtpServerFactory smtp;
    private final SmtpGreeting greeting;

    @Inject
    public SmtpHealthCheck(RelaySmtpServerFactory smtp, SmtpGreeting greeting) {
        this.smtp = smtp;
        this.greeting = greeting;
    }

    @Override
    public ComponentName componentName() {
        return NAME;
    }

    @Override
    public Publisher<Result> check() {
        return Mono.fromSupplier(() -> {
            // James' list is null until smtpserver.xml was read.
            List<AbstractConfigurableAsyncServer> servers = smtp.getServers() == null ? List.of() : smtp.getServers();
            if (servers.isEmpty() || !servers.stream().allMatch(AbstractConfigurableAsyncServer::isBound)) {
                return Result.unhealthy(NAME, "the SMTP port is not bound");
            }
            return greeting.problem()
                    .map(problem -> Result.unhealthy(NAME, problem))
                    .orElse(Result.healthy(NAME));
        });
    }
}
