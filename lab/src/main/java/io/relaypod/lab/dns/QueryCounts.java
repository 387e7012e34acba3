package io.relaypod.lab.dns;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

/** How often each question was asked. Safe for use by many threads. */
final class QueryCounts {

    /** A benchmark asks for a million names; beyond this many distinct ones only the total goes on. */
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
