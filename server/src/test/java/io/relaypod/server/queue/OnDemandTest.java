package io.relaypod.server.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** How many of a queue's mails are in memory. */
class OnDemandTest {

    private static final int AT_A_TIME = 8;
    private static final int ALL = 200_000;

    private final ExecutorService serving = Executors.newCachedThreadPool();
    private final Scheduler workers = Schedulers.newBoundedElastic(AT_A_TIME, Integer.MAX_VALUE, "worker");
    private final Numbers numbers = new Numbers();

    @AfterEach
    void stop() {
        serving.shutdownNow();
        workers.dispose();
    }

    private static final class Numbers implements OnDemand.Source<Integer> {

        private final AtomicInteger fetched = new AtomicInteger();
        private final AtomicInteger done = new AtomicInteger();
        private volatile int mostInHand;

        @Override
        public Optional<Integer> next() {
            if (fetched.get() == ALL) {
                return Optional.empty();
            }
            int next = fetched.incrementAndGet();
            mostInHand = Math.max(mostInHand, next - done.get());
            return Optional.of(next);
        }

        @Override
        public void notTaken(Integer one) {
            done.incrementAndGet();
        }
    }

    @Test
    void no_more_are_in_hand_than_are_worked_on_whichever_threads_ask_for_the_next() {
        new OnDemand<>(serving, numbers, () -> numbers.done.get() == ALL)
                .flux()
                .flatMap(
                        number ->
                                Mono.fromRunnable(numbers.done::incrementAndGet).subscribeOn(workers),
                        AT_A_TIME)
                .then()
                .block(Duration.ofSeconds(60));

        assertThat(numbers.fetched.get()).isEqualTo(ALL);
        assertThat(numbers.mostInHand).isLessThanOrEqualTo(AT_A_TIME);
    }

    @Test
    void who_asks_for_one_gets_one() throws Exception {
        CompletableFuture<Integer> first = new CompletableFuture<>();
        new OnDemand<>(serving, numbers, () -> false).flux().subscribe(new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                request(1);
            }

            @Override
            protected void hookOnNext(Integer number) {
                first.complete(number);
                cancel();
            }
        });

        assertThat(first.get(10, TimeUnit.SECONDS)).isEqualTo(1);
        serving.shutdown();
        assertThat(serving.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThat(numbers.fetched.get()).isEqualTo(1);
    }
}
