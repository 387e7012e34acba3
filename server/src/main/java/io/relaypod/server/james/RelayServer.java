package io.relaypod.server.james;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

import javax.annotation.PreDestroy;

import org.apache.james.mailrepository.api.MailRepository;
import org.apache.james.mailrepository.api.MailRepositoryStore;
import org.apache.james.mailrepository.api.MailRepositoryStore.MailRepositoryStoreException;
import org.apache.james.mailrepository.api.MailRepositoryUrl;
import org.apache.james.onami.lifecycle.Stager;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.queue.api.ManageableMailQueue;
import org.apache.james.server.core.configuration.ConfigurationProvider;
import org.apache.james.utils.InitializationOperations;
import org.apache.james.webadmin.WebAdminServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Key;
import com.google.inject.TypeLiteral;

import io.micrometer.core.instrument.MeterRegistry;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.smtp.RelaySmtpServerFactory;

/**
 * The relay: James with SMTP, spool, processors, repositories and webadmin, and nothing else. SMTP opens last, when all behind it
 * is ready, and closes first.
 *
 * <pre>{@code
 * RelayServer relay = RelayServer.start(Settings.from(System.getenv()), System.getenv(), new SimpleMeterRegistry());
 * }</pre>
 */
public final class RelayServer implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(RelayServer.class);

    // Within the 10 s that a stop may take; Netty needs 2 s of them to close quietly.
    private static final Duration DRAIN_TIME = Duration.ofSeconds(5);
    private static final Duration DRAIN_POLL = Duration.ofMillis(20);

    private final Injector injector;
    private final Settings settings;
    private final RelaySmtpServerFactory smtp;
    private final Optional<WebAdminServer> webadmin;

    private RelayServer(Injector injector, Settings settings) {
        this.injector = injector;
        this.settings = settings;
        this.smtp = injector.getInstance(RelaySmtpServerFactory.class);
        this.webadmin = settings.webadmin().map(address -> injector.getInstance(WebAdminServer.class));
    }

    /**
     * @param settings    where to listen, where to send
     * @param environment what else {@code ${env:...}} in james-conf may name
     * @param meters      where metrics go
     * @throws Exception as James' parts throw it; nothing listens then
     */
    public static RelayServer start(Settings settings, Map<String, String> environment, MeterRegistry meters) throws Exception {
        Files.createDirectories(settings.dataDir());
        RelayServer relay = new RelayServer(Guice.createInjector(
            new CoreModule(settings, environment, meters),
            new NoLocalUsersModule(),
            new MailModule(),
            new SmtpModule(),
            WebAdminModule.create()), settings);
        try {
            relay.start();
            return relay;
        } catch (Exception | Error notStarted) {
            relay.preDestroy();
            throw notStarted;
        }
    }

    private void start() throws Exception {
        // James starts what was made first first, and its mailets need the repositories.
        injector.getInstance(MailRepositoryStore.class);
        injector.getInstance(InitializationOperations.class).initModules();
        smtp.configure(injector.getInstance(ConfigurationProvider.class).getConfiguration("smtpserver"));
        try {
            smtp.init();
        } catch (BindException taken) {
            throw new IOException("cannot listen at " + settings.listen() + " (LISTEN_ADDR): " + taken.getMessage(), taken);
        }
    }

    /** Where SMTP is served, once started. */
    public InetSocketAddress smtpAddress() {
        return smtp.getServers().stream()
            .flatMap(server -> server.getListenAddresses().stream())
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("smtpserver.xml names no server"));
    }

    /** Where webadmin is served, unless it is off. */
    public Optional<Integer> webadminPort() {
        return webadmin.map(server -> server.getPort().getValue());
    }

    /** The repository of that URL, such as {@code file://var/mail/failed/}. */
    public MailRepository repository(String url) throws MailRepositoryStoreException {
        return injector.getInstance(MailRepositoryStore.class).select(MailRepositoryUrl.from(url));
    }

    /** Mails in the spool and the outgoing queue, those that wait for their next try included. */
    public long queuedMails() {
        MailQueueFactory<? extends ManageableMailQueue> queues =
            injector.getInstance(Key.get(new TypeLiteral<MailQueueFactory<? extends ManageableMailQueue>>() { }));
        return queues.listCreatedMailQueues().stream().mapToLong(name -> size(queues, name)).sum();
    }

    private static long size(MailQueueFactory<? extends ManageableMailQueue> queues, MailQueueName name) {
        try (ManageableMailQueue queue = queues.createQueue(name)) {
            return queue.getSize();
        } catch (Exception unreadable) {
            throw new IllegalStateException("size of queue " + name.asString() + " cannot be read", unreadable);
        }
    }

    /** Takes no more mail, delivers what is in hand for a few seconds, and stops. */
    @Override
    public void close() {
        smtp.destroy();
        drain();
        preDestroy();
    }

    private void drain() {
        Instant deadline = Instant.now().plus(DRAIN_TIME);
        while (queuedMails() > 0 && Instant.now().isBefore(deadline)) {
            try {
                Thread.sleep(DRAIN_POLL.toMillis());
            } catch (InterruptedException stopNow) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        long left = queuedMails();
        if (left > 0) {
            LOGGER.error("event=lost mails={} reason=\"the queue is in memory and the gateway did not take them in time\"", left);
        }
    }

    private void preDestroy() {
        injector.getInstance(Key.get(new TypeLiteral<Stager<PreDestroy>>() { })).stage();
    }
}
