package io.relaypod.lab.world;

import java.net.InetSocketAddress;
import java.util.Map;

/** The relay of a lab world: in this process, or a program of its own. Implementations are thread-safe. */
public interface Relay extends AutoCloseable {

    /** Starts a relay, which serves SMTP when the method returns. */
    @FunctionalInterface
    interface RelayStarter {

        /** @param environment the relay's variables */
        Relay start(Map<String, String> environment) throws Exception;
    }

    InetSocketAddress smtpAddress();

    /** Messages in the relay's queues, those that wait for their next attempt included. */
    long queuedMails();

    /**
     * The value of a metric, summed over its series; 0 if there is none.
     *
     * @param metric Prometheus name, such as {@code relaypod_rcpt_total}
     * @param labels keys and values; other labels may have any value
     */
    long count(String metric, String... labels);

    /** Stops the relay in order, as SIGTERM does. */
    @Override
    void close();
}
