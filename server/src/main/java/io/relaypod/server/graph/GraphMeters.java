package io.relaypod.server.graph;

import java.time.Clock;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.relaypod.events.CopyEventKind;
import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.CopyFollowed;
import io.relaypod.events.MailEventListener;
import io.relaypod.graph.CopyState;
import io.relaypod.graph.GraphCode;
import io.relaypod.graph.GraphCopies;
import io.relaypod.graph.GraphCopies.GraphSummary;
import io.relaypod.graph.GraphIncident.GraphCondition;
import io.relaypod.server.metrics.MailMeters;

/** Counts what happens behind Mailpit. docs/metrics.md describes each meter. Thread-safe. */
final class GraphMeters implements MailEventListener {

    // Nothing behind Mailpit takes less.
    private static final Duration FIRST_BUCKET = Duration.ofMillis(250);

    private final Map<CopyEventKind, Counter> counters = new EnumMap<>(CopyEventKind.class);
    private final Map<CopyEventKind, Map<GraphCode, Counter>> byCode = new EnumMap<>(CopyEventKind.class);
    private final Timer delivery;

    // A counter that appears with its first event hides that event from rate() and increase().
    GraphMeters(MeterRegistry meters) {
        counters.put(CopyEventKind.ACCEPTED, counter(meters, "accepted", "Copies that Graph accepted"));
        counters.put(
                CopyEventKind.MISSING, counter(meters, "missing", "Copies that Mailpit accepted and smtp2graph lost"));
        counters.put(
                CopyEventKind.RETRIED,
                counter(meters, "retried", "Copies that the relay had smtp2graph attempt again"));
        counters.put(
                CopyEventKind.RESCUED, counter(meters, "rescued", "Copies that a crash of smtp2graph left in temp/"));
        byCode.put(CopyEventKind.DEFERRED, codes(meters, "deferred", "Attempts that failed and are repeated"));
        byCode.put(
                CopyEventKind.STUCK,
                codes(meters, "stuck", "Attempts that failed and that smtp2graph does not repeat"));
        byCode.put(CopyEventKind.FAILED, codes(meters, "failed", "Copies that smtp2graph gave up"));
        byCode.put(
                CopyEventKind.WITHDRAWN,
                codes(meters, "withdrawn", "Copies that the relay took into its failed repository"));
        delivery = Timer.builder("relaypod.graph.delivery")
                .description("Time from a mail's receipt to Graph's acceptance")
                .serviceLevelObjectives(MailMeters.DELIVERY_BUCKETS.stream()
                        .filter(bucket -> bucket.compareTo(FIRST_BUCKET) >= 0)
                        .toArray(Duration[]::new))
                .register(meters);
    }

    void follow(MeterRegistry meters, GraphCopies copies, Clock clock) {
        for (CopyState state : CopyState.values()) {
            if (!state.isFinal()) {
                Gauge.builder(
                                "relaypod.graph.waiting",
                                copies,
                                from -> from.summary().counts().getOrDefault(state, 0))
                        .description("Copies that Graph has not accepted")
                        .tag("state", state.name().toLowerCase(Locale.ROOT))
                        .register(meters);
            }
        }
        Gauge.builder("relaypod.graph.following", copies, from -> from.isFollowing() ? 1 : 0)
                .description("Whether smtp2graph's directories can be read")
                .register(meters);
        gauge(
                meters,
                copies,
                "secret.refused",
                "Whether Entra refuses the secret",
                summary -> summary.incident()
                        .filter(incident -> incident.kind() == GraphCondition.SECRET_REFUSED)
                        .map(incident -> 1)
                        .orElse(0));
        gauge(
                meters,
                copies,
                "mailboxes.denied",
                "Mailboxes from which Graph lets nothing be sent",
                GraphSummary::deniedMailboxes);
        Gauge.builder(
                        "relaypod.graph.oldest",
                        copies,
                        from -> from.summary()
                                .oldest()
                                .map(at -> Math.max(
                                        0, Duration.between(at, clock.instant()).toSeconds()))
                                .orElse(0L))
                .baseUnit("seconds")
                .description("How long the longest waiting copy has waited since Mailpit's 250")
                .register(meters);
    }

    private static void gauge(
            MeterRegistry meters,
            GraphCopies copies,
            String name,
            String description,
            ToDoubleFunction<GraphSummary> value) {
        Gauge.builder("relaypod.graph." + name, copies, from -> value.applyAsDouble(from.summary()))
                .description(description)
                .register(meters);
    }

    private static Counter counter(MeterRegistry meters, String name, String description, String... tags) {
        return Counter.builder("relaypod.graph." + name)
                .description(description)
                .tags(tags)
                .register(meters);
    }

    private static Map<GraphCode, Counter> codes(MeterRegistry meters, String name, String description) {
        Map<GraphCode, Counter> counters = new EnumMap<>(GraphCode.class);
        for (GraphCode code : GraphCode.values()) {
            counters.put(code, counter(meters, name, description, "code", code.label()));
        }
        return counters;
    }

    @Override
    public void onEvent(MailEvent event) {
        if (event instanceof CopyFollowed copy) {
            Counter counter = counters.get(copy.kind());
            if (counter == null) {
                GraphCode code = copy.error().map(error -> error.code()).orElse(GraphCode.OTHER);
                counter = byCode.getOrDefault(copy.kind(), Map.of()).get(code);
            }
            if (counter != null) {
                counter.increment();
            }
            copy.delay().ifPresent(delay -> delivery.record(delay.toMillis(), TimeUnit.MILLISECONDS));
        }
    }
}
