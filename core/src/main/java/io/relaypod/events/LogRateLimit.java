package io.relaypod.events;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * Permits ten log lines a second, and logs a second later how many were omitted. Logging every line of a flood would
 * cost as much as refusing the commands that it is about. Thread-safe.
 */
public final class LogRateLimit {

    public static final int LINES_PER_SECOND = 10;

    private final LongSupplier nanoClock;
    private final Executor delayedByOneSecond;
    private final LongConsumer omittedLines;
    private long second;
    private int lines;
    private long omitted;

    /** @param omittedLines called with the number of lines omitted */
    public LogRateLimit(LongConsumer omittedLines) {
        this(System::nanoTime, CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS), omittedLines);
    }

    LogRateLimit(LongSupplier nanoClock, Executor delayedByOneSecond, LongConsumer omittedLines) {
        this.nanoClock = nanoClock;
        this.delayedByOneSecond = delayedByOneSecond;
        this.omittedLines = omittedLines;
    }

    /** Returns whether a line may be logged now. */
    public synchronized boolean tryAcquire() {
        long now = TimeUnit.NANOSECONDS.toSeconds(nanoClock.getAsLong());
        if (now != second) {
            second = now;
            lines = 0;
        }
        if (lines < LINES_PER_SECOND) {
            lines++;
            return true;
        }
        if (omitted++ == 0) {
            delayedByOneSecond.execute(this::reportOmitted);
        }
        return false;
    }

    private synchronized void reportOmitted() {
        omittedLines.accept(omitted);
        omitted = 0;
    }
}
