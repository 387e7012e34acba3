package io.relaypod.gateway;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.IntSupplier;

import io.relaypod.threads.Background;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueue.MailQueueItem;
import org.apache.james.util.concurrent.NamedThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;

/**
 * Starts additional deliveries while all deliveries from the queue wait for the reply to a whole mail. The reply may
 * take minutes, and giving up early would send the mail twice. But a gateway that does not answer on old connections
 * may answer on new ones. Another delivery is started if the additional ones wait as well. Closed with the queue.
 */
final class SpareDeliveries implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(SpareDeliveries.class);

    private static final Duration CHECK_INTERVAL = Duration.ofSeconds(1);
    // One each half minute, for the ten minutes that a reply may take.
    private static final int LARGEST_NUMBER = 20;

    private final MailQueue queue;
    private final int threads;
    private final IntSupplier waiting;
    private final QueuedDeliveries.Step step;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(NamedThreadFactory.withName("spare-deliveries"));
    private final List<Thread> spares = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    /**
     * @param threads number of the regular deliveries
     * @param waiting number of deliveries that wait for the reply to a whole mail for longer than usual
     */
    SpareDeliveries(MailQueue queue, int threads, IntSupplier waiting, QueuedDeliveries.Step step) {
        this.queue = queue;
        this.threads = threads;
        this.waiting = waiting;
        this.step = step;
        Background.repeat(timer, CHECK_INTERVAL, CHECK_INTERVAL, this::startIfAllWait);
    }

    private void startIfAllWait() {
        if (waiting.getAsInt() >= threads + spares.size() && spares.size() < LARGEST_NUMBER) {
            Thread spare = new Thread(this::deliver, "spare-delivery");
            spare.setDaemon(true);
            spares.add(spare);
            spare.start();
            LOGGER.warn(
                    "event=spare-delivery deliveries-that-hang={} reason=\"the gateway does not reply to whole mails\"",
                    waiting.getAsInt());
        }
    }

    private void deliver() {
        try {
            while (!closed && waiting.getAsInt() >= threads) {
                MailQueueItem item = Flux.from(queue.deQueue()).take(1).blockFirst();
                if (item != null) {
                    QueuedDeliveries.take(item, step);
                }
            }
        } catch (RuntimeException stopped) {
            LOGGER.debug("a spare delivery was stopped", stopped);
        } finally {
            spares.remove(Thread.currentThread());
        }
    }

    /** Starts no more deliveries and interrupts those in flight, as the regular ones are. */
    @Override
    public void close() {
        closed = true;
        timer.shutdownNow();
        spares.forEach(Thread::interrupt);
    }
}
