package io.relaypod.server.threads;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.inject.Inject;

import io.relaypod.threads.Background;

/**
 * Owns threads of the server: it names them, bounds them, and stops them in the reverse order of their creation. All
 * are daemons. Thread-safe.
 *
 * <pre>{@code
 * ScheduledExecutorService rounds = threads.schedule("repository-limits", Duration.ofMinutes(1), this::round);
 * }</pre>
 */
public final class ServerThreads implements AutoCloseable {

    private static final Duration STOP_WITHIN = Duration.ofSeconds(2);
    private static final Duration IDLE = Duration.ofSeconds(30);

    private final Deque<ExecutorService> started = new ArrayDeque<>();

    /** Owns no thread yet. */
    @Inject
    public ServerThreads() {}

    /**
     * Creates a pool. Further tasks wait while all its threads are busy. A thread that has been idle for 30 s ends.
     *
     * @param name of the threads, with a number behind it
     * @param size how many threads at most
     */
    public ExecutorService pool(String name, int size) {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                size, size, IDLE.toSeconds(), TimeUnit.SECONDS, new LinkedBlockingQueue<>(), named(name));
        pool.allowCoreThreadTimeOut(true);
        return started(pool);
    }

    /**
     * Creates a pool for tasks that each keep a thread for long. A task never waits: it is rejected if all threads are
     * busy. A thread that has been idle for 30 s ends.
     *
     * @param name of the threads, with a number behind it
     * @param size how many threads at most
     */
    public ExecutorService direct(String name, int size) {
        return started(new ThreadPoolExecutor(
                0, size, IDLE.toSeconds(), TimeUnit.SECONDS, new SynchronousQueue<>(), named(name)));
    }

    /**
     * Runs a task on a thread of its own, first after the interval, then again an interval after each end. A task that
     * throws is logged as {@code event=task-failed}, and runs again. The caller may shut the thread down earlier.
     *
     * @param name of the thread
     */
    public ScheduledExecutorService schedule(String name, Duration interval, Runnable task) {
        ScheduledExecutorService thread = scheduler(name);
        Background.repeat(thread, interval, interval, task);
        return thread;
    }

    /** Creates a thread for scheduled tasks. */
    public ScheduledExecutorService scheduler(String name) {
        ScheduledThreadPoolExecutor thread = new ScheduledThreadPoolExecutor(1, named(name));
        thread.setRemoveOnCancelPolicy(true);
        return started(thread);
    }

    private static ThreadFactory named(String name) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    private synchronized <T extends ExecutorService> T started(T executor) {
        started.removeIf(ExecutorService::isTerminated);
        started.push(executor);
        return executor;
    }

    /** Stops all threads. A task that runs has 2 s to end before it is interrupted. */
    @Override
    public synchronized void close() {
        while (!started.isEmpty()) {
            stop(started.pop());
        }
    }

    private static void stop(ExecutorService executor) {
        executor.shutdown();
        try {
            if (!executor.awaitTermination(STOP_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
                executor.shutdownNow();
                executor.awaitTermination(STOP_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException stopNow) {
            executor.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
