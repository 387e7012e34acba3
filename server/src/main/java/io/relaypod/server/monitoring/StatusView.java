package io.relaypod.server.monitoring;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.relaypod.server.metrics.QueueMeters.QueueState;
import io.relaypod.server.monitoring.Chart.Series;
import io.relaypod.server.monitoring.RecentRefusals.RecentRefusal;
import io.relaypod.server.monitoring.StatusSample.MailCounts;
import io.relaypod.server.queue.PerSenderBacklog;
import org.apache.james.core.healthcheck.Result;

/** Renders the status page. All text from outside is escaped by {@link Html#text}. */
final class StatusView {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final StatusSample NOTHING =
            new StatusSample(Instant.EPOCH, new MailCounts(0, 0, 0, 0, 0), 0, 0, 0, 0, 0, 0, 0, 0);

    private final RelayStatus status;
    private final StatusSample first;
    private final StatusSample last;

    StatusView(RelayStatus status) {
        this.status = status;
        this.first = status.samples().stream().findFirst().orElse(NOTHING);
        this.last = status.samples().isEmpty()
                ? NOTHING
                : status.samples().get(status.samples().size() - 1);
    }

    String title() {
        return "relaypod: " + (status.readiness().isReady() ? "ready" : "not ready");
    }

    String main() {
        return "<main>\n" + header() + hops() + numbers() + charts()
                + new ActivityTables(status.activity()).html() + "<div class=\"pair\">" + queues() + refusals()
                + "</div>" + footer() + "</main>";
    }

    private String header() {
        return """
            <header><h1>relaypod</h1><span class="badge %s">%s</span><span class="when">%s UTC</span></header>
            """.formatted(
                        status.readiness().isReady() ? "good" : "bad",
                        status.readiness().isReady() ? "ready" : "not ready",
                        TIME.format(status.now()));
    }

    private String hops() {
        return "<ol class=\"hops\" aria-label=\"The way of a message\">\n"
                + hop(
                        "Applications",
                        status.connections() > 0 ? "good" : "idle",
                        status.connections() > 0 ? "connected" : "none connected",
                        count(status.connections(), "SMTP connection") + " open")
                + relay()
                + hop(
                        "Mailpit",
                        status.gateway().isUp() ? "good" : "bad",
                        status.gateway().isUp() ? "up" : "down",
                        status.upstream() + " " + status.gateway().words())
                + behindMailpit()
                + "</ol>\n";
    }

    private String relay() {
        Optional<Result> worst = status.readiness().results().stream()
                .filter(Result::isUnHealthy)
                .findFirst()
                .or(() -> status.readiness().results().stream()
                        .filter(result -> result.isDegraded() && !isGateway(result))
                        .findFirst());
        return hop(
                "relaypod",
                worst.map(result -> result.isUnHealthy() ? "bad" : "warn").orElse("good"),
                worst.map(result -> result.getComponentName().getName()
                                + (result.isUnHealthy() ? " unhealthy" : " degraded"))
                        .orElse("accepts mail"),
                worst.flatMap(Result::getCause).orElse("SMTP is open, the queue can be written, DNS answers"));
    }

    // The gateway has a box of its own on the page.
    private static boolean isGateway(Result result) {
        return result.getComponentName().getName().equals("Gateway");
    }

    private String behindMailpit() {
        String name = "smtp2graph, Microsoft 365";
        if (status.graph().isPresent()) {
            GraphBox box = GraphBox.of(status.graph().get(), status.now());
            return hop(name, box.colour(), box.state(), box.detail());
        }
        boolean hasFailed = status.lastFailure().isPresent()
                && status.lastDelivered()
                        .map(delivered ->
                                delivered.isBefore(status.lastFailure().get().at()))
                        .orElse(true);
        if (hasFailed) {
            return hop(
                    name,
                    "warn",
                    "last attempt failed " + ago(status.lastFailure().get().at()),
                    status.lastFailure().get().words());
        }
        return status.lastDelivered()
                .map(delivered ->
                        hop(name, "good", "accepted a message " + ago(delivered), "as Mailpit's replies show"))
                .orElseGet(() -> hop(name, "idle", "no message yet", "as Mailpit's replies show"));
    }

