package io.relaypod.server.james;

import java.util.concurrent.Executors;

import javax.inject.Singleton;

import org.apache.james.modules.protocols.ProtocolHandlerModule;
import org.apache.james.protocols.lib.netty.CertificateReloadable;
import org.apache.james.util.concurrent.NamedThreadFactory;

import com.github.benmanes.caffeine.cache.Ticker;
import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Scopes;
import com.google.inject.multibindings.Multibinder;

import io.relaypod.domain.CachedDomainCheck;
import io.relaypod.domain.DnsDomainCheck;
import io.relaypod.domain.DomainCheck;
import io.relaypod.domain.RecipientRule;
import io.relaypod.graph.GraphRules;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.smtp.RelaySmtpServerFactory;

/** The SMTP server and its RCPT rule. */
final class SmtpModule extends AbstractModule {

    // Parsing answers takes microseconds; two threads keep up with every resolver.
    private static final int DNS_THREADS = 2;

    @Override
    protected void configure() {
        install(new ProtocolHandlerModule());
        bind(RelaySmtpServerFactory.class).in(Scopes.SINGLETON);
        Multibinder.newSetBinder(binder(), CertificateReloadable.Factory.class).addBinding().to(RelaySmtpServerFactory.class);
    }

    @Provides
    @Singleton
    DomainCheck domainCheck(Settings settings) {
        DomainCheck dns = new DnsDomainCheck(settings.dns(), Executors.newFixedThreadPool(DNS_THREADS, daemon -> {
            Thread thread = NamedThreadFactory.withName("dns").newThread(daemon);
            thread.setDaemon(true);
            return thread;
        }));
        return new CachedDomainCheck(dns, settings.mx().cacheTtl(), settings.mx().cacheSize(), Ticker.systemTicker());
    }

    @Provides
    GraphRules graphRules(Settings settings) {
        return settings.graph();
    }

    @Provides
    @Singleton
    RecipientRule recipientRule(DomainCheck domains, Settings settings) {
        return new RecipientRule(domains, settings.mx());
    }
}
