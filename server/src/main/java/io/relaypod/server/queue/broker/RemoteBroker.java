package io.relaypod.server.queue.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

import com.google.common.net.HostAndPort;
import io.relaypod.server.settings.InvalidSettingsException;
import io.relaypod.server.settings.QueueSettings.ClientCertificate;
import io.relaypod.server.settings.QueueSettings.RemoteQueue;
import io.relaypod.server.settings.Variable;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQNotConnectedException;
import org.apache.activemq.artemis.api.core.TransportConfiguration;
import org.apache.activemq.artemis.api.core.client.ActiveMQClient;
import org.apache.activemq.artemis.api.core.client.ClientSessionFactory;
import org.apache.activemq.artemis.api.core.client.ServerLocator;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyConnectorFactory;
import org.apache.activemq.artemis.core.remoting.impl.netty.TransportConstants;
import org.apache.activemq.artemis.core.remoting.impl.ssl.SSLSupport;
import org.apache.activemq.artemis.spi.core.remoting.ssl.SSLContextConfig;

/**
 * An Artemis elsewhere that several relays share, or a pair of which one takes over when the other fails: the first
 * that answers is used. docs/scaling.md says how it must be set up.
 */
public final class RemoteBroker implements Broker {

    private static final int CONFIRMATION_WINDOW = 1 << 20;
    // Small, as what one relay has fetched no other delivers.
    private static final int FETCHED_AHEAD = 128 << 10;
    // No waiting for credits: a disk that is nearly full is seen by poll(), and must not stop what is on its way out.
    private static final int UNLIMITED = -1;
    // A broker or a relay that falls silent is given up after it; one that is killed is noticed at once.
    private static final Duration SILENCE = Duration.ofSeconds(15);
    private static final Duration ASK_EVERY = Duration.ofSeconds(5);
    // A management command may go through all mails.
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(30);
    private static final int CONNECT_TIMEOUT = (int) Duration.ofSeconds(3).toMillis();

    private final RemoteQueue settings;
    private final Duration timeout;
    private final Optional<Path> keyStore;
    private final Map<HostAndPort, ServerLocator> servers;
    private volatile boolean isFull;

    /**
     * @param timeout how long a client's mail may take to be stored
     * @throws InvalidSettingsException when a certificate or key cannot be used
     */
    public RemoteBroker(RemoteQueue settings, Duration timeout) {
        this.settings = settings;
        this.timeout = timeout;
        this.keyStore = settings.certificate().map(RemoteBroker::keyStore);
        this.servers = new LinkedHashMap<>();
        checkTls();
        settings.servers().forEach(server -> servers.put(server, locator(server)));
    }

    // Artemis reads a certificate and its key from two files when a third names them.
    private static Path keyStore(ClientCertificate certificate) {
        Properties files = new Properties();
        files.setProperty(
                "source.certificate", certificate.chain().toAbsolutePath().toString());
        files.setProperty("source.key", certificate.key().toAbsolutePath().toString());
        try {
            Path store = Files.createTempFile("relaypod-queue-", ".pemcfg");
            try (var out = Files.newOutputStream(store)) {
                files.store(out, "");
            }
            return store;
        } catch (IOException noTemporaryFile) {
            throw new QueueUnavailableException(
                    "no temporary file for the queue's key can be written", noTemporaryFile);
        }
    }

    private void checkTls() {
        try {
            SSLContextConfig.Builder stores = SSLContextConfig.builder();
            settings.caFile()
                    .ifPresent(file -> stores.truststoreType("PEMCA")
                            .truststorePath(file.toAbsolutePath().toString()));
            keyStore.ifPresent(file ->
                    stores.keystoreType("PEMCFG").keystorePath(file.toString()).keystorePassword(""));
            new SSLSupport(stores.build()).createContext();
        } catch (Exception unusable) {
            close();
            throw new InvalidSettingsException(
                    "QUEUE_CA_FILE, QUEUE_CERT_FILE or QUEUE_KEY_FILE cannot be used: " + unusable);
        }
    }

