package io.relaypod.server.james;

import java.time.Clock;
import java.util.Optional;
import java.util.Set;
import javax.annotation.PreDestroy;
import javax.inject.Singleton;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Scopes;
import com.google.inject.multibindings.Multibinder;
import com.google.inject.multibindings.ProvidesIntoSet;
import io.micrometer.core.instrument.MeterRegistry;
import io.relaypod.events.MailEventListener;
import io.relaypod.incidents.IncidentCheck;
import io.relaypod.incidents.IncidentKind;
import io.relaypod.server.graph.GraphService;
import io.relaypod.server.health.Lifecycle;
import io.relaypod.server.notify.DiskIncidentCheck;
import io.relaypod.server.notify.DnsIncidentCheck;
import io.relaypod.server.notify.FailedMailIncidentCheck;
import io.relaypod.server.notify.GatewayIncidentCheck;
import io.relaypod.server.notify.GraphIncidentCheck;
import io.relaypod.server.notify.Notifier;
import io.relaypod.server.notify.QuotaIncidentCheck;
import io.relaypod.server.notify.ReadinessIncidentCheck;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.threads.ServerThreads;
import org.apache.james.onami.lifecycle.DisposingStager;
import org.apache.james.task.Hostname;

/** Notifications of incidents, if NOTIFY_URL is set. A part that can fail adds a check to the set. */
final class NotifyModule extends AbstractModule {

    @Override
    protected void configure() {
        Multibinder<IncidentCheck> checks = Multibinder.newSetBinder(binder(), IncidentCheck.class);
        checks.addBinding().to(DnsIncidentCheck.class);
        checks.addBinding().to(GatewayIncidentCheck.class);
        checks.addBinding().to(ReadinessIncidentCheck.class);
        checks.addBinding().to(DiskIncidentCheck.class);
        checks.addBinding().to(QuotaIncidentCheck.class);
        checks.addBinding().to(FailedMailIncidentCheck.class);
        bind(FailedMailIncidentCheck.class).in(Scopes.SINGLETON);
        Multibinder.newSetBinder(binder(), MailEventListener.class).addBinding().to(FailedMailIncidentCheck.class);
    }

    @ProvidesIntoSet
    IncidentCheck secret(GraphService graph) {
        return new GraphIncidentCheck(IncidentKind.SECRET, graph.copies());
    }

    @ProvidesIntoSet
    IncidentCheck graph(GraphService graph) {
        return new GraphIncidentCheck(IncidentKind.GRAPH, graph.copies());
    }

    @Provides
    @Singleton
    Optional<Notifier> notifier(
            Settings settings,
            Set<IncidentCheck> checks,
            Lifecycle lifecycle,
            Hostname hostname,
            Clock clock,
            MeterRegistry meters,
            ServerThreads threads,
            DisposingStager<PreDestroy> stager) {
        if (settings.notifications().isEmpty()) {
            Notifier.registerUnused(meters);
            return Optional.empty();
        }
        return Optional.of(stager.register(new Notifier(
                settings.notifications().get(),
                settings.dataDir(),
                hostname.asString(),
                checks,
                lifecycle::isServing,
                clock,
                meters,
                threads)));
    }
}
