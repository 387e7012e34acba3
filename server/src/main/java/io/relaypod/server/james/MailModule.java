package io.relaypod.server.james;

import java.time.Clock;
import java.util.List;
import java.util.Optional;
import javax.annotation.PreDestroy;
import javax.inject.Singleton;
import javax.mail.MessagingException;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Scopes;
import com.google.inject.TypeLiteral;
import com.google.inject.util.Modules;
import io.micrometer.core.instrument.MeterRegistry;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.gateway.VerbatimMailQueueItems;
import io.relaypod.hold.GraphHold;
import io.relaypod.quota.RecipientQuota;
import io.relaypod.server.queue.ArtemisMailQueueFactory;
import io.relaypod.server.queue.Quarantine;
import io.relaypod.server.queue.inflight.InFlightMails;
import io.relaypod.server.quota.QuotaMeters;
import io.relaypod.server.quota.QuotaStore;
import io.relaypod.server.repository.DirectoryMailRepository;
import io.relaypod.server.repository.RepositoryLimits;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.threads.ServerThreads;
import io.relaypod.server.webadmin.OperatorQueues;
import io.relaypod.throttle.SenderRateLimiter;
import io.relaypod.throttle.SteadyClock;
import org.apache.commons.configuration2.BaseHierarchicalConfiguration;
import org.apache.james.mailetcontainer.api.MailProcessor;
import org.apache.james.mailrepository.api.MailRepositoryStore;
import org.apache.james.mailrepository.api.MailRepositoryStore.MailRepositoryStoreException;
import org.apache.james.mailrepository.api.MailRepositoryUrl;
import org.apache.james.mailrepository.api.MailRepositoryUrlStore;
import org.apache.james.mailrepository.api.Protocol;
import org.apache.james.mailrepository.memory.MailRepositoryStoreConfiguration;
import org.apache.james.modules.server.MailStoreRepositoryModule;
import org.apache.james.modules.server.MailetContainerModule;
import org.apache.james.onami.lifecycle.DisposingStager;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.queue.api.MailQueueItemDecoratorFactory;
import org.apache.james.queue.api.ManageableMailQueue;

/** Spool, processors and repositories, on a broker that is bound elsewhere. */
final class MailModule extends AbstractModule {

    private static final MailRepositoryUrl ERROR_REPOSITORY = MailRepositoryUrl.from("file://var/mail/error/");

    @Override
    protected void configure() {
        install(Modules.override(new MailetContainerModule())
                .with(spooler -> spooler.bind(MailProcessor.class)
                        .to(BudgetedMailProcessor.class)
                        .in(Scopes.SINGLETON)));
        install(new MailStoreRepositoryModule());
        install(new HoldModule());
        bind(ArtemisMailQueueFactory.class).in(Scopes.SINGLETON);
        // Only webadmin manages queues.
        bind(new TypeLiteral<MailQueueFactory<? extends ManageableMailQueue>>() {})
                .to(OperatorQueues.class)
                .in(Scopes.SINGLETON);
        bind(new TypeLiteral<MailQueueFactory<? extends MailQueue>>() {}).to(ArtemisMailQueueFactory.class);
        bind(new TypeLiteral<MailQueueFactory<?>>() {}).to(ArtemisMailQueueFactory.class);
        bind(MailQueueItemDecoratorFactory.class)
                .to(VerbatimMailQueueItems.class)
                .in(Scopes.SINGLETON);
        bind(MailetContainerModule.DefaultProcessorsConfigurationSupplier.class).toInstance(() -> {
            throw new IllegalStateException("mailetcontainer.xml has no <processors>");
        });
    }

    /** What {@code file://} means when james-conf has no mailrepositorystore.xml. */
    @Provides
    MailRepositoryStoreConfiguration.Item fileRepositories() {
        return new MailRepositoryStoreConfiguration.Item(
                List.of(new Protocol("file")),
                DirectoryMailRepository.class.getName(),
                new BaseHierarchicalConfiguration());
    }

    @Provides
    @Singleton
    SenderRateLimiter rateLimiter(Settings settings, RecipientQuota quota, Optional<GraphHold> hold) {
        SenderRateLimiter limiter = settings.upstreamRate()
                .map(rate -> SenderRateLimiter.of(rate, new SteadyClock()))
                .orElseGet(SenderRateLimiter::unlimited)
                .within(quota);
        return hold.map(limiter::behind).orElse(limiter);
    }

    @Provides
    @Singleton
    RecipientQuota quota(Settings settings, Clock clock, MeterRegistry meters) {
        RecipientQuota quota = new RecipientQuota(
                settings.quotas().perMailbox(),
                settings.quotas().tenant(),
                settings.quotas().insideTenant(),
                clock);
        QuotaMeters.register(quota, meters);
        return quota;
    }

    @Provides
    @Singleton
    QuotaStore quotas(Settings settings, RecipientQuota quota, ServerThreads threads) {
        QuotaStore store = new QuotaStore(settings.dataDir().resolve("quotas"), quota);
        store.start(threads);
        return store;
    }

    @Provides
    @Singleton
    InFlightMails inFlight(Settings settings) {
        return InFlightMails.open(settings.dataDir());
    }

    /** Where the spooler puts what a mailet cannot handle. */
    @Provides
    Quarantine quarantine(MailRepositoryStore repositories) {
        return mail -> {
            try {
                repositories.select(ERROR_REPOSITORY).store(mail);
            } catch (MailRepositoryStoreException unusable) {
                throw new MessagingException("mail " + mail.getName() + " could not be kept", unusable);
            }
        };
    }

    @Provides
    @Singleton
    RepositoryLimits repositoryLimits(
            Settings settings,
            Clock clock,
            MeterRegistry meters,
            MailEventPublisher events,
            ServerThreads threads,
            DisposingStager<PreDestroy> stager) {
        return stager.register(new RepositoryLimits(settings.failed(), clock, meters, events, threads));
    }

    @Provides
    @Singleton
    MailRepositoryUrlStore repositoryUrls(Settings settings) {
        return new FileMailRepositoryUrlStore(settings.dataDir().resolve("var/mail/repositories"));
    }
}
