package io.relaypod.server.threads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The threads that the server owns. */
class ServerThreadsTest {

    private final ServerThreads threads = new ServerThreads();

    @AfterEach
    void stop() {
        threads.close();
    }

    @Test
    void a_scheduled_task_that_throws_runs_again() {
        AtomicInteger runs = new AtomicInteger();
        threads.schedule("failing", Duration.ofMillis(1), () -> {
            if (runs.incrementAndGet() == 1) {
                throw new IllegalStateException("first run");
            }
            if (runs.get() == 2) {
                throw new NoClassDefFoundError("second run");
            }
        });
        await().atMost(Duration.ofSeconds(10)).until(() -> runs.get() > 2);
    }

    @Test
    void a_pool_has_named_daemons_and_no_more_than_its_size() throws Exception {
        ExecutorService pool = threads.pool("work", 2);
        Set<String> names = ConcurrentHashMap.newKeySet();
        CountDownLatch goOn = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(5);
        for (int task = 0; task < 5; task++) {
            pool.execute(() -> {
                names.add(Thread.currentThread().getName()
                        + Thread.currentThread().isDaemon());
                try {
                    goOn.await();
                } catch (InterruptedException stopped) {
                    Thread.currentThread().interrupt();
                }
                ended.countDown();
            });
        }
        await().atMost(Duration.ofSeconds(10)).until(() -> names.size() == 2);
        goOn.countDown();
        assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(names).containsExactlyInAnyOrder("work-1true", "work-2true");
    }

    @Test
    void threads_stop_in_the_reverse_order_of_their_creation_and_a_task_that_hangs_is_interrupted() throws Exception {
        ScheduledExecutorService first = threads.scheduler("first");
        ExecutorService second = threads.pool("second", 1);
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        second.execute(() -> {
            begun.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException stopped) {
                assertThat(first.isShutdown()).isFalse();
                interrupted.countDown();
            }
        });
        assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();

        threads.close();

        assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(first.isTerminated()).isTrue();
    }
}
