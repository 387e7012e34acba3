package io.relaypod.server.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.queue.broker.Broker;
import io.relaypod.server.queue.broker.BrokerConnection;
import io.relaypod.server.queue.broker.BrokerConnections;
import io.relaypod.server.queue.broker.BrokerLink;
import io.relaypod.server.queue.broker.BrokerManagement;
import io.relaypod.server.queue.broker.BrokerQueue;
import io.relaypod.server.queue.inflight.InFlightMails;
import org.apache.activemq.artemis.api.core.ActiveMQInterruptedException;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ClientConsumer;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.james.queue.api.MailQueueName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;

class DequeuerTest {

    private static final MailQueueName SPOOL = MailQueueName.of("spool");
    private static final Duration LONG_ENOUGH = Duration.ofSeconds(20);
    // A question to the broker ends each wait: 16 shares ask 64 times a second at 250 ms.
    private static final long RARELY = 5_000;

    private final BrokerLink link = mock(BrokerLink.class);
    private final ClientSession session = mock(ClientSession.class);
    private final ClientConsumer consumer = mock(ClientConsumer.class);
    private final List<Long> waits = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @BeforeEach
    void connect() throws Exception {
        BrokerConnections connections = mock(BrokerConnections.class);
        BrokerConnection connection = mock(BrokerConnection.class);
        when(link.connections()).thenReturn(connections);
        when(connections.dequeuing()).thenReturn(connection);
        when(connections.management()).thenReturn(mock(BrokerManagement.class));
        when(connection.session()).thenReturn(session);
        when(session.createConsumer(any(SimpleString.class))).thenReturn(consumer);
        when(consumer.receive(anyLong())).then(asked -> {
            waits.add(asked.getArgument(0));
            return null;
        });
    }

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    private QueueResources resources() {
        return new QueueResources(
                mock(Broker.class),
                link,
                threads,
                MemoryBudget.ofThisProcess(),
                InFlightMails.unmarked(),
                mail -> {},
                Duration.ofSeconds(5));
    }

    private Dequeuer dequeuer(AtomicBoolean isEmpty) {
        return new Dequeuer(
                resources(),
                BrokerQueue.ready(SPOOL),
                (message, body) -> {
                    throw new IllegalStateException("there is no message");
                },
                isEmpty::get);
    }

    @Test
    void theBrokerIsAskedRarelyForTheMailsOfAnEmptyQueue() throws Exception {
        try (Dequeuer dequeuer = dequeuer(new AtomicBoolean(true))) {
            for (int ask = 0; ask < 3; ask++) {
                assertThat(dequeuer.next(() -> true)).isEmpty();
            }
        }
        assertThat(waits.get(0)).isLessThan(1_000);
        assertThat(waits.subList(1, 3)).allMatch(wait -> wait >= RARELY);
    }

    @Test
    void theBrokerIsAskedOftenWhileAMailIsOnItsWayToTheQueue() throws Exception {
        AtomicBoolean isEmpty = new AtomicBoolean(false);
        try (Dequeuer dequeuer = dequeuer(isEmpty)) {
            dequeuer.next(() -> true);
            dequeuer.next(() -> true);
            isEmpty.set(true);
            dequeuer.next(() -> true);
            dequeuer.next(() -> true);
        }
        assertThat(waits.subList(0, 3)).allMatch(wait -> wait < 1_000);
        assertThat(waits.get(3)).isGreaterThanOrEqualTo(RARELY);
    }

    @Test
    void aStopEndsTheWaitForAMail() throws Exception {
        CountDownLatch isWaiting = new CountDownLatch(1);
        when(consumer.receive(anyLong())).then(asked -> {
            isWaiting.countDown();
            try {
                new CountDownLatch(1).await();
                return null;
            } catch (InterruptedException interrupted) {
                throw new ActiveMQInterruptedException(interrupted);
            }
        });
        try (Dequeuer dequeuer = dequeuer(new AtomicBoolean(true))) {
            CompletableFuture<Optional<?>> next = new CompletableFuture<>();
            threads.execute(() -> {
                try {
                    next.complete(dequeuer.next(() -> true));
                } catch (InterruptedException | RuntimeException failure) {
                    next.completeExceptionally(failure);
                }
            });
            assertThat(isWaiting.await(LONG_ENOUGH.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            dequeuer.stop();

            assertThat(next.get(LONG_ENOUGH.toSeconds(), TimeUnit.SECONDS)).isEmpty();
        }
    }

    @Test
    void allSharesAreClosedAtOnceAsABrokerThatDoesNotAnswerDelaysEach() throws Exception {
        CyclicBarrier bothAreClosing = new CyclicBarrier(2);
        doAnswer(closing -> bothAreClosing.await(LONG_ENOUGH.toSeconds(), TimeUnit.SECONDS))
                .when(session)
                .close();
        CountDownLatch bothAreOpen = new CountDownLatch(2);
        when(session.createConsumer(any(SimpleString.class))).then(opened -> {
            bothAreOpen.countDown();
            return consumer;
        });
        FairDequeuer dequeuer = new FairDequeuer(SPOOL, true, resources(), (message, body) -> {
            throw new IllegalStateException("there is no message");
        });
        dequeuer.readAll(List.of(BrokerQueue.share(SPOOL, 1)));
        Disposable subscriber = dequeuer.mails().subscribe();
        assertThat(bothAreOpen.await(LONG_ENOUGH.toSeconds(), TimeUnit.SECONDS)).isTrue();

        assertThatCode(() -> dequeuer.disconnect(threads).get(LONG_ENOUGH.toSeconds(), TimeUnit.SECONDS))
                .doesNotThrowAnyException();
        subscriber.dispose();
    }
}