    private static String hop(String name, String colour, String state, String detail) {
        return """
            <li class="card"><strong>%s</strong><span class="state %s">%s</span><p class="detail">%s</p></li>
            """.formatted(Html.text(name), colour, Html.text(state), Html.text(detail));
    }

    private String numbers() {
        long hits = inTheHour(StatusSample::cacheHits);
        long checked = hits + inTheHour(StatusSample::cacheMisses);
        long failedStored = status.found().repositories().entrySet().stream()
                .filter(repository -> repository.getKey().endsWith("failed"))
                .mapToLong(Map.Entry::getValue)
                .sum();
        return "<h2>The last hour</h2>\n<dl class=\"numbers\">\n"
                + number(
                        "Messages accepted",
                        number(inTheHour(sample -> sample.mails().accepted())),
                        number(last.mails().accepted()) + " since the start")
                + number(
                        "Messages delivered",
                        number(inTheHour(sample -> sample.mails().delivered())),
                        number(last.mails().delivered()) + " since the start")
                + number(
                        "Failed attempts",
                        number(inTheHour(sample -> sample.mails().deferred())),
                        "retried later")
                + number(
                        "Messages failed",
                        number(inTheHour(sample -> sample.mails().failed())),
                        number(failedStored) + " in the failed repository")
                + number(
                        "Recipients refused",
                        number(inTheHour(StatusSample::refused)),
                        number(inTheHour(StatusSample::later)) + " deferred, "
                                + count(inTheHour(sample -> sample.mails().refused()), "whole message") + " refused")
                + number("Waiting now", number(last.queued()), waiting())
                + number(
                        "Domains from the cache",
                        checked == 0 ? "–" : String.format(Locale.ROOT, "%.1f %%", 100.0 * hits / checked),
                        number(checked) + " checked")
                + number(
                        "DNS",
                        inTheHour(StatusSample::lookups) == 0
                                ? "–"
                                : number(inTheHour(StatusSample::lookupMillis) / inTheHour(StatusSample::lookups))
                                        + " ms",
                        number(inTheHour(StatusSample::lookups)) + " queries, "
                                + number(inTheHour(StatusSample::lookupsLost)) + " unanswered")
                + "</dl>\n";
    }

    private String waiting() {
        Stream<String> oldest = oldest().map(age -> "the oldest for " + AgeWords.of(age)).stream();
        long rateLimited = status.found().queues().values().stream()
                .flatMap(queue -> queue.perSenderBacklog().stream())
                .mapToLong(PerSenderBacklog::mails)
                .sum();
        Stream<String> forTheRateLimit =
                rateLimited > 0 ? Stream.of(number(rateLimited) + " for the rate limit") : Stream.empty();
        String words = Stream.concat(oldest, forTheRateLimit).collect(Collectors.joining(", "));
        return words.isEmpty() ? last.queued() > 0 ? "all in flight" : "nothing waits" : words;
    }

    private Optional<Duration> oldest() {
        return status.found().queues().values().stream()
                .map(QueueState::oldest)
                .flatMap(Optional::stream)
                .max(Comparator.naturalOrder());
    }

    private static String number(String name, String value, String note) {
        return """
            <div class="card"><dt>%s</dt><dd class="value">%s</dd><dd class="note">%s</dd></div>
            """.formatted(name, value, note);
    }

    private long inTheHour(ToLongFunction<StatusSample> counter) {
        return counter.applyAsLong(last) - counter.applyAsLong(first);
    }

