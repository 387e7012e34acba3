package io.relaypod.server.queue;

import java.io.IOException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.mail.MessagingException;

import com.google.common.base.Throwables;
import com.google.common.util.concurrent.Uninterruptibles;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.memory.Reservation;
import io.relaypod.quota.QuotaUse;
import io.relaypod.server.queue.FairDequeuer.Place;
import io.relaypod.server.queue.SenderShares.Sender;
import io.relaypod.server.queue.broker.Broker;
import io.relaypod.server.queue.broker.BrokerConnections;
import io.relaypod.server.queue.broker.BrokerLink;
import io.relaypod.server.queue.broker.BrokerQueue;
import io.relaypod.server.queue.broker.DurableProducer.BrokerMessageWriter;
import io.relaypod.server.queue.stored.MailBody;
import io.relaypod.server.queue.stored.StoredEnvelope;
import io.relaypod.server.queue.stored.StoredMail;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQExceptionType;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.mailet.Mail;

/**
 * Stores mails in the queues of the broker. A mail is on the disk when its enqueue returns or its future completes.
 * Thread-safe.
 */
final class MailEnqueuer {

    // For a mail that is stored elsewhere already, so that a client does not wait.
    private static final Duration CONFIRMATION_TIMEOUT = Duration.ofSeconds(30);
    // The link notices a broken connection a little later than a producer.
    private static final Executor SOON = CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS);
    private static final Set<ActiveMQExceptionType> BROKEN = EnumSet.of(
            ActiveMQExceptionType.NOT_CONNECTED,
            ActiveMQExceptionType.UNBLOCKED,
            ActiveMQExceptionType.OBJECT_CLOSED,
            ActiveMQExceptionType.DISCONNECTED,
            ActiveMQExceptionType.REMOTE_DISCONNECT,
            ActiveMQExceptionType.CONNECTION_TIMEDOUT);
    private static final Instant END_OF_TIME = Instant.ofEpochMilli(Long.MAX_VALUE);

    private final BrokerLink link;
    private final Broker broker;
    private final Executor threads;
    private final MemoryBudget memory;
    private final FairDequeuer dequeuer;
    private final DelayedMails delayed;
    private final SlowStart slowStart;
    private final Clock clock;

    /**
     * @param threads write large mails
     * @param dequeuer knows the share of a sender
     * @param slowStart counts each mail that waits for its next delivery attempt
     */
    MailEnqueuer(
            BrokerLink link,
            Broker broker,
            Executor threads,
            MemoryBudget memory,
            FairDequeuer dequeuer,
            DelayedMails delayed,
            SlowStart slowStart,
            Clock clock) {
        this.link = link;
        this.broker = broker;
        this.threads = threads;
        this.memory = memory;
        this.dequeuer = dequeuer;
        this.delayed = delayed;
        this.slowStart = slowStart;
        this.clock = clock;
    }

    /** A mail cannot be stored. */
    static final class NotStoredException extends Exception {

        private static final long serialVersionUID = 1L;

        NotStoredException(Exception cause) {
            super(cause);
        }
    }

    /** Sends a message to a queue of the broker. */
    private interface Sending {

        CompletableFuture<Void> send(BrokerConnections connections, boolean isLarge, BrokerMessageWriter writer)
                throws ActiveMQException, IOException;
    }

    /** @param delay how long the mail waits before it can be dequeued; none if it is not positive */
    void enqueue(Mail mail, Duration delay) throws NotStoredException {
        if (delay.isZero() || delay.isNegative()) {
            Place place = dequeuer.placeFor(Sender.of(mail));
            try {
                enqueue(mail, (connections, isLarge, writer) -> sendReady(place, connections, isLarge, writer));
            } finally {
                place.stored().run();
            }
        } else {
            enqueue(mail, (connections, isLarge, writer) -> sendDelayed(delay, connections, isLarge, writer));
        }
    }

    /** Stores the mail in a per-sender queue. */
    void enqueue(Mail mail, QuotaUse use, BrokerQueue queue) throws NotStoredException {
        enqueue(mail, (connections, isLarge, writer) -> {
            connections.declare(queue);
            return connections
                    .producer()
                    .send(queue.name(), isLarge, session -> {
                        ClientMessage message = writer.write(session);
                        StoredMail.writeQuotaUse(use, message);
                        return message;
                    })
                    .thenRun(() -> delayed.added(queue, clock.instant()));
        });
    }

    private void enqueue(Mail mail, Sending sending) throws NotStoredException {
        try {
            StoredEnvelope envelope = StoredEnvelope.of(mail);
            byte[] inBody = envelope.inBody();
            try (MailBody body = MailBody.of(inBody, mail.getMessage());
                    Reservation toStore = reserve(body.size())) {
                confirm(sending.send(
                        link.connections(),
                        body.isLarge(),
                        session -> message(mail, envelope, inBody.length, body, session)));
            }
        } catch (ActiveMQException | IOException | MessagingException | ExecutionException | TimeoutException failure) {
            throw new NotStoredException(failure);
        }
    }

    private Reservation reserve(long size) throws TimeoutException {
        long bytes = MailBody.memoryToStore(size);
        try {
            return memory.reserve(MemoryUse.QUEUE_WRITES, bytes, CONFIRMATION_TIMEOUT)
                    .orElseThrow(() -> new TimeoutException("no memory to store " + bytes + " bytes"));
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new TimeoutException("interrupted before a message of " + size + " bytes was stored");
        }
    }

    /** Stores a copy of a message that was dequeued, to be dequeued again after the delay. */
    void enqueueAgain(ClientMessage message, Duration delay, BrokerMessageWriter copy) throws NotStoredException {
        try {
            confirm(sendDelayed(delay, link.connections(), message.isLargeMessage(), copy));
        } catch (ActiveMQException | IOException | ExecutionException | TimeoutException failure) {
            throw new NotStoredException(failure);
        }
    }

    // Not interruptible: the broker has the message by now, and after an error the caller would store another.
    private static void confirm(CompletableFuture<Void> stored) throws ExecutionException, TimeoutException {
        Uninterruptibles.getUninterruptibly(stored, CONFIRMATION_TIMEOUT);
    }

    /**
     * Stores a mail that is stored nowhere else. While the broker is unavailable the mail waits for at most the
     * broker's timeout. The caller has reserved the memory.
     */
    CompletableFuture<Void> store(Mail mail) throws IOException, MessagingException {
        StoredEnvelope envelope = StoredEnvelope.of(mail);
        byte[] inBody = envelope.inBody();
        MailBody body = MailBody.of(inBody, mail.getMessage());
        Place place = dequeuer.placeFor(Sender.of(mail));
        SimpleString identity = SimpleString.of(UUID.randomUUID().toString());
        // A large mail is written as fast as the connection accepts it. The caller must not wait for a broker that
        // hangs.
        Executor writing = body.isLarge() ? threads : Runnable::run;
        return untilStored(
                        System.nanoTime() + broker.timeout().toNanos(),
                        writing,
                        connections -> sendReady(place, connections, body.isLarge(), session -> {
                            ClientMessage message = message(mail, envelope, inBody.length, body, session);
                            if (broker.resendsUnconfirmed()) {
                                message.putStringProperty(Message.HDR_DUPLICATE_DETECTION_ID, identity);
                            }
                            return message;
                        }))
                .whenComplete((stored, failure) -> {
                    place.stored().run();
                    body.close();
                });
    }

    private static ClientMessage message(
            Mail mail, StoredEnvelope envelope, int inBody, MailBody body, ClientSession session) throws IOException {
        ClientMessage message = session.createMessage(true);
        StoredMail.writeEnvelope(mail, envelope, inBody, message);
        StoredMail.writeBody(body, message);
        return message;
    }

    /** One attempt to store a mail. */
    private interface Attempt {

        CompletableFuture<Void> on(BrokerConnections connections) throws ActiveMQException, IOException;
    }

    private CompletableFuture<Void> untilStored(long deadline, Executor writing, Attempt attempt) {
        return link.connectionsWithin(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())))
                .thenComposeAsync(connections -> result(attempt, connections), writing)
                .exceptionallyCompose(failure ->
                        broker.resendsUnconfirmed() && isBroken(failure) && System.nanoTime() < deadline
                                ? CompletableFuture.completedFuture(attempt)
                                        .thenComposeAsync(again -> untilStored(deadline, writing, again), SOON)
                                : CompletableFuture.failedFuture(failure));
    }

    private static CompletableFuture<Void> result(Attempt attempt, BrokerConnections connections) {
        try {
            return attempt.on(connections);
        } catch (ActiveMQException | IOException failure) {
            return CompletableFuture.failedFuture(failure);
        }
    }

    private static boolean isBroken(Throwable failure) {
        return Throwables.getRootCause(failure) instanceof ActiveMQException lost && BROKEN.contains(lost.getType());
    }

    private static CompletableFuture<Void> sendReady(
            Place place, BrokerConnections connections, boolean isLarge, BrokerMessageWriter writer)
            throws ActiveMQException, IOException {
        connections.declare(place.queue());
        return connections.producer().send(place.queue().name(), isLarge, writer);
    }

    private CompletableFuture<Void> sendDelayed(
            Duration delay, BrokerConnections connections, boolean isLarge, BrokerMessageWriter writer)
            throws ActiveMQException, IOException {
        BrokerQueue queue = delayed.retryQueue(delay);
        Instant due = due(queue.delay());
        connections.declare(queue);
        return connections
                .producer()
                .send(queue.name(), isLarge, session -> {
                    ClientMessage message = writer.write(session);
                    StoredMail.writeDue(due, message);
                    return message;
                })
                .thenRun(() -> {
                    slowStart.deferred();
                    delayed.added(queue, due);
                });
    }

    private Instant due(Duration delay) {
        try {
            Instant due = clock.instant().plus(delay);
            return due.isBefore(END_OF_TIME) ? due : END_OF_TIME;
        } catch (ArithmeticException | DateTimeException never) {
            return END_OF_TIME;
        }
    }
}
