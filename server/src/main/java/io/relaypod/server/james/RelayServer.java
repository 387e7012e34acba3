package io.relaypod.server.james;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.annotation.PreDestroy;

import com.google.inject.Injector;
import com.google.inject.Key;
import com.google.inject.TypeLiteral;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.graph.GraphService;
import io.relaypod.server.health.Lifecycle;
import io.relaypod.server.metrics.MemoryMeters;
import io.relaypod.server.monitoring.Monitoring;
import io.relaypod.server.notify.Notifier;
import io.relaypod.server.queue.ArtemisMailQueueFactory;
import io.relaypod.server.queue.broker.Broker;
import io.relaypod.server.queue.broker.BrokerRefusedException;
import io.relaypod.server.queue.broker.EmbeddedBroker;
import io.relaypod.server.queue.broker.RemoteBroker;
import io.relaypod.server.queue.inflight.InFlightMails;
import io.relaypod.server.quota.QuotaStore;
import io.relaypod.server.settings.InvalidSettingsException;
import io.relaypod.server.settings.QueueSettings;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.settings.Variable;
import io.relaypod.server.smtp.RelaySmtpServerFactory;
import io.relaypod.server.threads.ServerThreads;
import org.apache.james.mailrepository.api.MailRepository;
import org.apache.james.mailrepository.api.MailRepositoryStore;
import org.apache.james.mailrepository.api.MailRepositoryStore.MailRepositoryStoreException;
import org.apache.james.mailrepository.api.MailRepositoryUrl;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.onami.lifecycle.Stager;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.server.core.configuration.ConfigurationProvider;
import org.apache.james.utils.InitializationOperations;
import org.apache.james.webadmin.WebAdminServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The relay: James with SMTP, spool, processors, repositories and webadmin, and nothing else. SMTP opens last, when all
 * behind it is ready, and closes first.
 *
 * <pre>{@code
 * PrometheusMeterRegistry meters = MeterNames.registry();
 * RelayServer relay = RelayServer.start(RelayAssembly.of(System.getenv(), meters), meters);
 * }</pre>
 */
