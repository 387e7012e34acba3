package io.relaypod.threads;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;

import io.netty.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Work whose result nobody reads. Its failure is logged as {@code event=task-failed}. */
// Here the futures end.
@SuppressWarnings("FutureReturnValueIgnored")
public final class Background {

    private static final Logger LOGGER = LoggerFactory.getLogger(Background.class);

    private Background() {}

    /** Runs the task after the first delay, and again an interval after each end, also if it throws. */
    public static void repeat(ScheduledExecutorService thread, Duration first, Duration interval, Runnable task) {
        thread.scheduleWithFixedDelay(
                () -> runLogged(task, thread::isShutdown), first.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Runs the step when the stage ends, with its value or its failure. */
    public static <T> void whenDone(CompletionStage<T> stage, BiConsumer<? super T, ? super Throwable> step) {
        stage.whenComplete((value, failure) -> runLogged(() -> step.accept(value, failure), () -> true));
    }

    /** For a step of Netty that cannot fail, or after which nobody can do anything, as after a close. */
    public static void logFailure(Future<?> step) {
        step.addListener(done -> {
            if (!done.isSuccess() && !done.isCancelled() && !(done.cause() instanceof RejectedExecutionException)) {
                log(done.cause());
            }
        });
    }

    private static void runLogged(Runnable task, BooleanSupplier mayBeStopping) {
        try {
            task.run();
        } catch (RejectedExecutionException rejected) {
            if (mayBeStopping.getAsBoolean()) {
                LOGGER.debug("a task came after its threads had stopped", rejected);
            } else {
                log(rejected);
            }
        } catch (RuntimeException | StackOverflowError | LinkageError | AssertionError failure) {
            log(failure);
        }
    }

    private static void log(Throwable failure) {
        LOGGER.error(
                "event=task-failed task={} reason=\"{}\"",
                Thread.currentThread().getName(),
                failure.getMessage(),
                failure);
    }
}
