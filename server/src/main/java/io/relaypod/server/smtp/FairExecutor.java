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
 * Runs tasks on a few threads, round robin over the clients: a client with many tasks delays its own. The tasks of one
 * client start in their order. The callers bound the number of tasks: each connection has one at a time. Thread-safe.
 */
public final class FairExecutor implements Closeable {

    private static final Logger LOGGER = LoggerFactory.getLogger(FairExecutor.class);

    private final ExecutorService threads;
    // Ordered by the time of the last task, the longest ago first.
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
