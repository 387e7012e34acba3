package io.relaypod.server.smtp;

import java.io.Closeable;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import org.apache.james.util.concurrent.NamedThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads that clients have in turn: the next task is one of the client whose last turn was longest ago, however many
 * tasks another has. The tasks of one client keep their order. Bounded by its callers, as each connection has one task
 * at a time. Thread-safe.
 */
public final class FairExecutor implements Closeable {

    private static final Logger LOGGER = LoggerFactory.getLogger(FairExecutor.class);

    private final ExecutorService threads;
    // In the order of their turns.
    private final Map<Object, Queue<Runnable>> byClient = new LinkedHashMap<>();

    public FairExecutor(String name, int threads) {
        this.threads = Executors.newFixedThreadPool(threads, NamedThreadFactory.withName(name));
    }

    /** @throws java.util.concurrent.RejectedExecutionException once closed */
    public void execute(Object client, Runnable task) {
        synchronized (byClient) {
            byClient.computeIfAbsent(client, first -> new ArrayDeque<>()).add(task);
        }
        threads.execute(this::runNext);
    }

    /** Tasks that have not begun. */
    public int waiting() {
        synchronized (byClient) {
            return byClient.values().stream().mapToInt(Queue::size).sum();
        }
    }

    private void runNext() {
        try {
            next().run();
        } catch (RuntimeException failure) {
            LOGGER.error("event=task-failed", failure);
        }
    }

    private Runnable next() {
        synchronized (byClient) {
            Iterator<Map.Entry<Object, Queue<Runnable>>> turns =
                    byClient.entrySet().iterator();
            Map.Entry<Object, Queue<Runnable>> turn = turns.next();
            Object client = turn.getKey();
            Queue<Runnable> tasks = turn.getValue();
            turns.remove();
            Runnable task = tasks.remove();
            if (!tasks.isEmpty()) {
                byClient.put(client, tasks);
            }
            return task;
        }
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
