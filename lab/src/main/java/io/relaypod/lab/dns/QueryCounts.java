package io.relaypod.lab.dns;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

/** Counts queries by question. Thread-safe. */
final class QueryCounts {

    // A benchmark may ask for a million names. Beyond this number of different questions only the total is counted.
    private static final int MAX_QUESTIONS = 100_000;

    private final Map<DnsQuestion, LongAdder> perQuestion = new ConcurrentHashMap<>();
    private final LongAdder total = new LongAdder();

    void add(DnsQuestion question) {
        total.increment();
        LongAdder known = perQuestion.get(question);
        if (known != null) {
            known.increment();
        } else if (perQuestion.size() < MAX_QUESTIONS) {
            perQuestion.computeIfAbsent(question, q -> new LongAdder()).increment();
        }
    }

    Map<DnsQuestion, Long> all() {
        return perQuestion.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        Map.Entry::getKey, entry -> entry.getValue().sum()));
    }

    long of(DnsQuestion question) {
        LongAdder count = perQuestion.get(question);
        return count == null ? 0 : count.sum();
    }

    long total() {
        return total.sum();
    }

    void reset() {
        perQuestion.clear();
        total.reset();
    }
}
