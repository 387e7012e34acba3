package io.relaypod.quota;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;

/**
 * Counts of the last 24 hours, in quarters of an hour. A quarter's count is dropped when the quarter is wholly older
 * than a day, so the sum is never too small. Takes 8 bytes for each quarter with a count. Not thread-safe.
 */
final class SlidingDay {

    static final Duration QUARTER = Duration.ofMinutes(15);

    private static final int QUARTERS = 96;
    private static final int QUARTERS_OF_AN_HOUR = 4;

    private long[] quarters = new long[1];
    private int[] counts = new int[1];
    private int size;

    static long quarter(Instant time) {
        return Math.floorDiv(time.getEpochSecond(), QUARTER.toSeconds());
    }

    void add(int count, Instant now) {
        add(count, quarter(now));
    }

    /** Adds to a quarter that is not before the newest one, as a file lists them. */
    void add(int count, long quarter) {
        if (size > 0 && quarters[size - 1] >= quarter) {
            counts[size - 1] = (int) Math.min(Integer.MAX_VALUE, (long) counts[size - 1] + count);
            return;
        }
        if (size == quarters.length) {
            quarters = Arrays.copyOf(quarters, Math.min(2 * size, QUARTERS + 2));
            counts = Arrays.copyOf(counts, quarters.length);
        }
        quarters[size] = quarter;
        counts[size++] = count;
    }

    /** Takes from the newest counts. */
    void giveBack(int count) {
        int left = count;
        while (left > 0 && size > 0) {
            int taken = Math.min(left, counts[size - 1]);
            counts[size - 1] -= taken;
            left -= taken;
            size -= counts[size - 1] == 0 ? 1 : 0;
        }
    }

    long sum(Instant now) {
        forget(now);
        return sumFrom(Long.MIN_VALUE);
    }

    long lastHour(Instant now) {
        forget(now);
        return sumFrom(quarter(now) - QUARTERS_OF_AN_HOUR);
    }

    private long sumFrom(long first) {
        long sum = 0;
        for (int i = 0; i < size; i++) {
            sum += quarters[i] >= first ? counts[i] : 0;
        }
        return sum;
    }

    /** The time until the sum is at most this; zero if it is. */
    Duration untilAtMost(long most, Instant now) {
        long left = sum(now);
        for (int i = 0; i < size && left > most; i++) {
            left -= counts[i];
            if (left <= most) {
                return Duration.between(now, Instant.ofEpochSecond((quarters[i] + QUARTERS + 1) * QUARTER.toSeconds()));
            }
        }
        return Duration.ZERO;
    }

    private void forget(Instant now) {
        long current = quarter(now);
        int over = 0;
        while (over < size && quarters[over] + QUARTERS < current) {
            over++;
        }
        if (over > 0) {
            System.arraycopy(quarters, over, quarters, 0, size - over);
            System.arraycopy(counts, over, counts, 0, size - over);
            size -= over;
        }
        // Counted while the clock was ahead: they would last longer than a day.
        if (size > 0 && quarters[size - 1] > current) {
            int total = (int) Math.min(Integer.MAX_VALUE, sumFrom(current));
            while (size > 0 && quarters[size - 1] >= current) {
                size--;
            }
            add(total, current);
        }
    }

    /** Calls for each quarter with a count, oldest first. */
    void forEach(QuarterConsumer consumer) {
        for (int i = 0; i < size; i++) {
            consumer.accept(quarters[i], counts[i]);
        }
    }

    /** Receives the count of a quarter. */
    interface QuarterConsumer {

        void accept(long quarter, int count);
    }
}