    private Map<String, Object> parameters(HostAndPort server) {
        Map<String, Object> parameters = new HashMap<>(settings.parameters());
        parameters.put(TransportConstants.HOST_PROP_NAME, server.getHost());
        parameters.put(TransportConstants.PORT_PROP_NAME, server.getPort());
        parameters.put(TransportConstants.NETTY_CONNECT_TIMEOUT, CONNECT_TIMEOUT);
        settings.caFile().ifPresent(file -> {
            parameters.put(TransportConstants.TRUSTSTORE_TYPE_PROP_NAME, "PEMCA");
            parameters.put(
                    TransportConstants.TRUSTSTORE_PATH_PROP_NAME,
                    file.toAbsolutePath().toString());
        });
        keyStore.ifPresent(file -> {
            parameters.put(TransportConstants.KEYSTORE_TYPE_PROP_NAME, "PEMCFG");
            parameters.put(TransportConstants.KEYSTORE_PATH_PROP_NAME, file.toString());
            // PEM keys have none, and Artemis asks for one.
            parameters.put(TransportConstants.KEYSTORE_PASSWORD_PROP_NAME, "");
        });
        return parameters;
    }

    private ServerLocator locator(HostAndPort server) {
        return ActiveMQClient.createServerLocatorWithoutHA(
                        new TransportConfiguration(NettyConnectorFactory.class.getName(), parameters(server)))
                .setConfirmationWindowSize(CONFIRMATION_WINDOW)
                .setProducerWindowSize(UNLIMITED)
                .setConsumerWindowSize(FETCHED_AHEAD)
                .setCallTimeout(CALL_TIMEOUT.toMillis())
                .setConnectionTTL(SILENCE.toMillis())
                .setClientFailureCheckPeriod(ASK_EVERY.toMillis())
                .setInitialConnectAttempts(1)
                .setReconnectAttempts(0)
                .setFailoverAttempts(0);
    }

    @Override
    public List<BrokerConnection> connect(int count) throws ActiveMQException {
        List<String> reasons = new ArrayList<>();
        for (Map.Entry<HostAndPort, ServerLocator> server : servers.entrySet()) {
            try {
                return connect(server.getValue(), count);
            } catch (ActiveMQException away) {
                reasons.add(server.getKey() + ": " + away.getMessage());
            }
        }
        throw new ActiveMQNotConnectedException(String.join("; ", reasons));
    }

    private List<BrokerConnection> connect(ServerLocator server, int count) throws ActiveMQException {
        String password = password();
        List<BrokerConnection> connections = new ArrayList<>();
        try {
            while (connections.size() < count) {
                connections.add(new BrokerConnection(factory(server), settings.user(), password));
            }
            return connections;
        } catch (ActiveMQException away) {
            connections.forEach(BrokerConnection::abort);
            throw away;
        }
    }

    private static ClientSessionFactory factory(ServerLocator server) throws ActiveMQException {
        try {
            return server.createSessionFactory();
        } catch (ActiveMQException away) {
            throw away;
        } catch (Exception failure) {
            throw BrokerRefusedException.orElse(failure);
        }
    }

    private String password() throws ActiveMQException {
        try {
            return settings.passwordFile().isPresent()
                    ? Files.readString(settings.passwordFile().get()).strip()
                    : "";
        } catch (IOException unreadable) {
            throw new ActiveMQException(Variable.QUEUE_PASSWORD_FILE + " cannot be read: " + unreadable);
        }
    }

    @Override
    public void poll(BrokerManagement management) throws ActiveMQException {
        double used = 100 * ((Number) management.brokerAttribute("diskStoreUsage")).doubleValue();
        int limit = ((Number) management.brokerAttribute("maxDiskUsage")).intValue();
        isFull = limit > 0 && used >= limit;
    }

    @Override
    public void checkStorage() throws InsufficientStorageException {
        if (isFull) {
            throw new InsufficientStorageException("the disk of " + this + " is used beyond its max-disk-usage");
        }
    }

    @Override
    public Duration timeout() {
        return timeout;
    }

    @Override
    public boolean resendsUnconfirmed() {
        return true;
    }

    @Override
    public boolean isShared() {
        return true;
    }

    @Override
    public void close() {
        servers.values().forEach(ServerLocator::close);
        keyStore.ifPresent(file -> {
            try {
                Files.deleteIfExists(file);
            } catch (IOException gone) {
                file.toFile().deleteOnExit();
            }
        });
    }

    @Override
    public String toString() {
        return settings.url();
    }
}
