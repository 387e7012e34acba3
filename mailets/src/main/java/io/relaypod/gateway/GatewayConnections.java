package io.relaypod.gateway;

import java.io.IOException;
import java.time.Duration;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import javax.mail.MessagingException;
import javax.mail.Session;
import javax.mail.URLName;

import io.relaypod.events.MailEventPublisher;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.memory.Reservation;
import org.apache.commons.pool2.BaseKeyedPooledObjectFactory;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.DefaultPooledObject;
import org.apache.commons.pool2.impl.GenericKeyedObjectPool;
import org.apache.commons.pool2.impl.GenericKeyedObjectPoolConfig;
import org.apache.james.transport.mailets.remote.delivery.RemoteDeliveryConfiguration;
import org.apache.james.util.concurrent.NamedThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections to the gateway, kept for a while for the next mail, as opening one takes longer than sending a mail.
 * There are as many as callers have at a time. Thread-safe.
 */
final class GatewayConnections implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(GatewayConnections.class);

    private static final Duration LOOK_FOR_OVERDUE_EVERY = Duration.ofSeconds(1);
    // Other connections are closed when they have been idle, and their mail is done.
    private static final Duration WAIT_FOR_MEMORY = Duration.ofSeconds(10);

    private final GenericKeyedObjectPool<Gateway, SMTPTransport> pool;
    private final AtomicLong opened = new AtomicLong();
    private final Set<SMTPTransport> connections = ConcurrentHashMap.newKeySet();
    private final Set<GatewaySocket> sockets = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService watchdog =
            Executors.newSingleThreadScheduledExecutor(NamedThreadFactory.withName("gateway-deadlines"));
    private final MemoryBudget memory;

    /**
     * @param idleTime how long one is kept that nobody uses
     * @param mailsPerConnection after so many it is closed
     * @param dataTimeout how long the reply to a mail's end is waited for
     * @param events is told what was delivered
     * @param memory has room for a reply on each connection
     */
    GatewayConnections(
            RemoteDeliveryConfiguration configuration,
            Duration idleTime,
            int mailsPerConnection,
            Duration dataTimeout,
            MailEventPublisher events,
            MemoryBudget memory) {
        this.memory = memory;
        GenericKeyedObjectPoolConfig<SMTPTransport> settings = new GenericKeyedObjectPoolConfig<>();
        settings.setMaxTotal(-1);
        settings.setMaxTotalPerKey(-1);
        settings.setMaxIdlePerKey(-1);
        settings.setTestOnReturn(true);
        settings.setMinEvictableIdleDuration(idleTime);
        settings.setTimeBetweenEvictionRuns(idleTime.dividedBy(2));
        settings.setNumTestsPerEvictionRun(-1);
        settings.setJmxEnabled(false);
        this.pool = new GenericKeyedObjectPool<>(
                new Opening(configuration, mailsPerConnection, dataTimeout, events), settings);
        watchdog.scheduleWithFixedDelay(
                this::giveUpOverdue,
                LOOK_FOR_OVERDUE_EVERY.toMillis(),
                LOOK_FOR_OVERDUE_EVERY.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    private void giveUpOverdue() {
        long now = System.nanoTime();
        for (GatewaySocket socket : sockets) {
            if (socket.isOverdue(now)) {
                try {
                    socket.giveUp();
                } catch (IOException | RuntimeException closed) {
                    LOGGER.debug("a connection to the gateway could not be closed", closed);
                }
            }
        }
    }

    /**
     * Where a connection leads.
     *
     * @param hostName as it was configured
     * @param url with an address of that host
     */
    record Gateway(String hostName, String url) {}

    /** A connection that was kept, or a new one; to be given back. */
    SMTPTransport take(Gateway gateway) throws MessagingException {
        try {
            return pool.borrowObject(gateway);
        } catch (MessagingException failure) {
            throw failure;
        } catch (Exception closed) {
            // As the pool is when the process stops: no fault of the mail.
            throw new MessagingException("no connection to " + gateway.hostName(), closed);
        }
    }

    /**
     * A new connection, when one that was kept turned out to be dead; the others of its age are closed. To be given
     * back.
     */
    SMTPTransport takeNew(Gateway gateway) throws MessagingException {
        pool.clear(gateway);
        SMTPTransport connection = take(gateway);
        while (connection.mails() > 0) {
            invalidate(gateway, connection);
            connection = take(gateway);
        }
        return connection;
    }

    private void invalidate(Gateway gateway, SMTPTransport connection) throws MessagingException {
        try {
            pool.invalidateObject(gateway, connection);
        } catch (Exception impossible) {
            throw new MessagingException(
                    "a connection to " + gateway.hostName() + " could not be given up", impossible);
        }
    }

    /** Keeps the connection for another mail, unless it is broken or has served its time. */
    void giveBack(Gateway gateway, SMTPTransport connection) {
        pool.returnObject(gateway, connection);
    }

    /** Connections whose gateway has had a whole mail for so long, and has not replied. */
    int hanging(Duration time) {
        return (int) connections.stream()
                .filter(connection -> connection.isHanging(time))
                .count();
    }

    /** Open connections that are sending a mail. */
    int active() {
        return pool.getNumActive();
    }

    /** Open connections that wait for a mail. */
    int idle() {
        return pool.getNumIdle();
    }

    /** Connections that were ever opened. */
    long opened() {
        return opened.get();
    }

    @Override
    public void close() {
        pool.close();
        watchdog.shutdownNow();
    }

    private GatewaySocket open() throws MessagingException {
        try {
            Reservation reply = memory.reserve(MemoryUse.GATEWAY, GatewaySocket.LARGEST_REPLY, WAIT_FOR_MEMORY)
                    .orElseThrow(
                            () -> new MessagingException("there is no memory for another connection to the gateway"));
            AtomicReference<GatewaySocket> self = new AtomicReference<>();
            GatewaySocket socket = new GatewaySocket(() -> {
                reply.close();
                sockets.remove(self.get());
            });
            self.set(socket);
            sockets.add(socket);
            return socket;
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new MessagingException("the relay stops", stopping);
        }
    }

    private final class Opening extends BaseKeyedPooledObjectFactory<Gateway, SMTPTransport> {

        private final RemoteDeliveryConfiguration configuration;
        private final int mailsPerConnection;
        private final Duration dataTimeout;
        private final MailEventPublisher events;

        Opening(
                RemoteDeliveryConfiguration configuration,
                int mailsPerConnection,
                Duration dataTimeout,
                MailEventPublisher events) {
            this.configuration = configuration;
            this.mailsPerConnection = mailsPerConnection;
            this.dataTimeout = dataTimeout;
            this.events = events;
        }

        @Override
        public SMTPTransport create(Gateway gateway) throws MessagingException {
            GatewaySocket socket = open();
            try {
                SMTPTransport connection = connect(gateway, new OneSocket(socket));
                connections.add(connection);
                opened.incrementAndGet();
                return connection;
            } catch (MessagingException | RuntimeException notConnected) {
                closeQuietly(socket);
                throw notConnected;
            }
        }

        private SMTPTransport connect(Gateway gateway, OneSocket socket) throws MessagingException {
            URLName url = new URLName(gateway.url());
            SMTPTransport connection =
                    new SMTPTransport(session(url.getProtocol(), socket), url, socket, dataTimeout, events);
            if (configuration.getAuthUser() != null) {
                connection.connect(gateway.hostName(), configuration.getAuthUser(), configuration.getAuthPass());
            } else if (configuration.isConnectByHostname()) {
                connection.connect(gateway.hostName(), null, null);
            } else {
                connection.connect();
            }
            return connection;
        }

        private static void closeQuietly(GatewaySocket socket) {
            try {
                socket.close();
            } catch (IOException closed) {
                LOGGER.debug("a connection that was not made could not be closed", closed);
            }
        }

        private Session session(String protocol, OneSocket socket) {
            Properties properties = protocol.equals("smtps")
                    ? configuration.createFinalJavaxPropertiesWithSSL()
                    : configuration.createFinalJavaxProperties();
            // The reply to QUIT changes nothing, and a gateway that is frozen would keep us for its whole timeout, a
            // stop of the process too.
            properties.put("mail." + protocol + ".quitwait", "false");
            properties.put("mail." + protocol + ".socketFactory", socket);
            properties.put("mail." + protocol + ".socketFactory.fallback", "false");
            return Session.getInstance(properties);
        }

        @Override
        public PooledObject<SMTPTransport> wrap(SMTPTransport connection) {
            return new DefaultPooledObject<>(connection);
        }

        @Override
        public boolean validateObject(Gateway gateway, PooledObject<SMTPTransport> pooled) {
            return pooled.getObject().isUsable() && pooled.getObject().mails() < mailsPerConnection;
        }

        @Override
        public void destroyObject(Gateway gateway, PooledObject<SMTPTransport> pooled) {
            connections.remove(pooled.getObject());
            pooled.getObject().close();
        }
    }
}
