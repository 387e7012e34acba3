package io.relaypod.server.queue.broker;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import io.relaypod.server.threads.ServerThreads;
import io.relaypod.threads.Background;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQNotConnectedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the relay connected to the broker. If a connection breaks, new ones are tried once a second until the broker is
 * available again. Thread-safe.
 */
public final class BrokerLink implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(BrokerLink.class);

    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
    private static final Duration CLOSED_WITHIN = Duration.ofSeconds(3);

    private final Broker broker;
    private final ScheduledExecutorService thread;
    private volatile State state = State.unavailable();
    private String lastReason = "";
    private boolean closed;

    /**
     * @param connected completes when the broker is available
     * @param since by {@link System#nanoTime()}
     */
    private record State(CompletableFuture<BrokerConnections> connected, long since) {

        static State unavailable() {
            return new State(new CompletableFuture<>(), System.nanoTime());
        }

        boolean isUp() {
            return connected.isDone();
        }

        Duration age() {
            return Duration.ofNanos(System.nanoTime() - since);
        }
    }

    /** @param threads own the thread that makes the connections */
    public BrokerLink(Broker broker, ServerThreads threads) {
        this.broker = broker;
        this.thread = threads.scheduler("queue-link");
    }

    /**
     * Connects, now or when the broker is available.
     *
     * @throws BrokerRefusedException if the broker is available and cannot be used
     */
    public void open() throws BrokerRefusedException {
        try {
            connect();
        } catch (BrokerRefusedException refused) {
            throw refused;
        } catch (ActiveMQException unavailable) {
            logOnce(unavailable.getMessage());
        }
        Background.repeat(thread, LOOK_EVERY, LOOK_EVERY, this::keep);
    }

    public boolean isUp() {
        return state.isUp();
    }

    public Optional<BrokerConnections> ifUp() {
        State now = state;
        return now.isUp() ? Optional.of(now.connected().join()) : Optional.empty();
    }

    /** @throws ActiveMQNotConnectedException at once, if the broker is unavailable */
    public BrokerConnections connections() throws ActiveMQNotConnectedException {
        return ifUp().orElseThrow(() -> new ActiveMQNotConnectedException("the queue's broker is away"));
    }

    /**
     * The connections, when the broker is available.
     *
     * @return fails if the broker is unavailable for longer, and at once if it has been so already
     */
    public CompletableFuture<BrokerConnections> connectionsWithin(Duration patience) {
        State now = state;
        if (!now.isUp() && now.age().compareTo(patience) > 0) {
            return CompletableFuture.failedFuture(new ActiveMQNotConnectedException("the queue's broker is away"));
        }
        return now.connected().copy().orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void keep() {
        try {
            ifUp().filter(connections -> !connections.isOpen())
                    .ifPresent(connections -> broken(connections, "closed by the broker"));
            if (!isUp()) {
                connect();
            }
            Optional<BrokerConnections> up = ifUp();
            if (up.isPresent()) {
                broker.poll(up.get().management());
            }
        } catch (ActiveMQException | RuntimeException unavailable) {
            logOnce(String.valueOf(unavailable.getMessage()));
        }
    }

    private void connect() throws ActiveMQException {
        BrokerConnections opened = BrokerConnections.open(broker);
        State before = state;
        lastReason = "";
        state = new State(CompletableFuture.completedFuture(opened), System.nanoTime());
        opened.onBroken(() -> thread.execute(() -> broken(opened, "connection lost")));
        before.connected().complete(opened);
        LOGGER.info("event=queue-connected broker=\"{}\"", broker);
    }

    private void broken(BrokerConnections lost, String reason) {
        if (!closed && ifUp().filter(lost::equals).isPresent()) {
            state = State.unavailable();
            logOnce(reason);
            lost.abort();
        }
    }

    private void logOnce(String reason) {
        if (!reason.equals(lastReason)) {
            lastReason = reason;
            LOGGER.warn("event=queue-away broker=\"{}\" reason=\"{}\"", broker, reason);
        }
    }

    @Override
    public void close() {
        thread.execute(() -> {
            closed = true;
            ifUp().ifPresent(BrokerConnections::close);
        });
        thread.shutdown();
        try {
            if (!thread.awaitTermination(CLOSED_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
                ifUp().ifPresent(BrokerConnections::abort);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
