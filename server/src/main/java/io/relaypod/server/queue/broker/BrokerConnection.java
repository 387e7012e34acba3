package io.relaypod.server.queue.broker;

import com.google.common.base.Strings;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.activemq.artemis.api.core.client.ClientSessionFactory;
import org.apache.activemq.artemis.api.core.client.FailoverEventType;

/**
 * One connection to a broker, and its user. It never reconnects: when it breaks, its sessions are closed. Thread-safe.
 */
public final class BrokerConnection implements AutoCloseable {

    private final ClientSessionFactory factory;
    private final String user;
    private final String password;

    /** @param user empty for none */
    BrokerConnection(ClientSessionFactory factory, String user, String password) {
        this.factory = factory;
        this.user = user;
        this.password = password;
    }

    /** A session that commits each message at once. */
    public ClientSession session() throws ActiveMQException {
        return session(true);
    }

    /** A session whose sends and acknowledgements take effect at its commit. */
    public ClientSession transaction() throws ActiveMQException {
        return session(false);
    }

    private ClientSession session(boolean each) throws ActiveMQException {
        // Artemis expects null for no user.
        return factory.createSession(
                Strings.emptyToNull(user), Strings.emptyToNull(password), false, each, each, false, 0);
    }

    /** Has the listener called when the connection breaks, on a thread that the listener must not block. */
    void onBroken(Runnable listener) {
        factory.addFailoverListener(event -> {
            if (event == FailoverEventType.FAILOVER_FAILED) {
                listener.run();
            }
        });
    }

    /** Closes the connection without a message to the broker, which may be unavailable. */
    void abort() {
        factory.cleanup();
    }

    @Override
    public void close() {
        factory.close();
    }
}
