package io.relaypod.e2e;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.relaypod.lab.world.LabWorld;

/** Responses of a relay's METRICS_ADDR. */
record Scrape(String text) {

    private static final Pattern TYPE = Pattern.compile("^# TYPE (\\S+) ", Pattern.MULTILINE);
    private static final Pattern SAMPLE = Pattern.compile("^([a-z_0-9]+)(\\{(.*)\\})? (\\S+)$", Pattern.MULTILINE);
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"");

    static Scrape of(LabWorld world) throws IOException, InterruptedException {
        return new Scrape(get(world, "/metrics").body());
    }

    /** Fails if the answer takes longer. */
    static Scrape within(Duration time, LabWorld world) throws IOException, InterruptedException {
        URI metrics =
                URI.create("http://127.0.0.1:" + world.relay().metricsPort().orElseThrow() + "/metrics");
        return new Scrape(HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(metrics).timeout(time).build(), HttpResponse.BodyHandlers.ofString())
                .body());
    }

    static HttpResponse<String> get(LabWorld world, String path, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + world.relay().metricsPort().orElseThrow() + path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** The names of the metrics as in the documentation, with one name for each histogram. */
    Set<String> names() {
        return TYPE.matcher(text).results().map(found -> found.group(1)).collect(Collectors.toUnmodifiableSet());
    }

    /** Labels by series. A histogram has the series {@code _bucket}, {@code _sum} and {@code _count}. */
    Map<String, Set<String>> labels() {
        Map<String, Set<String>> labels = new HashMap<>();
        SAMPLE.matcher(text).results().forEach(sample -> {
            Matcher label = LABEL.matcher(String.valueOf(sample.group(3)));
            Set<String> ofSeries = labels.computeIfAbsent(sample.group(1), name -> new HashSet<>());
            while (label.find()) {
                ofSeries.add(label.group(1));
            }
        });
        return labels;
    }

    /** The sum of all series with the name and the labels, each written {@code key="value"}. */
    double value(String name, String... labels) {
        return SAMPLE.matcher(text)
                .results()
                .filter(sample -> sample.group(1).equals(name)
                        && Arrays.stream(labels).allMatch(String.valueOf(sample.group(3))::contains))
                .mapToDouble(sample -> Double.parseDouble(sample.group(4)))
                .sum();
    }
}
