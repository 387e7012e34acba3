package io.relaypod.server.queue;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

import com.google.common.math.LongMath;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/**
 * Gives each subscriber as many as it asks for, and fetches none ahead. Reactor's own count of what is asked for falls
 * only after the subscriber has been given it: whoever fetches by it, while another thread gives, fetches more each
 * time, without a bound. Thread-safe.
 */
final class OnDemand<T> {

    // How soon a subscriber that has gone, or the end, is noticed.
    private static final Duration LOOK_UP = Duration.ofMillis(250);

    private final Executor threads;
    private final Source<T> source;
    private final BooleanSupplier stopped;

    /** Where those come from that are given. */
    interface Source<T> {

        /** @return empty if there was none for a while */
        Optional<T> next() throws InterruptedException;

        /** Is told of one whose subscriber went away meanwhile. */
        void notTaken(T one);
    }

    /**
     * @param threads runs each subscriber's waiting, so has a thread for each
     * @param stopped whether nobody is given any more
     */
    OnDemand(Executor threads, Source<T> source, BooleanSupplier stopped) {
        this.threads = threads;
        this.source = source;
        this.stopped = stopped;
    }

    /** What one subscriber has asked for and not been given. */
    private static final class Demand {

        private final AtomicLong open = new AtomicLong();
        private final Semaphore awake = new Semaphore(0);

        void ask(long more) {
            open.accumulateAndGet(more, LongMath::saturatedAdd);
            awake.release();
        }

        boolean isOpen() throws InterruptedException {
            if (open.get() == 0) {
                awake.tryAcquire(LOOK_UP.toMillis(), TimeUnit.MILLISECONDS);
                awake.drainPermits();
            }
            return open.get() > 0;
        }

        void met() {
            open.decrementAndGet();
        }
    }

    Flux<T> flux() {
        return Flux.create(subscriber -> {
            Demand demand = new Demand();
            subscriber.onRequest(demand::ask);
            subscriber.onDispose(() -> demand.ask(0));
            threads.execute(() -> serve(subscriber, demand));
        });
    }

    private void serve(FluxSink<T> subscriber, Demand demand) {
        try {
            while (!stopped.getAsBoolean() && !subscriber.isCancelled()) {
                if (demand.isOpen()) {
                    source.next().ifPresent(one -> give(one, subscriber, demand));
                }
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        subscriber.complete();
    }

    private void give(T one, FluxSink<T> subscriber, Demand demand) {
        if (subscriber.isCancelled()) {
            source.notTaken(one);
        } else {
            demand.met();
            subscriber.next(one);
        }
    }
}
