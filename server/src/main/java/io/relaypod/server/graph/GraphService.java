package io.relaypod.server.graph;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.MailDelivered;
import io.relaypod.events.MailEventListener;
import io.relaypod.graph.CopyHeader;
import io.relaypod.graph.GraphCopies;
import io.relaypod.graph.GraphFollower;
import io.relaypod.server.threads.ServerThreads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows copies behind Mailpit if SMTP2GRAPH_DATA is set: has the thread, and expects a file for each delivery.
 * Thread-safe.
 */
public final class GraphService implements MailEventListener, Closeable {

    private static final Logger LOGGER = LoggerFactory.getLogger(GraphService.class);

    private static final Duration BETWEEN_PASSES = Duration.ofMillis(1);
    private static final Duration PASS = Duration.ofMillis(250);

    private final Optional<GraphFollower> follower;
    private Optional<ScheduledExecutorService> thread = Optional.empty();

    /** @param follower empty if copies are not followed */
    public GraphService(Optional<GraphFollower> follower) {
        this.follower = follower;
    }

    /** The copies; empty if they are not followed. */
    public Optional<GraphCopies> copies() {
        return follower.map(following -> following);
    }

    /** Sends a stuck or failed copy again now, and returns why not; empty if it is sent. */
    public Optional<String> sendAgain(String fileName) {
        return follower.isPresent() ? follower.get().sendAgain(fileName) : Optional.of("SMTP2GRAPH_DATA is not set");
    }

    /** Begins to follow. */
    public synchronized void start(ServerThreads threads) {
        thread = follower.map(following -> threads.schedule("graph", BETWEEN_PASSES, () -> pass(following)));
    }

    private static void pass(GraphFollower following) {
        try {
            following.pass(PASS);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    private static void end(ScheduledExecutorService passes) {
        passes.shutdown();
        try {
            passes.awaitTermination(2 * PASS.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException stopNow) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void onEvent(MailEvent event) {
        if (event instanceof MailDelivered delivered && CopyHeader.isFollowed(delivered.queueId())) {
            follower.ifPresent(following -> following.expect(delivered.queueId(), delivered.recipients()));
        }
    }

    @Override
    public synchronized void close() {
        thread.ifPresent(GraphService::end);
        follower.ifPresent(following -> {
            try {
                following.close();
            } catch (IOException failed) {
                LOGGER.warn("event=graph-journal-failed reason=\"{}\"", failed.toString());
            }
        });
    }
}
