package io.relaypod.lab.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import io.relaypod.threads.Background;

/**
 * The mail queue of one smtp2graph process. It watches the queue directory, sends four messages at a time, and has the
 * retries in memory. After {@link #kill} it changes no file. Thread-safe.
 */
final class Smtp2GraphMailQueue {

    /** Number of messages that are sent at a time. */
    private static final int PARALLEL = 4;
    // If a file disappears and returns within this time, smtp2graph's watcher does not notice.
    private static final Duration UNNOTICED = Duration.ofMillis(500);
    private static final byte[] NO_BYTES = {};

    /** Kills the process at a kill point. */
    interface KillSwitch {
        /** @return whether the process was killed */
        boolean isKilledAt(KillPoint point);
    }

    private record ScheduledRetry(Instant after, int count) {}

    private final Smtp2GraphFiles files;
    private final Smtp2GraphLog log;
    private final GraphClient graph;
    private final Retries retries;
    private final Clock clock;
    private final KillSwitch killSwitch;
    private final ScheduledExecutorService threads =
            Executors.newScheduledThreadPool(PARALLEL + 1, Smtp2GraphStandIn::daemon);
    private final WatchService watcher;
    private final Set<String> known = new HashSet<>();
    private final Map<String, Instant> disappearedAt = new HashMap<>();
    private final Set<String> sending = new HashSet<>();
    private final Map<String, ScheduledRetry> waiting = new LinkedHashMap<>();
    private boolean retrying;
    private boolean dead;

