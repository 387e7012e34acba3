package io.relaypod.server.activity;

import java.util.Arrays;

/**
 * How often a name occurred, in slots of five minutes for the last hour and of an hour for the last day. Not
 * thread-safe.
 */
final class NameCounts {

    private static final int SLOT_SECONDS = 300;
    private static final int HOUR_SECONDS = 3_600;
    private static final int SLOTS = 12;
    private static final int HOURS = 24;

    private final String name;
    private final long inherited;
    private final long inheritedUntil;
    private final CountRing slots;
    private final CountRing hours;

    /**
     * @param inherited weight of the name whose place this one takes
     * @param second now, since 1970
     */
    NameCounts(String name, long inherited, long second) {
        this.name = name;
        this.inherited = inherited;
        this.inheritedUntil = hour(second) + HOURS;
        this.slots = new CountRing(SLOTS, second / SLOT_SECONDS);
        this.hours = new CountRing(HOURS, hour(second));
    }

    static long hour(long second) {
        return second / HOUR_SECONDS;
    }

    String name() {
        return name;
    }

    void increment(long second) {
        slots.increment(second / SLOT_SECONDS);
        hours.increment(hour(second));
    }

    long lastHour(long second) {
        return slots.sum(second / SLOT_SECONDS);
    }

    long lastDay(long second) {
        return hours.sum(hour(second));
    }

    /** The most that the name can have occurred in the last day. */
    long weight(long second) {
        return lastDay(second) + (hour(second) < inheritedUntil ? inherited : 0);
    }

    /** Counts of the last intervals. A clock that was set back counts in the newest interval. */
    private static final class CountRing {

        private final int[] counts;
        private long newest;

        CountRing(int intervals, long now) {
            this.counts = new int[intervals];
            this.newest = now;
        }

        void increment(long interval) {
            advance(interval);
            int at = (int) (newest % counts.length);
            counts[at] = Math.addExact(counts[at], counts[at] == Integer.MAX_VALUE ? 0 : 1);
        }

        long sum(long interval) {
            advance(interval);
            long sum = 0;
            for (int count : counts) {
                sum += count;
            }
            return sum;
        }

        private void advance(long interval) {
            if (interval - newest >= counts.length) {
                Arrays.fill(counts, 0);
                newest = interval;
            }
            while (newest < interval) {
                newest++;
                counts[(int) (newest % counts.length)] = 0;
            }
        }
    }
}
