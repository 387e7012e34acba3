package io.relaypod.server.james;

import javax.inject.Singleton;

import com.github.benmanes.caffeine.cache.Ticker;
import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Scopes;
import com.google.inject.multibindings.Multibinder;
import io.relaypod.events.MailEventListener;
import io.relaypod.server.activity.MailActivity;
import io.relaypod.server.health.DnsHealthCheck;
import io.relaypod.server.health.GatewayAnswers;
import io.relaypod.server.health.GatewayHealthCheck;
import io.relaypod.server.health.GatewayProbe;
import io.relaypod.server.health.Lifecycle;
import io.relaypod.server.health.QueueHealthCheck;
import io.relaypod.server.health.Readiness;
import io.relaypod.server.health.SmtpGreeting;
import io.relaypod.server.health.SmtpHealthCheck;
import io.relaypod.server.metrics.BuildInfo;
import io.relaypod.server.metrics.MailMeters;
import io.relaypod.server.metrics.QueueMeters;
import io.relaypod.server.monitoring.RecentRefusals;
import io.relaypod.server.monitoring.StatusSampler;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.smtp.RelaySmtpServerFactory;
import org.apache.james.core.healthcheck.HealthCheck;

/** What is counted, what is healthy, and what METRICS_ADDR shows of both. */
final class MonitoringModule extends AbstractModule {

    @Override
    protected void configure() {
        bind(Lifecycle.class).in(Scopes.SINGLETON);
        bind(Readiness.class).in(Scopes.SINGLETON);
        bind(QueueMeters.class).in(Scopes.SINGLETON);
        bind(StatusSampler.class).in(Scopes.SINGLETON);

        Multibinder<HealthCheck> checks = Multibinder.newSetBinder(binder(), HealthCheck.class);
        checks.addBinding().to(Lifecycle.class);
        checks.addBinding().to(SmtpHealthCheck.class).in(Scopes.SINGLETON);
        checks.addBinding().to(QueueHealthCheck.class).in(Scopes.SINGLETON);
        checks.addBinding().to(DnsHealthCheck.class);
        checks.addBinding().to(GatewayHealthCheck.class).in(Scopes.SINGLETON);

        bind(BuildInfo.class).toInstance(BuildInfo.read());
        bind(GatewayAnswers.class).in(Scopes.SINGLETON);
        bind(RecentRefusals.class).in(Scopes.SINGLETON);
        bind(MailActivity.class).in(Scopes.SINGLETON);
        Multibinder<MailEventListener> listeners = Multibinder.newSetBinder(binder(), MailEventListener.class);
        listeners.addBinding().to(MailMeters.class).in(Scopes.SINGLETON);
        listeners.addBinding().to(RecentRefusals.class);
        listeners.addBinding().to(MailActivity.class);
        listeners.addBinding().to(GatewayAnswers.class);
    }

    @Provides
    @Singleton
    GatewayProbe gatewayProbe(Settings settings) {
        return new GatewayProbe(settings.upstreamHost(), settings.upstreamPort());
    }

    @Provides
    @Singleton
    SmtpGreeting smtpGreeting(RelaySmtpServerFactory smtp) {
        return new SmtpGreeting(smtp::boundPorts, Ticker.systemTicker());
    }
}
