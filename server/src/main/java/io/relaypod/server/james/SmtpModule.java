package io.relaypod.server.james;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import javax.annotation.PreDestroy;
import javax.inject.Singleton;

import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Scopes;
import com.google.inject.multibindings.Multibinder;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.cache.CaffeineCacheMetrics;
import io.relaypod.address.DomainListFile;
import io.relaypod.address.DomainSet;
import io.relaypod.deliverability.GraphRules;
import io.relaypod.dns.DnsFailover;
import io.relaypod.dns.ObservedDns;
import io.relaypod.logins.LoginCheck;
import io.relaypod.logins.LoginDelays;
import io.relaypod.logins.LoginRateLimits;
import io.relaypod.logins.Logins;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.health.DnsHealthCheck;
import io.relaypod.server.metrics.DnsMeters;
import io.relaypod.server.settings.BareNewline;
import io.relaypod.server.settings.ClientLimits;
import io.relaypod.server.settings.MountedFiles;
import io.relaypod.server.settings.QueueSettings;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.settings.SmtpAuth;
import io.relaypod.server.smtp.FairExecutor;
import io.relaypod.server.smtp.LoginEvents;
import io.relaypod.server.smtp.ReceivedMessages;
import io.relaypod.server.smtp.RelaySmtpServerFactory;
import io.relaypod.server.smtp.SmtpLogins;
import io.relaypod.server.smtp.SmtpTls;
import io.relaypod.server.smtp.SpoolWriter;
import io.relaypod.server.threads.ServerThreads;
import io.relaypod.verdict.BoundedDomainCheck;
import io.relaypod.verdict.CachedDomainCheck;
import io.relaypod.verdict.MxSettings;
import io.relaypod.verdict.NonexistentDomains;
import io.relaypod.verdict.RandomSubdomainLimit;
import io.relaypod.verdict.RcptRuleAssembly;
import io.relaypod.verdict.RecipientRule;
import org.apache.james.modules.protocols.ProtocolHandlerModule;
import org.apache.james.onami.lifecycle.DisposingStager;
import org.apache.james.protocols.lib.netty.CertificateReloadable;

/** The SMTP server and its RCPT rule. */
final class SmtpModule extends AbstractModule {

    private static final Duration FILE_POLL = Duration.ofSeconds(2);

    @Override
    protected void configure() {
        install(new ProtocolHandlerModule());
        bind(RelaySmtpServerFactory.class).in(Scopes.SINGLETON);
        bind(SpoolWriter.class).in(Scopes.SINGLETON);
        bind(LoginEvents.class).in(Scopes.SINGLETON);
        Multibinder.newSetBinder(binder(), CertificateReloadable.Factory.class)
                .addBinding()
                .to(RelaySmtpServerFactory.class);
    }

    @Provides
    @Singleton
    ClientLimits clientLimits(Settings settings) {
        return settings.clients();
    }

    /**
     * Reads the lines of mails. None of its threads waits, so one a core is enough; two, so that a mail that takes long
     * stops nobody.
     */
    @Provides
    @Singleton
    FairExecutor mailReaders(DisposingStager<PreDestroy> stager) {
        FairExecutor readers =
                new FairExecutor("mail-reader", Math.max(2, Runtime.getRuntime().availableProcessors()));
        stager.register(readers);
        return readers;
    }

    @Provides
    BareNewline bareNewline(Settings settings) {
        return settings.bareNewline();
    }

    @Provides
    @Singleton
    ReceivedMessages receivedMessages(Settings settings, MemoryBudget budget, MeterRegistry meters) {
        ReceivedMessages messages =
                new ReceivedMessages(settings.dataDir().resolve("receiving"), settings.maxMessageSize(), budget);
        Gauge.builder("relaypod.smtp.receiving.files", messages, ReceivedMessages::bytesInFiles)
                .baseUnit("bytes")
                .description(
                        "Bytes of mails that are being received, or were and are not in the spool yet, as far as they are in files")
                .register(meters);
        Gauge.builder("relaypod.smtp.receiving.files.limit", messages, ReceivedMessages::mostInFiles)
                .baseUnit("bytes")
                .description("The most bytes that there may be in these files; beyond it DATA is answered 452")
                .register(meters);
        return messages;
    }

    @Provides
    @Singleton
    QueueSettings queueSettings(Settings settings) {
        return settings.queue();
    }

    @Provides
    GraphRules graphRules(Settings settings) {
        return settings.graph();
    }

    @Provides
    @Singleton
    Optional<SmtpTls> smtpTls(Settings settings, Clock clock, ServerThreads threads) {
        return settings.tls().map(files -> {
            SmtpTls tls = new SmtpTls(files, clock, threads.pool("tls-handshake", 1));
            threads.schedule("smtp-certificate", FILE_POLL, tls::reloadIfChanged);
            return tls;
        });
    }

