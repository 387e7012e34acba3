package io.relaypod.server.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

import io.relaypod.server.queue.OnDemand.Slot;
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

    private static final class Numbers implements OnDemand.ItemSource<Integer> {

        private final AtomicInteger fetched = new AtomicInteger();
        private final AtomicInteger done = new AtomicInteger();
        private volatile int mostInHand;

        @Override
        public Optional<Integer> next(Slot slot) throws InterruptedException {
            if (fetched.get() == ALL || !slot.take()) {
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

        @Override
        public int inFlight() {
            return fetched.get() - done.get();
        }
    }

    private OnDemand<Integer> onDemand(boolean isFair, BooleanSupplier stopped) {
        OnDemand<Integer> onDemand = new OnDemand<>(serving, isFair, stopped);
        onDemand.add(numbers);
        return onDemand;
    }

    @Test
    void no_more_are_in_hand_than_are_worked_on_whichever_threads_ask_for_the_next() {
        onDemand(false, () -> numbers.done.get() == ALL)
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
    void a_fault_of_one_item_ends_neither_its_source_nor_a_slot() {
        AtomicInteger asked = new AtomicInteger();
        OnDemand<Integer> onDemand = new OnDemand<>(serving, false, () -> numbers.done.get() == 3);
        onDemand.add(new OnDemand.ItemSource<>() {
            @Override
            public Optional<Integer> next(Slot slot) throws InterruptedException {
                if (asked.incrementAndGet() == 2 && slot.take()) {
                    throw new NumberFormatException("a damaged message");
                }
                return numbers.next(slot);
            }

            @Override
            public void notTaken(Integer one) {
                numbers.notTaken(one);
            }

            @Override
            public int inFlight() {
                return numbers.inFlight();
            }
        });

        onDemand.flux()
                .flatMap(number -> Mono.fromRunnable(numbers.done::incrementAndGet), 1)
                .then()
                .block(Duration.ofSeconds(20));

        assertThat(numbers.done.get()).isEqualTo(3);
    }

    @Test
    void who_asks_for_one_gets_one() throws Exception {
        CompletableFuture<Integer> first = new CompletableFuture<>();
        onDemand(true, () -> false).flux().subscribe(new BaseSubscriber<>() {
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

    @Test
    void a_source_leaves_as_many_slots_to_others_as_it_holds() {
        OnDemand<Integer> onDemand = onDemand(true, () -> false);
        onDemand.flux().subscribe(requesting(30));

        await().during(Duration.ofMillis(300)).atMost(Duration.ofSeconds(10)).until(() -> numbers.fetched.get() == 15);

        Numbers others = new Numbers();
        onDemand.add(others);
        await().during(Duration.ofMillis(300)).atMost(Duration.ofSeconds(10)).until(() -> others.fetched.get() == 8);
        assertThat(numbers.fetched.get()).isEqualTo(15);
    }

    @Test
    void a_source_fills_slots_that_are_few() {
        onDemand(true, () -> false).flux().subscribe(requesting(OnDemand.SHARED - 1));

        await().atMost(Duration.ofSeconds(10)).until(() -> numbers.fetched.get() == OnDemand.SHARED - 1);
    }

    private static BaseSubscriber<Integer> requesting(int count) {
        return new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                request(count);
            }
        };
    }
}
