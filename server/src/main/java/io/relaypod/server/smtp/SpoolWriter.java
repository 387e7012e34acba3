package io.relaypod.server.smtp;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.annotation.PreDestroy;
import javax.inject.Inject;

import com.google.common.base.Throwables;
import io.relaypod.events.MailEvent.MailReceived;
import io.relaypod.events.MailEvent.MailRefused;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.memory.Reservation;
import io.relaypod.server.queue.broker.Broker;
import io.relaypod.server.queue.broker.InsufficientStorageException;
import io.relaypod.server.queue.stored.MailBody;
import io.relaypod.server.settings.QueueSettings;
import io.relaypod.threads.Background;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.mailet.Mail;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Stores received mails in the spool. The client gets {@code 250} with the queue id when the mail is on the disk. If
 * the mail cannot be stored, the client gets {@code 452} for a full disk, otherwise {@code 451}, and keeps the mail.
 *
 * <p>An I/O thread that waited for the disk would stop all its connections. Separate threads write, round robin over
 * the client addresses, and do not wait for the sync; large mails have two threads of their own. Each connection has at
 * most one mail here. Thread-safe.
 */
public final class SpoolWriter {

    private static final Logger LOGGER = LoggerFactory.getLogger(SpoolWriter.class);

    private static final Response STOPPING = last("421", "4.3.2 Shutting down, try again later");
    // A sync takes milliseconds; what has not ended by then is waited for in vain, and the pod's grace is short.
    private static final Duration FINISH_TIME = Duration.ofSeconds(2);
    private static final Duration FINISH_POLL = Duration.ofMillis(5);

    private final MailQueue spool;
    private final Broker broker;
    private final Duration timeout;
    private final MemoryBudget memory;
    private final MailEventPublisher events;
    // Each large mail has buffers of its own while the broker writes it, on the heap and outside.
    private static final int LARGE_AT_A_TIME = 2;

    private final FairExecutor writers;
    private final FairExecutor writersOfLarge = new FairExecutor("spool-large", LARGE_AT_A_TIME);
    private final AtomicInteger underWay = new AtomicInteger();
    private volatile boolean stopping;

    @Inject
    public SpoolWriter(
            MailQueueFactory<?> queues,
            Broker broker,
            QueueSettings settings,
            MemoryBudget memory,
            GaugeRegistry gauges,
            MailEventPublisher events) {
        this.events = events;
        this.spool = queues.createQueue(MailQueueFactory.SPOOL);
        this.broker = broker;
        this.timeout = settings.timeout();
        this.memory = memory;
        this.writers = new FairExecutor("spool", settings.writers());
        gauges.register("spool_writes_under_way", underWay::get);
        gauges.register("spool_writes_waiting", () -> writers.waiting() + writersOfLarge.waiting());
    }

    /**
     * Stores a mail, and disposes of it.
     *
     * @param received published when the spool has the mail
     */
    PendingReply store(Mail mail, MailReceived received) {
        underWay.incrementAndGet();
        CompletableFuture<Response> reply = stopping ? refuse(mail) : reply(mail, received);
        return new PendingReply(reply, reply::join, underWay::decrementAndGet);
    }

    private static CompletableFuture<Response> refuse(Mail mail) {
        LifecycleUtil.dispose(mail);
        return CompletableFuture.completedFuture(STOPPING);
    }

