package io.relaypod.graph;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Files that were in {@code queue/} and were deleted before the relay had read their headers, as when Graph answers
 * within milliseconds and the machine is busy. Bounded. For one thread.
 */
final class UnidentifiedFiles {

    private static final Duration KEPT = Duration.ofMinutes(2);
    private static final int MOST = 10_000;

    private final Deque<Instant> deletedAt = new ArrayDeque<>();
    // A file's events may come one by one, the last of them after the file was answered.
    private final Set<String> seen = new LinkedHashSet<>();

    /** The relay knows what became of this file; later events of it are no news. */
    void known(String name) {
        add(name);
    }

    private boolean add(String name) {
        if (seen.size() >= MOST) {
            Iterator<String> oldest = seen.iterator();
            oldest.next();
            oldest.remove();
        }
        return seen.add(name);
    }

    /** A file had an event in {@code queue/}, is in no directory, and its header was never read. */
    void deleted(String name, Instant at) {
        if (add(name) && deletedAt.size() < MOST) {
            deletedAt.addLast(at);
        }
    }

    /**
     * Takes as many files as copies are expected, so that the files are those of the copies.
     *
     * @return false if there are fewer: then nobody can tell which of the copies had a file
     */
    boolean take(int copies, Instant now) {
        while (!deletedAt.isEmpty() && deletedAt.getFirst().isBefore(now.minus(KEPT))) {
            deletedAt.removeFirst();
        }
        if (copies == 0 || copies > deletedAt.size()) {
            return false;
        }
        for (int i = 0; i < copies; i++) {
            deletedAt.removeFirst();
        }
        return true;
    }
}
