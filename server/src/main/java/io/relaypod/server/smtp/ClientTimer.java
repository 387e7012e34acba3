package io.relaypod.server.smtp;

import java.util.Optional;
import java.util.concurrent.TimeUnit;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ScheduledFuture;

/** Calls back when a client is late by its {@link ClientTimeouts}. For the channel's thread. */
final class ClientTimer {

    private final EventExecutor executor;
    private final ClientTimeouts timeouts;
    private final Runnable whenLate;
    private Optional<ScheduledFuture<?>> running = Optional.empty();

    ClientTimer(EventExecutor executor, ClientTimeouts timeouts, Runnable whenLate) {
        this.executor = executor;
        this.timeouts = timeouts;
        this.whenLate = whenLate;
    }

    /** Looks again when the time that is left now has passed. */
    void restart() {
        cancel();
        running = Optional.of(executor.schedule(this::check, timeouts.leftOrIdle(), TimeUnit.NANOSECONDS));
    }

    private void check() {
        if (timeouts.leftOrIdle() > 0) {
            restart();
        } else {
            whenLate.run();
        }
    }

    void cancel() {
        running.ifPresent(timer -> timer.cancel(false));
    }
}
