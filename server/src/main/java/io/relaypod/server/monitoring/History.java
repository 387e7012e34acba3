package io.relaypod.server.monitoring;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The samples of the last hour, the oldest first. Thread-safe. */
final class History {

    static final Duration LENGTH = Duration.ofHours(1);

    private final Deque<StatusSample> samples = new ArrayDeque<>();

    synchronized void add(StatusSample sample) {
        samples.addLast(sample);
        // One sample older than the hour stays: charts show differences between two samples.
        while (samples.size() > 2 && age(second(), sample).compareTo(LENGTH) >= 0) {
            samples.removeFirst();
        }
    }

    private StatusSample second() {
        return samples.stream().skip(1).findFirst().orElseThrow();
    }

    private static Duration age(StatusSample sample, StatusSample newest) {
        return Duration.between(sample.at(), newest.at());
    }

    synchronized List<StatusSample> samples() {
        return List.copyOf(samples);
    }
}
