package io.relaypod.gateway;

import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;

import javax.mail.MessagingException;
import javax.mail.Session;
import javax.mail.URLName;

import org.apache.commons.pool2.BaseKeyedPooledObjectFactory;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.DefaultPooledObject;
import org.apache.commons.pool2.impl.GenericKeyedObjectPool;
import org.apache.commons.pool2.impl.GenericKeyedObjectPoolConfig;
import org.apache.james.transport.mailets.remote.delivery.RemoteDeliveryConfiguration;

import io.relaypod.events.MailEvents;

/**
 * Connections to the gateway, kept for a while for the next mail, as opening one takes longer than sending a mail. There are as many as
 * callers have at a time. Thread-safe.
 */
final class GatewayConnections implements AutoCloseable {

    private final GenericKeyedObjectPool<Gateway, SMTPTransport> pool;
    private final AtomicLong opened = new AtomicLong();

    /**
     * @param idleTime           how long one is kept that nobody uses
     * @param mailsPerConnection after so many it is closed
     * @param dataTimeout        how long the reply to a mail's end is waited for
     * @param events             is told what was delivered
     */
    GatewayConnections(RemoteDeliveryConfiguration configuration, Duration idleTime, int mailsPerConnection, Duration dataTimeout, MailEvents events) {
        GenericKeyedObjectPoolConfig<SMTPTransport> settings = new GenericKeyedObjectPoolConfig<>();
        settings.setMaxTotal(-1);
        settings.setMaxTotalPerKey(-1);
        settings.setMaxIdlePerKey(-1);
        settings.setTestOnReturn(true);
        settings.setMinEvictableIdleDuration(idleTime);
        settings.setTimeBetweenEvictionRuns(idleTime.dividedBy(2));
        settings.setNumTestsPerEvictionRun(-1);
        settings.setJmxEnabled(false);
        this.pool = new GenericKeyedObjectPool<>(new Opening(configuration, mailsPerConnection, dataTimeout, events), settings);
    }

    /**
     * Where a connection leads.
     *
     * @param hostName as it was configured
     * @param url      with an address of that host
     */
    record Gateway(String hostName, String url) {
    }

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

    /** A new connection, when one that was kept turned out to be dead; the others of its age are closed. To be given back. */
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
            throw new MessagingException("a connection to " + gateway.hostName() + " could not be given up", impossible);
        }
    }

    /** Keeps the connection for another mail, unless it is broken or has served its time. */
    void giveBack(Gateway gateway, SMTPTransport connection) {
        pool.returnObject(gateway, connection);
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
    }

    private final class Opening extends BaseKeyedPooledObjectFactory<Gateway, SMTPTransport> {

        private final RemoteDeliveryConfiguration configuration;
        private final int mailsPerConnection;
        private final Duration dataTimeout;
        private final MailEvents events;

        Opening(RemoteDeliveryConfiguration configuration, int mailsPerConnection, Duration dataTimeout, MailEvents events) {
            this.configuration = configuration;
            this.mailsPerConnection = mailsPerConnection;
            this.dataTimeout = dataTimeout;
            this.events = events;
        }

        @Override
        public SMTPTransport create(Gateway gateway) throws MessagingException {
            URLName url = new URLName(gateway.url());
            OneSocket socket = new OneSocket();
            SMTPTransport connection = new SMTPTransport(session(url.getProtocol(), socket), url, socket, dataTimeout, events);
            if (configuration.getAuthUser() != null) {
                connection.connect(gateway.hostName(), configuration.getAuthUser(), configuration.getAuthPass());
            } else if (configuration.isConnectByHostname()) {
                connection.connect(gateway.hostName(), null, null);
            } else {
                connection.connect();
            }
            opened.incrementAndGet();
            return connection;
        }

        private Session session(String protocol, OneSocket socket) {
            Properties properties = protocol.equals("smtps") ? configuration.createFinalJavaxPropertiesWithSSL() : configuration.createFinalJavaxProperties();
            // The reply to QUIT changes nothing, and a gateway that is frozen would keep us for its whole timeout, a stop of the process too.
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
            pooled.getObject().close();
        }
    }
}
