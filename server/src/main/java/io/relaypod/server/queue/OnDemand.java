package io.relaypod.server.queue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

import com.google.common.math.LongMath;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/**
 * Passes each subscriber as many items as it requests, from several sources, and fetches none ahead. Thread-safe.
 *
 * <p>An item needs a slot: one item that the subscriber has requested and not been given. Sources that wait for a slot
 * get one in the order of their arrival. If the sources share fairly, a source with items in flight gets a further slot
 * only if more slots are free than it holds, so that it leaves as much to the others. That holds for subscribers that
 * request at least {@link #SHARED} items at a time; fewer slots are not worth a share.
 *
 * <p>Reactor's own count of requested items falls only after the subscriber has been given the item. A source that
 * fetches by that count fetches too many items when another thread passes one on.
 */
final class OnDemand<T> {

    private static final Logger LOGGER = LoggerFactory.getLogger(OnDemand.class);

    /** A subscriber with fewer slots gives them to any source. */
    static final int SHARED = 16;

    // A subscriber that has gone, or the end, is noticed within this time.
    private static final Duration NOTICE_WITHIN = Duration.ofMillis(250);

    private final Executor threads;
    private final boolean isFair;
    private final BooleanSupplier stopped;
    private final List<ItemSource<T>> sources = new ArrayList<>();
    private final List<Subscriber<T>> subscribers = new ArrayList<>();

    /** Where items come from. */
    interface ItemSource<T> {

        /**
         * Waits a while for the next item. The source takes the slot before it changes anything.
         *
         * @return empty if there is no item, or no slot
         */
        Optional<T> next(Slot slot) throws InterruptedException;

        /** Takes an item back whose subscriber has gone. */
        void notTaken(T item);

        /** Items that subscribers hold. */
        int inFlight();
    }

    /** One item that a subscriber may be given. */
    interface Slot {

        /**
         * Waits until the slot is free.
         *
         * @return false if the subscriber has gone or everything is stopped
         */
        boolean take() throws InterruptedException;
    }

    /**
     * @param threads runs one task for each source of each subscriber, so needs as many threads
     * @param isFair whether the sources share the slots
     * @param stopped whether no subscriber is given an item any more
     */
    OnDemand(Executor threads, boolean isFair, BooleanSupplier stopped) {
        this.threads = threads;
        this.isFair = isFair;
        this.stopped = stopped;
    }

    /** Adds a source for all subscribers, present and future. */
    synchronized void add(ItemSource<T> source) {
        sources.add(source);
        subscribers.forEach(subscriber -> start(subscriber, source));
    }

    Flux<T> flux() {
        return Flux.create(sink -> {
            Subscriber<T> subscriber = new Subscriber<>(sink, new Demand(), new AtomicInteger());
            sink.onRequest(subscriber.demand()::add);
            sink.onDispose(() -> leave(subscriber));
            join(subscriber);
        });
    }

    /** Has all sources notice at once that everything is stopped. */
    synchronized void wake() {
        subscribers.forEach(subscriber -> subscriber.demand().add(0));
    }

    /** @param serving counts the tasks that pass items on */
    private record Subscriber<T>(FluxSink<T> sink, Demand demand, AtomicInteger serving) {}

    private synchronized void join(Subscriber<T> subscriber) {
        subscribers.add(subscriber);
        sources.forEach(source -> start(subscriber, source));
    }

    private synchronized void leave(Subscriber<T> subscriber) {
        subscribers.remove(subscriber);
        subscriber.demand().add(0);
    }

    private void start(Subscriber<T> subscriber, ItemSource<T> source) {
        subscriber.serving().incrementAndGet();
        threads.execute(() -> serve(subscriber, source));
    }

    private void serve(Subscriber<T> subscriber, ItemSource<T> source) {
        FluxSink<T> sink = subscriber.sink();
        BooleanSupplier isOver = () -> stopped.getAsBoolean() || sink.isCancelled();
        try {
            while (!isOver.getAsBoolean()) {
                if (subscriber.demand().await(limit(source))) {
                    giveOrLog(subscriber, source, isOver);
                }
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        // The others may still pass an item on.
        if (subscriber.serving().decrementAndGet() == 0) {
            sink.complete();
        }
    }

    // A fault of one item must not end its source, whose other items nobody would read then.
    private void giveOrLog(Subscriber<T> subscriber, ItemSource<T> source, BooleanSupplier isOver)
            throws InterruptedException {
        try {
            give(subscriber, source, isOver);
        } catch (RuntimeException fault) {
            LOGGER.error("event=dequeue-failed reason=\"{}\"", fault.getMessage(), fault);
            TimeUnit.MILLISECONDS.sleep(NOTICE_WITHIN.toMillis());
        }
    }

    private void give(Subscriber<T> subscriber, ItemSource<T> source, BooleanSupplier isOver)
            throws InterruptedException {
        boolean[] isTaken = {false};
        Optional<T> item = Optional.empty();
        try {
            item = source.next(() -> {
                while (!isTaken[0] && !isOver.getAsBoolean()) {
                    isTaken[0] = subscriber.demand().take(limit(source));
                }
                return isTaken[0];
            });
        } finally {
            if (item.isEmpty() && isTaken[0]) {
                subscriber.demand().add(1);
            }
        }
        if (item.isEmpty()) {
            return;
        }
        if (subscriber.sink().isCancelled()) {
            source.notTaken(item.get());
        } else {
            subscriber.sink().next(item.get());
        }
    }

    private Limit limit(ItemSource<T> source) {
        return (free, mostFree) ->
                free > 0 && (!isFair || mostFree < SHARED || source.inFlight() == 0 || source.inFlight() < free);
    }

    /** Whether a source may take one of the free slots. */
    private interface Limit {

        boolean allows(long free, long mostFree);
    }

    /** The free slots of one subscriber. The lock is fair, so that sources get slots in turn. */
    private static final class Demand {

        private final ReentrantLock lock = new ReentrantLock(true);
        private final Condition changed = lock.newCondition();
        private long free;
        private long mostFree;

        void add(long more) {
            lock.lock();
            try {
                free = LongMath.saturatedAdd(free, more);
                mostFree = Math.max(mostFree, free);
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        /** Waits a while until the limit allows a slot. */
        boolean await(Limit limit) throws InterruptedException {
            lock.lock();
            try {
                long left = NOTICE_WITHIN.toNanos();
                while (!limit.allows(free, mostFree) && left > 0) {
                    left = changed.awaitNanos(left);
                }
                return limit.allows(free, mostFree);
            } finally {
                lock.unlock();
            }
        }

        /** Takes a slot, if the limit allows one within a while. */
        boolean take(Limit limit) throws InterruptedException {
            lock.lock();
            try {
                boolean isAllowed = await(limit);
                free -= isAllowed ? 1 : 0;
                return isAllowed;
            } finally {
                lock.unlock();
            }
        }
    }
}