    private String charts() {
        List<StatusSample> samples = status.samples();
        Instant now = status.now();
        return "<div class=\"charts\">\n"
                + new Chart(
                                "Messages",
                                List.of(
                                        new Series(
                                                "delivered",
                                                "two",
                                                Chart.perMinute(
                                                        samples,
                                                        now,
                                                        sample -> sample.mails().delivered())),
                                        new Series(
                                                "to retry",
                                                "alarm",
                                                Chart.perMinute(
                                                        samples,
                                                        now,
                                                        sample -> sample.mails().deferred()))),
                                "",
                                now)
                        .html()
                + new Chart(
                                "Recipients refused",
                                List.of(
                                        new Series(
                                                "permanently",
                                                "one",
                                                Chart.perMinute(samples, now, StatusSample::refused)),
                                        new Series(
                                                "temporarily",
                                                "alarm",
                                                Chart.perMinute(samples, now, StatusSample::later))),
                                "",
                                now)
                        .html()
                + new Chart(
                                "Messages in the queues",
                                List.of(new Series("queued", "one", Chart.highest(samples, now, StatusSample::queued))),
                                "",
                                now)
                        .html()
                + new Chart(
                                "DNS queries",
                                List.of(
                                        new Series(
                                                "answered",
                                                "two",
                                                Chart.perMinute(
                                                        samples,
                                                        now,
                                                        sample -> sample.lookups() - sample.lookupsLost())),
                                        new Series(
                                                "unanswered",
                                                "alarm",
                                                Chart.perMinute(samples, now, StatusSample::lookupsLost))),
                                "",
                                now)
                        .html()
                + "</div>\n";
    }

    private String queues() {
        String rows = status.found().queues().entrySet().stream()
                        .sorted(Map.Entry.comparingByKey())
                        .map(queue -> row(queue.getKey(), queue.getValue()))
                        .collect(Collectors.joining())
                + status.found().repositories().entrySet().stream()
                        .sorted(Map.Entry.comparingByKey())
                        .map(repository -> row(
                                repository.getKey(),
                                new QueueState(repository.getValue(), Optional.empty(), Optional.empty())))
                        .collect(Collectors.joining());
        return """
            <section class="card"><h2>Queues and repositories</h2>
            <table><thead><tr><th>name</th><th class="number">messages</th><th class="number">oldest</th></tr></thead><tbody>
            %s</tbody></table></section>
            """.formatted(rows);
    }

    private static String row(String name, QueueState state) {
        return """
            <tr><td>%s</td><td class="number">%s</td><td class="number">%s</td></tr>
            """.formatted(
                        Html.text(name),
                        number(state.size()),
                        state.oldest().map(AgeWords::of).orElse(""));
    }

    private String refusals() {
        String shown = status.refusals().isEmpty()
                ? "<p class=\"none\">None since the start.</p>"
                : """
            <table class="refusals"><thead><tr><th>last</th><th>of</th><th>reply</th><th class="number">times</th></tr></thead><tbody>
            %s</tbody></table>
            """.formatted(status.refusals().stream().map(this::row).collect(Collectors.joining()));
        return "<section class=\"card\"><h2>Last refusals</h2>\n" + shown + "</section>\n";
    }

    private String row(RecentRefusal refusal) {
        return """
            <tr><td class="time">%s</td><td>%s <code>%s</code></td><td>%s</td><td class="number">%s</td></tr>
            """.formatted(
                        ago(refusal.last()),
                        refusal.direction(),
                        Html.text(refusal.address()),
                        Html.text(refusal.code() + " " + refusal.text()),
                        number(refusal.times()));
    }

    private String footer() {
        return """
            <footer><span>relaypod %s, Apache James %s, Artemis %s, Java %s</span><a href="metrics">metrics</a><a href="readyz">readiness</a></footer>
            """.formatted(
                        Html.text(status.build().relaypod()),
                        Html.text(status.build().james()),
                        Html.text(status.build().artemis()),
                        Html.text(status.build().java()));
    }

    private String ago(Instant when) {
        return AgeWords.ago(when, status.now());
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private static String count(long number, String noun) {
        return number(number) + " " + noun + (number == 1 ? "" : "s");
    }
}
