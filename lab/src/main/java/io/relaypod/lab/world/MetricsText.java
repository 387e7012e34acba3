package io.relaypod.lab.world;

import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** A response of the relay's /metrics, in Prometheus' text format. */
record MetricsText(String text) {

    private static final Pattern SAMPLE = Pattern.compile("^([a-z_0-9]+)(?:\\{(.*)\\})? (\\S+)$", Pattern.MULTILINE);

    /**
     * The sum of a metric's series; 0 if there is none.
     *
     * @param labels keys and values; other labels may have any value
     */
    double value(String metric, String... labels) {
        String[] pairs = IntStream.range(0, labels.length / 2)
                .mapToObj(pair -> labels[2 * pair] + "=\"" + labels[2 * pair + 1] + "\"")
                .toArray(String[]::new);
        return SAMPLE.matcher(text)
                .results()
                .filter(sample -> sample.group(1).equals(metric)
                        && Arrays.stream(pairs).allMatch(String.valueOf(sample.group(2))::contains))
                .mapToDouble(sample -> Double.parseDouble(sample.group(3)))
                .sum();
    }
}
