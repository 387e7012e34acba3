package io.relaypod.gateway;

import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

import io.relaypod.smtpclient.SmtpClient;
import io.relaypod.smtpclient.SmtpConnection;
import io.relaypod.smtpclient.SmtpServerAddress;
import org.apache.commons.pool2.BaseKeyedPooledObjectFactory;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.DefaultPooledObject;
import org.apache.commons.pool2.impl.GenericKeyedObjectPool;
import org.apache.commons.pool2.impl.GenericKeyedObjectPoolConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pool of connections to the gateway, because opening one takes longer than sending a mail. It holds as many as
 * callers use at a time. Thread-safe.
 */
final class GatewayConnections implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(GatewayConnections.class);

    private static final String SMTP2GRAPH = "smtp2graph";

    private final SmtpClient client;
    private final int mailsPerConnection;
    private final GenericKeyedObjectPool<SmtpServerAddress, SmtpConnection> pool;
    private final AtomicLong opened = new AtomicLong();

    /**
     * @param idleTime after which an unused connection is closed
     * @param mailsPerConnection number of transactions after which a connection is closed
     */
    GatewayConnections(SmtpClient client, Duration idleTime, int mailsPerConnection) {
        this.client = client;
        this.mailsPerConnection = mailsPerConnection;
        GenericKeyedObjectPoolConfig<SmtpConnection> settings = new GenericKeyedObjectPoolConfig<>();
        settings.setMaxTotal(-1);
        settings.setMaxTotalPerKey(-1);
        settings.setMaxIdlePerKey(-1);
        settings.setTestOnReturn(true);
        settings.setMinEvictableIdleDuration(idleTime);
        settings.setTimeBetweenEvictionRuns(idleTime.dividedBy(2));
        settings.setNumTestsPerEvictionRun(-1);
        settings.setJmxEnabled(false);
        this.pool = new GenericKeyedObjectPool<>(new ConnectionFactory(), settings);
    }

    /** Returns an idle connection, or else a new one. The caller gives it back. */
    SmtpConnection take(SmtpServerAddress server) throws IOException {
        try {
            return pool.borrowObject(server);
        } catch (IOException notConnected) {
            throw notConnected;
        } catch (Exception closed) {
            // The pool is closed when the process stops, which is no fault of the mail.
            throw new IOException("no connection to " + server.host() + ": " + closed.getMessage(), closed);
        }
    }

    /**
     * Returns a new connection, for a caller whose idle connection turned out to be dead. The other idle ones, which
     * are as old, are closed. The caller gives it back.
     */
    SmtpConnection takeNew(SmtpServerAddress server) throws IOException {
        pool.clear(server);
        SmtpConnection connection = take(server);
        while (connection.transactions() > 0) {
            invalidate(server, connection);
            connection = take(server);
        }
        return connection;
    }

    private void invalidate(SmtpServerAddress server, SmtpConnection connection) throws IOException {
        try {
            pool.invalidateObject(server, connection);
        } catch (Exception impossible) {
            throw new IOException("a connection to " + server.host() + " could not be closed", impossible);
        }
    }

    /** Keeps the connection for another mail, or closes it if it may not carry one. */
    void release(SmtpServerAddress server, SmtpConnection connection) {
        pool.returnObject(server, connection);
    }

    /** Whether another transaction may follow on this connection. */
    boolean mayCarryAnother(SmtpConnection connection) {
        return connection.isUsable() && connection.transactions() < (isSmtp2Graph(connection) ? 1 : mailsPerConnection);
    }

    /** Whether the greeting names smtp2graph, which loses a mail if one connection carries two. */
    static boolean isSmtp2Graph(SmtpConnection connection) {
        return connection.greeting().toLowerCase(Locale.ROOT).contains(SMTP2GRAPH);
    }

    /** Number of connections that have waited for longer than this for the reply to a whole mail. */
    int waitingForReply(Duration longerThan) {
        return client.waitingForReply(longerThan);
    }

    /** Number of connections in use. */
    int active() {
        return pool.getNumActive();
    }

    /** Number of connections that are kept for another mail. */
    int idle() {
        return pool.getNumIdle();
    }

    /** Number of connections opened since the start. */
    long opened() {
        return opened.get();
    }

    @Override
    public void close() {
        pool.close();
        client.close();
    }

    private final class ConnectionFactory extends BaseKeyedPooledObjectFactory<SmtpServerAddress, SmtpConnection> {

        @Override
        public SmtpConnection create(SmtpServerAddress server) throws IOException {
            SmtpConnection connection = client.connect(server);
            opened.incrementAndGet();
            if (isSmtp2Graph(connection)) {
                LOGGER.warn(
                        "event=gateway-is-smtp2graph next=\"one mail a connection\" reason=\"smtp2graph loses a mail if one connection carries two; "
                                + "UPSTREAM_HOST and UPSTREAM_PORT must name Mailpit\"");
            }
            return connection;
        }

        @Override
        public PooledObject<SmtpConnection> wrap(SmtpConnection connection) {
            return new DefaultPooledObject<>(connection);
        }

        @Override
        public boolean validateObject(SmtpServerAddress server, PooledObject<SmtpConnection> pooled) {
            return mayCarryAnother(pooled.getObject());
        }

        @Override
        public void destroyObject(SmtpServerAddress server, PooledObject<SmtpConnection> pooled) {
            pooled.getObject().close();
        }
    }
}