public final class RelayServer implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(RelayServer.class);

    // A part of the 40 s that docs/queue.md names for a stop beside DRAIN_TIMEOUT; terminationGracePeriodSeconds must
    // be above them.
    private static final Duration COUNT_TIME = Duration.ofSeconds(2);
    private static final String UNKNOWN = "unknown";

    private final Broker broker;
    private final Injector injector;
    private final Settings settings;
    private final ArtemisMailQueueFactory queues;
    private final RelaySmtpServerFactory smtp;
    private final Optional<WebAdminServer> webadmin;
    private final QuotaStore quotas;
    private final Lifecycle lifecycle;
    private final Monitoring monitoring;
    private final Optional<Notifier> notifier;

    private RelayServer(Broker broker, Injector injector, Settings settings) {
        this.broker = broker;
        this.injector = injector;
        this.settings = settings;
        this.queues = injector.getInstance(ArtemisMailQueueFactory.class);
        this.smtp = injector.getInstance(RelaySmtpServerFactory.class);
        new MemoryMeters(injector.getInstance(MemoryBudget.class)).bindTo(injector.getInstance(MeterRegistry.class));
        injector.getInstance(GaugeRegistry.class)
                .register("queueConnected", () -> queues.isConnected() ? 1 : 0)
                .register("suspectMails", injector.getInstance(InFlightMails.class)::suspects);
        this.quotas = injector.getInstance(QuotaStore.class);
        this.lifecycle = injector.getInstance(Lifecycle.class);
        this.monitoring = injector.getInstance(Monitoring.class);
        this.notifier = injector.getInstance(Key.get(new TypeLiteral<Optional<Notifier>>() {}));
        this.webadmin = settings.webadmin().map(served -> injector.getInstance(WebAdminServer.class));
    }

    /**
     * @param assembly without faults
     * @param meters where metrics go
     * @throws InvalidSettingsException when James finds something wrong that could not be found before
     * @throws Exception as James' parts throw it; nothing listens then
     */
    public static RelayServer start(RelayAssembly assembly, PrometheusMeterRegistry meters) throws Exception {
        assembly.findings().throwIfWrong();
        Files.createDirectories(assembly.settings().dataDir());
        return start(broker(assembly.settings(), meters), assembly);
    }

    /** The broker that the settings name, to be closed by whoever asks. */
    public static Broker broker(Settings settings, MeterRegistry meters) {
        QueueSettings queue = settings.queue();
        return queue.remote()
                .<Broker>map(remote -> new RemoteBroker(remote, queue.timeout()))
                .orElseGet(() -> EmbeddedBroker.start(settings.dataDir(), queue.timeout(), meters));
    }

    /**
     * The same on a broker that was started before.
     *
     * @param broker where the queues are; closed with the relay, or when it cannot be started
     */
    public static RelayServer start(
            Broker broker, Settings settings, Map<String, String> environment, PrometheusMeterRegistry meters)
            throws Exception {
        return start(broker, RelayAssembly.of(settings, environment, meters));
    }

    private static RelayServer start(Broker broker, RelayAssembly assembly) throws Exception {
        RelayServer relay = assemble(broker, assembly);
        try {
            relay.start();
            return relay;
        } catch (Exception | Error notStarted) {
            relay.stopParts();
            throw StartFailure.of(notStarted);
        }
    }

    private static RelayServer assemble(Broker broker, RelayAssembly assembly) {
        try {
            assembly.findings().throwIfWrong();
            return new RelayServer(broker, assembly.injector(broker), assembly.settings());
        } catch (RuntimeException | Error notAssembled) {
            broker.close();
            throw notAssembled;
        }
    }

    private void start() throws Exception {
        if (!settings.relayNetworks().open().isEmpty()) {
            LOGGER.warn(
                    "event=relay-networks-public networks={} reason=\"whoever is in them may send mail through this relay, with any sender\"",
                    String.join(",", settings.relayNetworks().open()));
        }
        try {
            queues.open();
        } catch (BrokerRefusedException refused) {
            throw new InvalidSettingsException(Variable.QUEUE_URL + " is '" + broker + "'; " + refused.getMessage());
        }
        // James starts what was made first first, and its mailets need the repositories.
        injector.getInstance(MailRepositoryStore.class);
        injector.getInstance(InitializationOperations.class).initModules();
        injector.getInstance(GraphService.class).start(injector.getInstance(ServerThreads.class));
        monitoring.start();
        smtp.configure(injector.getInstance(ConfigurationProvider.class).getConfiguration("smtpserver"));
        try {
            smtp.init();
        } catch (BindException taken) {
            throw new IOException(
                    "cannot listen at " + settings.listen() + " (LISTEN_ADDR): " + taken.getMessage(), taken);
        }
        lifecycle.serving();
        notifier.ifPresent(Notifier::start);
    }

    /** Where SMTP is served, once started. */
    public InetSocketAddress smtpAddress() {
        return smtp.getServers().stream()
                .flatMap(server -> server.getListenAddresses().stream())
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("smtpserver.xml names no server"));
    }

    /** Where TLS begins with the connection, unless it is off. */
    public Optional<InetSocketAddress> smtpsAddress() {
        return smtp.smtpsAddress();
    }

    /** Where metrics, health and the status page are served, unless they are off. */
    public Optional<Integer> metricsPort() {
        return monitoring.address().map(InetSocketAddress::getPort);
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
        return queues.listCreatedMailQueues().stream().mapToLong(this::size).sum();
    }

    private long size(MailQueueName name) {
        try {
            return queues.createQueue(name).getSize();
        } catch (MailQueueException unreadable) {
            throw new IllegalStateException("size of queue " + name.asString() + " cannot be read", unreadable);
        }
    }

    /**
     * Takes no more mail, finishes for a few seconds what is in hand, and stops. What is left is in the queues at the
     * next start.
     */
    @Override
    public void close() {
        lifecycle.draining();
        try {
            smtp.destroy();
            queues.stopDequeuing();
            drain();
            LOGGER.info("event=drained left={}", left());
        } finally {
            stopParts();
        }
    }

    // For a log line only: a broker that does not answer must not keep us from stopping.
    private String left() {
        return queues.isConnected()
                ? CompletableFuture.supplyAsync(() -> Long.toString(queuedMails()))
                        .completeOnTimeout(UNKNOWN, COUNT_TIME.toMillis(), TimeUnit.MILLISECONDS)
                        .exceptionally(unreadable -> UNKNOWN)
                        .join()
                : UNKNOWN;
    }

    private void drain() {
        try {
            queues.awaitNoneInFlight(settings.queue().drain());
        } catch (InterruptedException stopNow) {
            Thread.currentThread().interrupt();
        }
    }

    private void stopParts() {
        try {
            injector.getInstance(Key.get(new TypeLiteral<Stager<PreDestroy>>() {}))
                    .stage();
        } finally {
            monitoring.close();
            queues.close();
            quotas.close();
            broker.close();
            injector.getInstance(ServerThreads.class).close();
        }
    }
}
