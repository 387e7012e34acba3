package io.relaypod.server.james;

import java.io.IOException;
import java.time.Clock;
import java.util.Set;
import javax.annotation.PreDestroy;
import javax.inject.Provider;
import javax.inject.Singleton;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.multibindings.Multibinder;
import com.google.inject.multibindings.ProvidesIntoSet;
import io.micrometer.core.instrument.MeterRegistry;
import io.relaypod.events.MailEventListener;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.graph.GraphErrors;
import io.relaypod.graph.GraphListener;
import io.relaypod.server.graph.GraphAssembly;
import io.relaypod.server.graph.GraphService;
import io.relaypod.server.settings.Settings;
import org.apache.james.mailrepository.api.MailRepositoryStore;
import org.apache.james.onami.lifecycle.DisposingStager;

/** What follows and heals copies behind Mailpit, if SMTP2GRAPH_DATA is set. */
final class GraphModule extends AbstractModule {

    @Override
    protected void configure() {
        Multibinder.newSetBinder(binder(), GraphListener.class);
        bind(GraphErrors.class).toInstance(new GraphErrors());
    }

    @Provides
    @Singleton
    GraphAssembly graph(
            Settings settings,
            Clock clock,
            MeterRegistry meters,
            GraphErrors errors,
            Set<GraphListener> listeners,
            Provider<MailEventPublisher> events,
            Provider<MailRepositoryStore> repositories,
            DisposingStager<PreDestroy> stager)
            throws IOException {
        GraphAssembly graph = GraphAssembly.of(
                settings.smtp2graph(),
                settings.dataDir().resolve("graph"),
                clock,
                meters,
                errors,
                listeners,
                events,
                repositories);
        stager.register(graph.service());
        return graph;
    }

    @Provides
    GraphService service(GraphAssembly graph) {
        return graph.service();
    }

    @ProvidesIntoSet
    MailEventListener meters(GraphAssembly graph) {
        return graph.listener();
    }
}
