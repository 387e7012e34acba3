package io.relaypod.lab.world;

import java.net.InetSocketAddress;
import java.util.Map;

/** The relay of a world: in this process, or a program of its own. Implementations are safe for use by many threads. */
public interface Relay extends AutoCloseable {

    /** Starts one; it serves SMTP when this returns. */
    @FunctionalInterface
    interface RelayStarter {

        /** @param environment the relay's variables */
        Relay start(Map<String, String> environment) throws Exception;
    }

    InetSocketAddress smtpAddress();

    /** Mails in its queues, those that wait for their next try included. */
    long queuedMails();

    /**
     * What it has counted; 0 when nothing was counted yet.
     *
     * @param metric by Prometheus' name, such as {@code relaypod_rcpt_total}
     * @param labels keys and values; those that are left out may be anything
     */
    long count(String metric, String... labels);

    /** Stops it in order, as SIGTERM does. */
    @Override
    void close();
}
