package io.relaypod.server.james;

import java.time.Clock;
import java.util.List;

import javax.annotation.PreDestroy;
import javax.inject.Singleton;
import javax.jms.ConnectionFactory;
import javax.mail.MessagingException;

import org.apache.activemq.store.PersistenceAdapter;
import org.apache.activemq.store.kahadb.KahaDBPersistenceAdapter;
import org.apache.commons.configuration2.BaseHierarchicalConfiguration;
import org.apache.james.mailrepository.api.MailRepositoryUrlStore;
import org.apache.james.mailrepository.api.Protocol;
import org.apache.james.mailrepository.memory.MailRepositoryStoreConfiguration;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.modules.server.MailStoreRepositoryModule;
import org.apache.james.modules.server.MailetContainerModule;
import org.apache.james.onami.lifecycle.DisposingStager;
import org.apache.james.queue.activemq.ActiveMQMailQueueFactory;
import org.apache.james.queue.activemq.EmbeddedActiveMQ;
import org.apache.james.queue.activemq.metric.ActiveMQMetricCollectorNoop;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.queue.api.MailQueueItemDecoratorFactory;
import org.apache.james.queue.api.ManageableMailQueue;
import org.apache.james.queue.api.RawMailQueueItemDecoratorFactory;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Scopes;

import io.micrometer.core.instrument.MeterRegistry;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.server.queue.Quarantine;
import io.relaypod.server.queue.broker.Broker;
import io.relaypod.server.queue.inflight.InFlightMails;
import io.relaypod.server.repository.DirectoryMailRepository;
import io.relaypod.server.repository.RepositoryLimits;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.threads.ServerThreads;
import io.relaypod.throttle.SenderRateLimiter;

/** Replaces relaypod's class of the same name on the class path of bench/relay: the messages are in James' stock ActiveMQ queue. */
final class MailModule extends AbstractModule {

    private final Broker broker;

    MailModule(Broker broker) {
        this.broker = broker;
    }

    @Override
    protected void configure() {
        install(new MailetContainerModule());
        install(new MailStoreRepositoryModule());
        bind(PersistenceAdapter.class).to(KahaDBPersistenceAdapter.class).in(Scopes.SINGLETON);
        bind(EmbeddedActiveMQ.class).in(Scopes.SINGLETON);
        bind(Broker.class).toInstance(broker);
        bind(MailQueueItemDecoratorFactory.class).to(RawMailQueueItemDecoratorFactory.class).in(Scopes.SINGLETON);
        bind(MailetContainerModule.DefaultProcessorsConfigurationSupplier.class).toInstance(() -> {
            throw new IllegalStateException("mailetcontainer.xml has no <processors>");
        });
    }

    @Provides
    @Singleton
    ConnectionFactory connections(EmbeddedActiveMQ activeMq) {
        return activeMq.getConnectionFactory();
    }

    /** As in James' module for ActiveMQ. */
    @Provides
    @Singleton
    MailQueueFactory<? extends ManageableMailQueue> queues(ConnectionFactory connections, MailQueueItemDecoratorFactory decorators,
                                                           MetricFactory metrics, GaugeRegistry gauges) {
        ActiveMQMailQueueFactory queues = new ActiveMQMailQueueFactory(connections, decorators, metrics, gauges, new ActiveMQMetricCollectorNoop());
        queues.setUseJMX(true);
        queues.init();
        return queues;
    }

    @Provides
    MailQueueFactory<? extends MailQueue> queues(MailQueueFactory<? extends ManageableMailQueue> queues) {
        return queues;
    }

    @Provides
    MailQueueFactory<?> anyQueues(MailQueueFactory<? extends ManageableMailQueue> queues) {
        return queues;
    }

    @Provides
    MailRepositoryStoreConfiguration.Item fileRepositories() {
        return new MailRepositoryStoreConfiguration.Item(List.of(new Protocol("file")), DirectoryMailRepository.class.getName(),
            new BaseHierarchicalConfiguration());
    }

    @Provides
    @Singleton
    SenderRateLimiter pace() {
        return SenderRateLimiter.unlimited();
    }

    /** Needed by the operator's routes; not used by James' queue. */
    @Provides
    @Singleton
    InFlightMails inFlight(Settings settings) {
        return InFlightMails.open(settings.dataDir());
    }

    /** As {@link #inFlight}. */
    @Provides
    Quarantine quarantine() {
        return mail -> {
            throw new MessagingException("mail " + mail.getName() + " is not in this queue");
        };
    }

    @Provides
    @Singleton
    RepositoryLimits repositoryLimits(Settings settings, Clock clock, MeterRegistry meters, MailEventPublisher events, ServerThreads threads,
                                      DisposingStager<PreDestroy> stager) {
        return stager.register(new RepositoryLimits(settings.failed(), clock, meters, events, threads));
    }

    @Provides
    @Singleton
    MailRepositoryUrlStore repositoryUrls(Settings settings) {
        return new FileMailRepositoryUrlStore(settings.dataDir().resolve("var/mail/repositories"));
    }
}
