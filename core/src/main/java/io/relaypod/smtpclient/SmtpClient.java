package io.relaypod.smtpclient;

import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicReference;

import com.google.common.util.concurrent.ThreadFactoryBuilder;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.memory.Reservation;
import io.relaypod.threads.Background;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens SMTP connections and enforces their deadlines. Thread-safe.
 *
 * <pre>{@code
 * try (SmtpConnection connection = client.connect(server)) {
 *     TransactionResult result = connection.send(envelope, content);
 * }
 * }</pre>
 */
public final class SmtpClient implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(SmtpClient.class);

    private static final Duration CHECK_DEADLINES_EVERY = Duration.ofSeconds(1);
    // Idle connections are closed by then, and so are those whose mail is done.
    private static final Duration WAIT_FOR_MEMORY = Duration.ofSeconds(10);

    private final SmtpClientSettings settings;
    private final MemoryBudget memory;
    private final Set<DeadlineSocket> sockets = ConcurrentHashMap.newKeySet();
    private final Set<SmtpConnection> connections = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService deadlines =
            Executors.newSingleThreadScheduledExecutor(new ThreadFactoryBuilder()
                    .setNameFormat("smtp-deadlines")
                    .setDaemon(true)
                    .build());

    /** @param memory holds the largest reply of each connection */
    public SmtpClient(SmtpClientSettings settings, MemoryBudget memory) {
        this.settings = settings;
        this.memory = memory;
        Background.repeat(deadlines, CHECK_DEADLINES_EVERY, CHECK_DEADLINES_EVERY, this::closeOverdue);
    }

    /**
     * Opens a connection that is ready for a transaction: greeted, with TLS and AUTH as the settings say.
     *
     * @throws IOException if that fails; the message names the server
     */
    public SmtpConnection connect(SmtpServerAddress server) throws IOException {
        AtomicReference<DeadlineSocket> opened = new AtomicReference<>();
        AtomicReference<SmtpConnection> connected = new AtomicReference<>();
        Reservation reply = reserve(server);
        DeadlineSocket socket = new DeadlineSocket(settings.replyTimeout(), () -> {
            reply.close();
            sockets.remove(opened.get());
            if (connected.get() != null) {
                connections.remove(connected.get());
            }
        });
        opened.set(socket);
        sockets.add(socket);
        try {
            SmtpConnection connection = new SmtpConnection(settings, server, socket);
            connections.add(connection);
            connected.set(connection);
            return connection;
        } catch (IOException | RuntimeException notConnected) {
            socket.close();
            throw new IOException(
                    "no connection to " + server.address().getHostAddress() + " port " + server.port() + ": "
                            + notConnected.getMessage(),
                    notConnected);
        }
    }

    private Reservation reserve(SmtpServerAddress server) throws IOException {
        try {
            return memory.reserve(MemoryUse.GATEWAY, ReplyReader.LARGEST_REPLY, WAIT_FOR_MEMORY)
                    .orElseThrow(() -> new IOException("no memory for another connection to " + server.host()));
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", stopping);
        }
    }

    /** Number of connections that have waited for longer than this for the reply to a whole mail. */
    public int waitingForReply(Duration longerThan) {
        return (int) connections.stream()
                .filter(connection -> connection.isWaitingForReply(longerThan))
                .count();
    }

    private void closeOverdue() {
        long now = System.nanoTime();
        for (DeadlineSocket socket : sockets) {
            try {
                socket.closeIfOverdue(now);
            } catch (IOException | RuntimeException failure) {
                LOGGER.debug("an overdue connection was not closed", failure);
            }
        }
    }

    /** Ends the enforcement of deadlines; connections stay open. */
    @Override
    public void close() {
        deadlines.shutdownNow();
    }
}
