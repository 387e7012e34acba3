package io.relaypod.server.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/**
 * The steps of one process that outlive it, such as a write, a rename or a reply to another program. The process ends
 * just before a given one, and does nothing afterwards. Safe for use by many threads.
 */
final class ProcessSteps {

    private final int last;
    private final List<String> taken = new ArrayList<>();
    private final CompletableFuture<Void> end = new CompletableFuture<>();

    /** The process ended, in the middle of what it did. */
    static final class EndOfProcess extends Error {

        private static final long serialVersionUID = 1;

        EndOfProcess(String before) {
            super("the process ended before: " + before, null, false, false);
        }
    }

    /** @param last number of steps that are taken */
    ProcessSteps(int last) {
        this.last = last;
    }

    /** A process that does not end. */
    static ProcessSteps endless() {
        return new ProcessSteps(Integer.MAX_VALUE);
    }

    /**
     * Takes a step.
     *
     * @throws EndOfProcess if the process has ended, or ends here
     */
    synchronized void take(String step) {
        alive(step);
        if (taken.size() == last) {
            end.complete(null);
            throw new EndOfProcess(step);
        }
        taken.add(step);
    }

    /** @throws EndOfProcess if the process has ended */
    void alive(String step) {
        if (end.isDone()) {
            throw new EndOfProcess(step);
        }
    }

    boolean isOver() {
        return end.isDone();
    }

    /** Completes at the end of the process. */
    CompletableFuture<Void> end() {
        return end;
    }

    /** How many were taken. */
    synchronized int number() {
        return taken.size();
    }

    /** The last steps before the end, for a message. */
    synchronized List<String> latest() {
        return List.copyOf(taken.subList(Math.max(0, taken.size() - 8), taken.size()));
    }

    /** What kinds of steps were taken. */
    synchronized Set<String> kinds() {
        return new TreeSet<>(taken);
    }
}
