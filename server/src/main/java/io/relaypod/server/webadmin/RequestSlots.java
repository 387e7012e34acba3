package io.relaypod.server.webadmin;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Consumer;
import javax.servlet.AsyncContext;
import javax.servlet.AsyncEvent;
import javax.servlet.AsyncListener;
import javax.servlet.http.HttpServletRequest;

/**
 * Bounds the threads of requests that may take long. A request beyond the bound waits without a thread, in the order of
 * arrival, and is refused after its time limit. Thread-safe.
 */
final class RequestSlots {

    private static final String ATTRIBUTE = RequestSlots.class.getName();

    private final int slots;
    private final Duration patience;
    private final Deque<Waiter> waiting = new ArrayDeque<>();
    private int taken;

    /** @param patience the time limit of a request that waits for a slot */
    RequestSlots(int slots, Duration patience) {
        this.slots = slots;
        this.patience = patience;
    }

    /**
     * Takes a slot for the request. The caller returns it with {@link #leave}.
     *
     * @param refuse answers the request when its time is over
     * @return false if the request waits: it is dispatched again when it has a slot
     */
    boolean enter(HttpServletRequest request, Consumer<AdminRefusal> refuse) {
        if (request.getAttribute(ATTRIBUTE) instanceof Waiter granted) {
            return granted.begin();
        }
        synchronized (this) {
            if (taken < slots) {
                taken++;
                return true;
            }
            Waiter waiter = new Waiter(request.startAsync(), refuse);
            request.setAttribute(ATTRIBUTE, waiter);
            waiting.add(waiter);
        }
        return false;
    }

    /** Returns the slot. The request that has waited for longest gets it. */
    void leave() {
        next().ifPresent(Waiter::grant);
    }

    private synchronized Optional<Waiter> next() {
        Optional<Waiter> next = Optional.ofNullable(waiting.poll());
        if (next.isEmpty()) {
            taken--;
        }
        return next;
    }

    private synchronized boolean remove(Waiter waiter) {
        return waiting.remove(waiter);
    }

    private enum SlotState {
        WAITING,
        GRANTED,
        SERVED,
        ENDED
    }

    /** A request that waits, until its exchange ends. */
    private final class Waiter implements AsyncListener {

        private final AsyncContext exchange;
        private final Consumer<AdminRefusal> refuse;
        private SlotState state = SlotState.WAITING;

        Waiter(AsyncContext exchange, Consumer<AdminRefusal> refuse) {
            this.exchange = exchange;
            this.refuse = refuse;
            exchange.setTimeout(patience.toMillis());
            exchange.addListener(this);
        }

        void grant() {
            if (!become(SlotState.WAITING, SlotState.GRANTED)) {
                leave();
                return;
            }
            try {
                exchange.dispatch();
            } catch (IllegalStateException ended) {
                end();
            }
        }

        boolean begin() {
            return become(SlotState.GRANTED, SlotState.SERVED);
        }

        private synchronized boolean become(SlotState from, SlotState to) {
            boolean isSo = state == from;
            state = isSo ? to : state;
            return isSo;
        }

        private void end() {
            if (become(SlotState.GRANTED, SlotState.ENDED)) {
                leave();
            }
        }

        @Override
        public void onTimeout(AsyncEvent event) {
            if (remove(this) && become(SlotState.WAITING, SlotState.ENDED)) {
                refuse.accept(AdminRefusal.busy("too many of these requests at once"));
                exchange.complete();
            }
        }

        @Override
        public void onError(AsyncEvent event) {
            onComplete(event);
        }

        @Override
        public void onComplete(AsyncEvent event) {
            if (remove(this)) {
                become(SlotState.WAITING, SlotState.ENDED);
            }
            end();
        }

        @Override
        public void onStartAsync(AsyncEvent event) {
            event.getAsyncContext().addListener(this);
        }
    }
}
