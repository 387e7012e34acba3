package io.relaypod.server.queue.broker;

import com.google.common.base.Strings;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.activemq.artemis.api.core.client.ClientSessionFactory;
import org.apache.activemq.artemis.api.core.client.FailoverEventType;

/**
 * One connection to a broker, and as whom. It is never made again: when it breaks, all that was opened on it is closed.
 * Thread-safe.
 */
public final class BrokerConnection implements AutoCloseable {

    private final ClientSessionFactory factory;
    private final String user;
    private final String password;

    /** @param user empty for nobody */
    BrokerConnection(ClientSessionFactory factory, String user, String password) {
        this.factory = factory;
        this.user = user;
        this.password = password;
    }

    /** Each message is sent and acknowledged by itself. */
    public ClientSession session() throws ActiveMQException {
        return session(true);
    }

    /** What is sent and acknowledged counts when it is committed. */
    public ClientSession transaction() throws ActiveMQException {
        return session(false);
    }

    private ClientSession session(boolean each) throws ActiveMQException {
        // Artemis takes null for nobody.
        return factory.createSession(
                Strings.emptyToNull(user), Strings.emptyToNull(password), false, each, each, false, 0);
    }

    /** Calls back, on a thread that must not be kept, when the connection breaks. */
    void onBroken(Runnable listener) {
        factory.addFailoverListener(event -> {
            if (event == FailoverEventType.FAILOVER_FAILED) {
                listener.run();
            }
        });
    }

    /** Does not talk to the broker, which may have gone. */
    void abort() {
        factory.cleanup();
    }

    @Override
    public void close() {
        factory.close();
    }
}
