package io.relaypod.events;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * Lets ten lines a second through, and says a second later how many it left out: of a flood, writing each line would
 * cost as much as refusing what it is about. Thread-safe.
 */
public final class LogRateLimit {

    public static final int LINES_PER_SECOND = 10;

    private final LongSupplier nanoClock;
    private final Executor aSecondLater;
    private final LongConsumer leftOutLine;
    private long second;
    private int lines;
    private long leftOut;

    /** @param leftOutLine writes how many lines were left out */
    public LogRateLimit(LongConsumer leftOutLine) {
        this(System::nanoTime, CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS), leftOutLine);
    }

    LogRateLimit(LongSupplier nanoClock, Executor aSecondLater, LongConsumer leftOutLine) {
        this.nanoClock = nanoClock;
        this.aSecondLater = aSecondLater;
        this.leftOutLine = leftOutLine;
    }

    /** Whether one more line may be written now. */
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
        if (leftOut++ == 0) {
            aSecondLater.execute(this::sayLeftOut);
        }
        return false;
    }

    private synchronized void sayLeftOut() {
        leftOutLine.accept(leftOut);
        leftOut = 0;
    }
}