    @Provides
    @Singleton
    Optional<MountedFiles<Logins>> loginsFile(Settings settings, ServerThreads threads) {
        return settings.auth().usersFile().map(path -> {
            MountedFiles<Logins> file = new MountedFiles<>("smtp-users", List.of(path), () -> SmtpAuth.logins(path));
            threads.schedule("smtp-users", FILE_POLL, file::reloadIfChanged);
            return file;
        });
    }

    @Provides
    @Singleton
    SmtpLogins smtpLogins(Settings settings, Optional<MountedFiles<Logins>> file) {
        return new SmtpLogins(settings.auth(), file.map(logins -> logins));
    }

    @Provides
    @Singleton
    Optional<LoginCheck> loginCheck(Optional<MountedFiles<Logins>> file, DisposingStager<PreDestroy> stager) {
        return file.map(logins -> stager.register(new LoginCheck(
                logins,
                new ThreadFactoryBuilder()
                        .setNameFormat("login-check-%d")
                        .setDaemon(true)
                        .build())));
    }

    @Provides
    @Singleton
    LoginDelays loginDelays() {
        return new LoginDelays(Ticker.systemTicker());
    }

    @Provides
    @Singleton
    LoginRateLimits loginRateLimits(Clock clock) {
        return new LoginRateLimits(clock);
    }

    @Provides
    @Singleton
    DnsFailover dnsServers(Settings settings, MemoryBudget memory) {
        return new DnsFailover(settings.dns(), memory);
    }

    @Provides
    @Singleton
    DnsHealthCheck dnsHealthCheck(DnsFailover servers, Settings settings) {
        return new DnsHealthCheck(servers, settings.mx().onDnsFailure(), Ticker.systemTicker());
    }

    @Provides
    @Singleton
    RcptRuleAssembly rcptRuleAssembly(Settings settings) {
        return new RcptRuleAssembly(settings.mx(), Ticker.systemTicker());
    }

    @Provides
    @Singleton
    CachedDomainCheck cachedDomainCheck(
            DnsFailover servers,
            RcptRuleAssembly assembly,
            Settings settings,
            MeterRegistry meters,
            DnsHealthCheck health,
            MemoryBudget memory) {
        BoundedDomainCheck bounded = assembly.bounded(
                assembly.dns(new ObservedDns(servers, new DnsMeters(meters).and(health))),
                settings.dns().timeout(),
                memory);
        StaleVerdictLog staleLog = new StaleVerdictLog(meters, Clock.systemUTC());
        CachedDomainCheck cached = assembly.cached(bounded, domain -> {
            staleLog.staleVerdictUsed(domain);
            health.staleVerdictUsed(domain);
        });
        servers.addListener(new DnsServerLog(servers, cached, meters));
        servers.addListener(health);
        health.answerFrom(cached::hasAcceptedDomains);
        Gauge.builder("relaypod.dns.up", health, check -> check.isUp() ? 1 : 0)
                .description("Whether a DNS server could be used when that was last seen")
                .register(meters);
        Gauge.builder("relaypod.dns.domains.in.flight", bounded, BoundedDomainCheck::underWay)
                .description("Domains that DNS is being asked about")
                .register(meters);
        Gauge.builder("relaypod.dns.nonexistent.names", assembly.nonexistent(), NonexistentDomains::size)
                .description("Cached names that do not exist; the names below them do not exist either")
                .register(meters);
        Gauge.builder("relaypod.dns.domains.waiting", bounded, BoundedDomainCheck::waiting)
                .description("Domains that wait until DNS is asked about them")
                .register(meters);
        Gauge.builder("relaypod.dns.verdicts.bytes", cached, CachedDomainCheck::bytes)
                .baseUnit("bytes")
                .description("Memory of the cached verdicts")
                .register(meters);
        Gauge.builder("relaypod.dns.random.subdomains", cached.randomSubdomains(), RandomSubdomainLimit::bytes)
                .baseUnit("bytes")
                .description("Memory of the limits on nonexistent names below a registered domain")
                .register(meters);
        FunctionCounter.builder(
                        "relaypod.dns.random.subdomains.refused",
                        cached.randomSubdomains(),
                        RandomSubdomainLimit::refusals)
                .description(
                        "Names that DNS was not queried for, because the client asked for too many nonexistent ones")
                .register(meters);
        CaffeineCacheMetrics.monitor(meters, cached.verdicts(), "verdicts");
        return cached;
    }

    @Provides
    @Singleton
    RecipientRule recipientRule(
            RcptRuleAssembly assembly, CachedDomainCheck cached, Settings settings, ServerThreads threads) {
        MxSettings mx = settings.mx();
        return assembly.rule(
                assembly.domains(cached, domainList(mx.allowFile(), threads), domainList(mx.denyFile(), threads)));
    }

    private static Supplier<DomainSet> domainList(Optional<Path> path, ServerThreads threads) {
        return path.<Supplier<DomainSet>>map(present -> {
                    DomainListFile file = new DomainListFile(present);
                    threads.schedule("domain-list", FILE_POLL, file::reloadIfChanged);
                    return file;
                })
                .orElse(DomainSet::empty);
    }
}
