package io.relaypod.gateway;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.mail.MessagingException;

import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.queue.api.MailQueue.MailQueueItem;
import org.apache.james.queue.api.MailQueue.MailQueueItem.CompletionStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Dequeues mails from the outgoing queue and delivers several at a time, until it is closed. */
final class QueuedDeliveries implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(QueuedDeliveries.class);

    private static final Duration STOPPING_TIME = Duration.ofSeconds(2);

    private final Scheduler threads;
    private final Scheduler dequeuing = Schedulers.newSingle("outgoing");
    private final Sinks.Empty<Void> stopping = Sinks.empty();
    private final CompletableFuture<Void> running;

    /** Delivers one mail. */
    @FunctionalInterface
    interface Step {

        /** @throws MessagingException if the mail has to stay in the queue */
        void take(MailQueueItem item) throws MessagingException;
    }

    QueuedDeliveries(MailQueue queue, int concurrency, Step step) {
        this.threads = Schedulers.newBoundedElastic(concurrency, Integer.MAX_VALUE, "delivery");
        this.running = Flux.from(queue.deQueue())
                .takeUntilOther(stopping.asMono())
                .flatMap(item -> Mono.fromRunnable(() -> take(item, step)).subscribeOn(threads), concurrency)
                .onErrorContinue((failure, item) ->
                        LOGGER.error("event=delivery-failed reason=\"{}\"", failure.getMessage(), failure))
                .subscribeOn(dequeuing)
                .then()
                .toFuture();
    }

    /** Delivers one dequeued mail and acknowledges it. */
    static void take(MailQueueItem item, Step step) {
        String name = item.getMail().getName();
        try {
            done(item, step);
        } catch (MailQueueException failure) {
            // It is still on disk and is redelivered at the next start.
            LOGGER.error("event=delivery-failed mail={} reason=\"{}\"", name, failure.getMessage(), failure);
        } finally {
            LifecycleUtil.dispose(item.getMail());
        }
    }

    private static void done(MailQueueItem item, Step step) throws MailQueueException {
        try {
            step.take(item);
        } catch (MessagingException | RuntimeException failure) {
            LOGGER.error(
                    "event=delivery-failed mail={} reason=\"{}\"",
                    item.getMail().getName(),
                    failure.getMessage(),
                    failure);
            item.done(CompletionStatus.RETRY);
            return;
        }
        item.done(CompletionStatus.SUCCESS);
    }

    /** Dequeues no more mails and waits up to 2 s for those in flight. */
    @Override
    public void close() {
        stopping.tryEmitEmpty();
        try {
            running.get(STOPPING_TIME.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException unfinished) {
            LOGGER.warn(
                    "event=delivery-cut reason=\"mails in flight were not finished within {} s\"",
                    STOPPING_TIME.toSeconds());
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
        running.cancel(true);
        dequeuing.dispose();
        threads.dispose();
    }
}
