package io.relaypod.lab.bench;

import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The measurements of one server under one load.
 *
 * @param perSecond replies to RCPT a second
 * @param p50Micros the median time of a reply, in microseconds
 * @param p99Micros the 99th percentile of the time of a reply, in microseconds
 * @param cpuMicrosOfEach CPU time of the server's processes for each reply; other processes on the machine change this
 *     figure least
 */
record LoadResult(double perSecond, double p50Micros, double p99Micros, double cpuMicrosOfEach) {

    static LoadResult of(long[] latencyNanos, Duration measured, Duration cpu) {
        long[] sorted = latencyNanos.clone();
        Arrays.sort(sorted);
        return new LoadResult(
                sorted.length * 1e9 / measured.toNanos(),
                percentile(sorted, 0.50),
                percentile(sorted, 0.99),
                cpu.toNanos() / 1e3 / Math.max(1, sorted.length));
    }

    private static double percentile(long[] sorted, double share) {
        return sorted.length == 0
                ? Double.NaN
                : sorted[(int) Math.min(sorted.length - 1L, (long) (sorted.length * share))] / 1e3;
    }

    /** Returns the median of each figure, computed separately. */
    static LoadResult median(List<LoadResult> rounds) {
        return new LoadResult(
                median(rounds, LoadResult::perSecond),
                median(rounds, LoadResult::p50Micros),
                median(rounds, LoadResult::p99Micros),
                median(rounds, LoadResult::cpuMicrosOfEach));
    }

    private static double median(List<LoadResult> rounds, ToDoubleFunction<LoadResult> figure) {
        List<Double> sorted = rounds.stream()
                .map(figure::applyAsDouble)
                .sorted(Comparator.naturalOrder())
                .toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