    private CompletableFuture<Response> reply(Mail mail, MailReceived received) {
        CompletableFuture<Void> outcome =
                new CompletableFuture<Void>().orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS);
        CompletableFuture<Response> reply = outcome.handle(
                (nothing, failure) -> failure == null ? accepted(received) : notAccepted(received, failure));
        Background.whenDone(written(mail, outcome, received), (nothing, failure) -> {
            if (failure == null) {
                outcome.complete(null);
            } else {
                outcome.completeExceptionally(failure);
            }
            // After a timeout the broker may still read the mail.
            Background.whenDone(reply, (said, notSaid) -> LifecycleUtil.dispose(mail));
        });
        return reply;
    }

    private CompletableFuture<Void> written(Mail mail, CompletableFuture<Void> outcome, MailReceived received) {
        Object client = received.client().address();
        if (received.size() > MailBody.LARGE) {
            // The thread waits for the end of the write, which the broker's timeout bounds.
            return CompletableFuture.runAsync(
                    () -> write(mail, received.size(), outcome).join(), task -> writersOfLarge.execute(client, task));
        }
        return CompletableFuture.completedFuture(mail)
                .thenComposeAsync(any -> write(mail, received.size(), outcome), task -> writers.execute(client, task));
    }

    /**
     * @param outcome what the client is told; once it is, by the timeout, the mail is the client's again and must not
     *     be written too
     */
    private CompletableFuture<Void> write(Mail mail, long size, CompletableFuture<Void> outcome) {
        try {
            if (outcome.isDone()) {
                return outcome;
            }
            // Other writes release memory when they are on the disk. After the timeout the client has its reply.
            Optional<Reservation> toStore =
                    memory.reserve(MemoryUse.QUEUE_WRITES, MailBody.memoryToStore(size), timeout);
            if (toStore.isEmpty()) {
                return CompletableFuture.failedFuture(new TimeoutException("no memory to store it"));
            }
            return stored(mail, outcome)
                    .whenComplete((nothing, failure) -> toStore.get().close());
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            return CompletableFuture.failedFuture(stopping);
        }
    }

    private CompletableFuture<Void> stored(Mail mail, CompletableFuture<Void> outcome) {
        try {
            // Only new mails are refused: an accepted mail needs the disk space that is left.
            broker.checkStorage();
            if (outcome.isDone()) {
                return outcome;
            }
            return Mono.from(spool.enqueueReactive(mail)).toFuture();
        } catch (MailQueueException | RuntimeException notStored) {
            return CompletableFuture.failedFuture(notStored);
        }
    }

    private Response accepted(MailReceived mail) {
        events.publish(mail);
        return new SMTPResponse("250", "2.6.0 Message received as " + mail.queueId());
    }

    private Response notAccepted(MailReceived mail, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof InsufficientStorageException) {
            return refuse(mail, 452, "4.3.1 Insufficient system storage");
        }
        Throwable reason = Throwables.getRootCause(cause);
        // A broker that fails or is silent throws a checked exception; anything else is a fault of ours.
        if (reason instanceof Exception && !(reason instanceof RuntimeException)) {
            LOGGER.warn(
                    "event=not-stored queue-id={} session={} reason=\"{}\"",
                    mail.queueId(),
                    mail.client().session(),
                    Optional.ofNullable(reason.getMessage()).orElseGet(reason.getClass()::getSimpleName));
        } else {
            LOGGER.error(
                    "event=not-stored queue-id={} session={}",
                    mail.queueId(),
                    mail.client().session(),
                    cause);
        }
        return refuse(mail, 451, "4.3.0 The mail could not be stored, try again later");
    }

    private Response refuse(MailReceived mail, int code, String text) {
        events.publish(new MailRefused(mail.client(), mail.sender(), mail.recipients(), code, text));
        return new SMTPResponse(Integer.toString(code), text);
    }

    /** Accepts no more mails, and waits until the clients of those in flight have their replies. */
    void finish() {
        stopping = true;
        LOGGER.info("event=stopping mails-being-stored={}", underWay.get());
        long deadline = System.nanoTime() + FINISH_TIME.toNanos();
        while (underWay.get() > 0 && System.nanoTime() - deadline < 0) {
            try {
                Thread.sleep(FINISH_POLL.toMillis());
            } catch (InterruptedException stopNow) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    @PreDestroy
    public void close() {
        stopping = true;
        writers.close();
        writersOfLarge.close();
    }

    private static Response last(String code, String text) {
        SMTPResponse response = new SMTPResponse(code, text);
        response.setEndSession(true);
        return response.immutable();
    }
}