    /** Begins with the files in the queue directory. */
    Smtp2GraphMailQueue(
            Smtp2GraphFiles files,
            Smtp2GraphLog log,
            GraphClient graph,
            Retries retries,
            Clock clock,
            KillSwitch killSwitch)
            throws IOException {
        this.files = files;
        this.log = log;
        this.graph = graph;
        this.retries = retries;
        this.clock = clock;
        this.killSwitch = killSwitch;
        files.create();
        this.watcher = files.queue().getFileSystem().newWatchService();
        files.queue().register(watcher, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
        Smtp2GraphFiles.mails(files.queue()).forEach(this::appeared);
        Smtp2GraphStandIn.daemon(this::watch).start();
        Background.repeat(threads, retries.poll(), retries.poll(), this::retryDue);
    }

    /** Moves the file of an accepted message from temp to queue. */
    void queue(Path written) {
        if (passed(KillPoint.BEFORE_QUEUE)) {
            try {
                Files.move(
                        written,
                        files.queue().resolve(written.getFileName()),
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException cannot) {
                log.failed(
                        written.getFileName().toString(), GraphClient.SendFailure.of("ENOENT: " + cannot.getMessage()));
            }
        }
    }

    /** Whether the message is being sent, or waits for a retry. */
    synchronized boolean isWorkingOn(String name) {
        return !known.contains(name) || sending.contains(name) || waiting.containsKey(name);
    }

    synchronized boolean isDead() {
        return dead;
    }

    /** Ends the process in the middle of its work. */
    void kill() {
        synchronized (this) {
            dead = true;
        }
        threads.shutdownNow();
        close(watcher);
    }

    /** Ends the process when the requests in flight are answered. */
    void finish() {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(10, TimeUnit.SECONDS)) {
                threads.shutdownNow();
            }
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
        kill();
    }

    private boolean passed(KillPoint point) {
        return !isDead() && !killSwitch.isKilledAt(point);
    }

    private void watch() {
        try {
            while (true) {
                WatchKey key = watcher.take();
                for (WatchEvent<?> event : key.pollEvents()) {
                    if (event.kind().equals(StandardWatchEventKinds.OVERFLOW)) {
                        Smtp2GraphFiles.mails(files.queue()).forEach(this::appeared);
                    } else if (event.kind().equals(StandardWatchEventKinds.ENTRY_CREATE)) {
                        appeared(event.context().toString());
                    } else {
                        disappeared(event.context().toString());
                    }
                }
                key.reset();
            }
        } catch (ClosedWatchServiceException ended) {
            // killed
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void disappeared(String name) {
        disappearedAt.put(name, Instant.now());
    }

    private synchronized void appeared(String name) {
        Optional<Instant> since = Optional.ofNullable(disappearedAt.remove(name));
        boolean isNew = known.add(name)
                || since.filter(at -> at.plus(UNNOTICED).isBefore(Instant.now()))
                        .isPresent();
        if (isNew && name.endsWith(".eml") && !dead) {
            send(name, () -> {});
        }
    }

    private synchronized void send(String name, Runnable then) {
        try {
            sending.add(name);
            threads.execute(() -> {
                try {
                    attempt(name);
                } finally {
                    ended(name);
                    then.run();
                }
            });
        } catch (RejectedExecutionException ended) {
            sending.remove(name);
        }
    }

    private synchronized void ended(String name) {
        sending.remove(name);
    }

    private void attempt(String name) {
        Path file = files.queue().resolve(name);
        if (!passed(KillPoint.BEFORE_REQUEST)) {
            return;
        }
        try {
            Optional<GraphClient.SendFailure> failure = outcome(file);
            if (failure.isPresent()) {
                failed(name, failure.get());
            } else if (passed(KillPoint.BEFORE_UNLINK)) {
                Files.deleteIfExists(file);
                forget(name);
                passed(KillPoint.AFTER_UNLINK);
            }
        } catch (IOException unreadable) {
            failed(
                    name,
                    GraphClient.SendFailure.of(
                            "ENOENT: no such file or directory, open 'mailroot/queue/" + name + "'"));
        } catch (InterruptedException killed) {
            Thread.currentThread().interrupt();
        }
    }

    private Optional<GraphClient.SendFailure> outcome(Path file) throws IOException, InterruptedException {
        byte[] mime = Files.readAllBytes(file);
        Optional<String> mailbox = Smtp2GraphMail.sendingMailbox(mime);
        if (mailbox.isEmpty()) {
            return Optional.of(GraphClient.SendFailure.permanent("No sender/from address defined"));
        }
        String words = "mailroot/queue/" + file.getFileName();
        GraphClient.GraphResponse answer = graph.sendMail(mailbox.get(), mime, words);
        for (Duration pause : retries.throttledPauses()) {
            if (!answer.isThrottled()) {
                break;
            }
            TimeUnit.NANOSECONDS.sleep(pause.toNanos());
            // smtp2graph's first request has read the file to the end, so the retry has no body.
            answer = graph.sendMail(mailbox.get(), NO_BYTES, words);
        }
        return answer.failure();
    }

    private void failed(String name, GraphClient.SendFailure failure) {
        synchronized (this) {
            if (dead) {
                return;
            }
            log.failed(name, failure);
            // As in smtp2graph, the entry of a retry that fails permanently stays, and is retried at every poll.
            if (!failure.isFinal() && retries.limit() > 0) {
                retryOrGiveUp(name);
            }
        }
    }

    private void retryOrGiveUp(String name) {
        int count = Optional.ofNullable(waiting.get(name))
                .map(ScheduledRetry::count)
                .orElse(0);
        if (count < retries.limit()) {
            waiting.put(name, new ScheduledRetry(clock.instant().plus(retries.interval()), count + 1));
            return;
        }
        waiting.remove(name);
        try {
            Files.move(files.queue().resolve(name), files.failed().resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException cannot) {
            log.failed(name, GraphClient.SendFailure.of("ENOENT: " + cannot.getMessage()));
        }
    }

    private synchronized void forget(String name) {
        waiting.remove(name);
    }

    private synchronized void retryDue() {
        if (retrying || dead) {
            return;
        }
        List<String> due = waiting.entrySet().stream()
                .filter(entry -> entry.getValue().after().isBefore(clock.instant()))
                .map(Map.Entry::getKey)
                .toList();
        retryNext(due, 0);
    }

    // smtp2graph also sends retries one after the other.
    private synchronized void retryNext(List<String> due, int at) {
        retrying = at < due.size() && !dead;
        if (retrying) {
            send(due.get(at), () -> retryNext(due, at + 1));
        }
    }

    private static void close(WatchService watcher) {
        try {
            watcher.close();
        } catch (IOException cannot) {
            throw new UncheckedIOException(cannot);
        }
    }
}
