package io.relaypod.server.monitoring;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * A bar chart of the last hour by minute, as inline SVG. Several series are stacked.
 *
 * @param caption the title
 * @param series from the bottom up, each with a value for each minute, the oldest first
 * @param unit appended to numbers, such as {@code ms}; may be empty
 */
record Chart(String caption, List<Series> series, String unit, Instant now) {

    static final int MINUTES = 60;

    private static final int HEIGHT = 100;
    private static final int STEP = 10;
    private static final double BAR = 8;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

    /**
     * Values by minute.
     *
     * @param colour a class of status.css
     */
    record Series(String name, String colour, double[] values) {}

    /** The increase of a counter in each minute. */
    static double[] perMinute(List<StatusSample> samples, Instant now, ToDoubleFunction<StatusSample> counter) {
        double[] minutes = new double[MINUTES];
        for (int i = 1; i < samples.size(); i++) {
            int minute = minute(samples.get(i), now);
            if (minute >= 0) {
                minutes[minute] +=
                        Math.max(0, counter.applyAsDouble(samples.get(i)) - counter.applyAsDouble(samples.get(i - 1)));
            }
        }
        return minutes;
    }

    /** The highest value of a gauge in each minute. */
    static double[] highest(List<StatusSample> samples, Instant now, ToDoubleFunction<StatusSample> gauge) {
        double[] minutes = new double[MINUTES];
        samples.stream()
                .filter(sample -> minute(sample, now) >= 0)
                .forEach(sample -> minutes[minute(sample, now)] =
                        Math.max(minutes[minute(sample, now)], gauge.applyAsDouble(sample)));
        return minutes;
    }

    private static int minute(StatusSample sample, Instant now) {
        return MINUTES
                - 1
                - (int) Math.min(MINUTES, Duration.between(sample.at(), now).toMinutes());
    }

    String html() {
        double top = top();
        StringBuilder svg = new StringBuilder();
        svg.append("<svg viewBox=\"0 0 ")
                .append(MINUTES * STEP)
                .append(' ')
                .append(HEIGHT)
                .append("\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"")
                .append(Html.text(summary()))
                .append("\">");
        for (int line = 0; line <= 2; line++) {
            svg.append("<line class=\"grid\" x1=\"0\" x2=\"")
                    .append(MINUTES * STEP)
                    .append("\" y1=\"")
                    .append(line * HEIGHT / 2)
                    .append("\" y2=\"")
                    .append(line * HEIGHT / 2)
                    .append("\"/>");
        }
        for (int minute = 0; minute < MINUTES; minute++) {
            appendBars(svg, minute, top);
        }
        svg.append("</svg>");
        return "<figure class=\"card\"><figcaption>" + Html.text(caption) + keys() + "<span class=\"top\">"
                + number(top) + "</span></figcaption>" + svg + "<div class=\"axis\"><span>"
                + TIME.format(now.minus(Duration.ofMinutes(MINUTES))) + " UTC</span><span>" + TIME.format(now)
                + "</span></div></figure>\n";
    }

    private void appendBars(StringBuilder svg, int minute, double top) {
        double below = 0;
        for (Series one : series) {
            double height = one.values()[minute] / top * HEIGHT;
            if (height > 0) {
                svg.append(String.format(
                        Locale.ROOT,
                        "<rect class=\"%s\" x=\"%.1f\" y=\"%.2f\" width=\"%.1f\" height=\"%.2f\"/>",
                        one.colour(),
                        minute * STEP + (STEP - BAR) / 2,
                        HEIGHT - below - height,
                        BAR,
                        height));
                below += height;
            }
        }
        // As high as the chart, so that the title of a minute with a low bar can be pointed at.
        svg.append(String.format(
                Locale.ROOT,
                "<rect class=\"hit\" x=\"%d\" y=\"0\" width=\"%d\" height=\"%d\"><title>%s</title></rect>",
                minute * STEP,
                STEP,
                HEIGHT,
                Html.text(title(minute))));
    }

    private String title(int minute) {
        StringBuilder title = new StringBuilder(TIME.format(now.minus(Duration.ofMinutes((long) MINUTES - 1 - minute))))
                .append(" UTC");
        series.forEach(one -> title.append(", ").append(one.name()).append(' ').append(number(one.values()[minute])));
        return title.toString();
    }

    private String keys() {
        StringBuilder keys = new StringBuilder();
        series.forEach(one -> keys.append("<span class=\"key ")
                .append(one.colour())
                .append("\"><i>")
                .append(Html.text(one.name()))
                .append("</i></span>"));
        return keys.toString();
    }

    private String summary() {
        return caption + ", the last hour by minute, highest " + number(highestSum()) + ", now "
                + number(sum(MINUTES - 1));
    }

    private double highestSum() {
        return IntStream.range(0, MINUTES).mapToDouble(this::sum).max().orElse(0);
    }

    private double sum(int minute) {
        return series.stream().mapToDouble(one -> one.values()[minute]).sum();
    }

    /** The end of the scale: a round number not below any bar. */
    private double top() {
        double highest = highestSum();
        double power = Math.pow(10, Math.floor(Math.log10(Math.max(highest, 1))));
        return DoubleStream.of(1, 2, 5, 10)
                .map(factor -> factor * power)
                .filter(round -> round >= highest)
                .findFirst()
                .orElse(highest);
    }

    private String number(double value) {
        return String.format(Locale.ROOT, value < 10 && value != Math.rint(value) ? "%,.1f" : "%,.0f", value)
                + (unit.isEmpty() ? "" : " " + unit);
    }
}
