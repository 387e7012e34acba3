package io.relaypod.server.activity;

import java.time.Clock;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * The names that occurred most in the last hour and day, in bounded memory (Space-Saving: Metwally, Agrawal, El Abbadi
 * 2005). A new name takes the place of the least frequent one and inherits its weight. So a name that makes up more
 * than one in {@code capacity} occurrences is always kept, however many others occur once. Thread-safe.
 */
final class FrequentNames {

    static final Comparator<FrequentName> MOST_FIRST = Comparator.comparingLong(FrequentName::hour)
            .thenComparingLong(FrequentName::day)
            .reversed()
            .thenComparing(FrequentName::name);

    private final Clock clock;
    private final int capacity;
    private final Map<String, NameCounts> names = new HashMap<>();
    // Weights only grow within an hour, so an entry whose weight is out of date is sorted in again when it is met.
    private final PriorityQueue<WeighedName> lightest =
            new PriorityQueue<>(Comparator.comparingLong(WeighedName::weight).thenComparingLong(WeighedName::sequence));
    private long sequence;
    private long hour;

    private record WeighedName(NameCounts counts, long weight, long sequence) {}

    FrequentNames(int capacity, Clock clock) {
        this.capacity = capacity;
        this.clock = clock;
    }

    synchronized void add(String name) {
        long now = now();
        if (NameCounts.hour(now) != hour) {
            beginHour(now);
        }
        NameCounts counts = names.get(name);
        if (counts == null) {
            counts = admit(name, now);
        }
        counts.increment(now);
    }

    private long now() {
        return clock.instant().getEpochSecond();
    }

    private NameCounts admit(String name, long now) {
        long inherited = 0;
        if (names.size() >= capacity) {
            NameCounts least = removeLightest(now);
            names.remove(least.name());
            inherited = least.weight(now);
        }
        NameCounts admitted = new NameCounts(name, inherited, now);
        names.put(name, admitted);
        // The occurrence that is about to be counted.
        lightest.add(new WeighedName(admitted, inherited + 1, sequence++));
        return admitted;
    }

    private NameCounts removeLightest(long now) {
        while (true) {
            WeighedName least = lightest.remove();
            long weight = least.counts().weight(now);
            if (weight <= least.weight()) {
                return least.counts();
            }
            lightest.add(new WeighedName(least.counts(), weight, sequence++));
        }
    }

    // Counts of a day ago are over, so weights may have become smaller.
    private void beginHour(long now) {
        hour = NameCounts.hour(now);
        names.values().removeIf(counts -> counts.weight(now) == 0);
        lightest.clear();
        names.values().forEach(counts -> lightest.add(new WeighedName(counts, counts.weight(now), sequence++)));
    }

    /** The most frequent of the last hour, and behind them those of the last day. */
    synchronized List<FrequentName> top(int most) {
        long now = now();
        return names.values().stream()
                .map(counts -> new FrequentName(counts.name(), counts.lastHour(now), counts.lastDay(now)))
                .filter(name -> name.day() > 0)
                .sorted(MOST_FIRST)
                .limit(most)
                .toList();
    }
}
