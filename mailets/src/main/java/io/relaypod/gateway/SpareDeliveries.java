package io.relaypod.gateway;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueue.MailQueueItem;
import org.apache.james.util.concurrent.NamedThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;

/**
 * Delivers mails when all other deliveries from the queue wait for the reply to a whole mail. The reply may take
 * minutes, and to give up early would send the mail twice; but a gateway that no longer answers on old connections may
 * answer on new ones. One more delivery is begun when those before it hang as well. Closed with the queue.
 */
final class SpareDeliveries implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(SpareDeliveries.class);

    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
    // As many as begin within the ten minutes of a reply, one every half a minute.
    private static final int MOST = 20;

    private final MailQueue queue;
    private final int threads;
    private final IntSupplier hanging;
    private final QueuedDeliveries.Step step;
    private final ScheduledExecutorService watching =
            Executors.newSingleThreadScheduledExecutor(NamedThreadFactory.withName("spare-deliveries"));
    private final List<Thread> spares = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    /**
     * @param threads of the other deliveries
     * @param hanging how many deliveries wait for the reply to a whole mail for longer than usual
     */
    SpareDeliveries(MailQueue queue, int threads, IntSupplier hanging, QueuedDeliveries.Step step) {
        this.queue = queue;
        this.threads = threads;
        this.hanging = hanging;
        this.step = step;
        watching.scheduleWithFixedDelay(
                this::look, LOOK_EVERY.toMillis(), LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void look() {
        if (hanging.getAsInt() >= threads + spares.size() && spares.size() < MOST) {
            Thread spare = new Thread(this::deliver, "spare-delivery");
            spare.setDaemon(true);
            spares.add(spare);
            spare.start();
            LOGGER.warn(
                    "event=spare-delivery deliveries-that-hang={} reason=\"the gateway does not reply to whole mails\"",
                    hanging.getAsInt());
        }
    }

    private void deliver() {
        try {
            while (!closed && hanging.getAsInt() >= threads) {
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

    /** Begins no more; what is on its way is cut as the other deliveries are. */
    @Override
    public void close() {
        closed = true;
        watching.shutdownNow();
        spares.forEach(Thread::interrupt);
    }
}
