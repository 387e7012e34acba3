package io.relaypod.incidents;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the beginning and the end of incidents, and reports each once. A condition begins an incident when it has held
 * for {@link #HOLDS_FOR}, and ends it when it has been clear for a minute. That time doubles with each incident of the
 * kind in the last hour, so that a condition that comes and goes causes few reports. Thread-safe.
 *
 * <pre>{@code
 * IncidentWatch watch = new IncidentWatch(checks, openBefore, Clock.systemUTC(), changes::add);
 * watch.look();
 * }</pre>
 */
public final class IncidentWatch {

    private static final Logger LOGGER = LoggerFactory.getLogger(IncidentWatch.class);

    /** Time for which a condition holds before it is an incident: longer than a restart of a sidecar. */
    public static final Duration HOLDS_FOR = Duration.ofSeconds(15);

    private static final Duration CLEAR_FOR = Duration.ofMinutes(1);
    private static final Duration RECENT = Duration.ofHours(1);
    private static final int MOST_DOUBLINGS = 5;

    private final List<ObservedCondition> conditions;
    private final Clock clock;
    private final Consumer<IncidentChange> changes;

    /** What was seen of one condition. */
    private static final class ObservedCondition {

        private final IncidentCheck check;
        private final Deque<Instant> recentEnds = new ArrayDeque<>();
        private Optional<Instant> holdsSince = Optional.empty();
        private Optional<Instant> clearSince = Optional.empty();
        private Optional<Incident> open;
        private String lastReason;

        ObservedCondition(IncidentCheck check, Optional<Incident> open) {
            this.check = check;
            this.open = open;
            this.lastReason = open.map(Incident::reason).orElse("");
        }

        Duration clearFor(Instant now) {
            recentEnds.removeIf(end -> end.isBefore(now.minus(RECENT)));
            return CLEAR_FOR.multipliedBy(1L << Math.min(recentEnds.size(), MOST_DOUBLINGS));
        }
    }

    /**
     * @param openBefore incidents that were open when the previous process ended
     * @param clock of durations and of the times in reports
     * @param changes called by the thread that calls {@link #look}
     */
    public IncidentWatch(
            Collection<? extends IncidentCheck> checks,
            Collection<Incident> openBefore,
            Clock clock,
            Consumer<IncidentChange> changes) {
        this.conditions = checks.stream()
                .map(check -> new ObservedCondition(
                        check,
                        openBefore.stream()
                                .filter(incident -> incident.kind() == check.kind())
                                .findFirst()))
                .toList();
        this.clock = clock;
        this.changes = changes;
    }

    /** Runs all checks. A check that throws changes nothing. */
    public synchronized void look() {
        for (ObservedCondition condition : conditions) {
            try {
                look(condition);
            } catch (RuntimeException unknown) {
                LOGGER.warn(
                        "event=incident-check-failed incident={} reason=\"{}\"",
                        condition.check.kind().label(),
                        unknown.getMessage(),
                        unknown);
            }
        }
    }

    /** The open incidents. */
    public synchronized List<Incident> open() {
        return conditions.stream().flatMap(condition -> condition.open.stream()).toList();
    }

    private void look(ObservedCondition condition) {
        Optional<String> problem = condition.check.problem();
        Instant now = clock.instant();
        if (problem.isPresent()) {
            condition.clearSince = Optional.empty();
            condition.lastReason = problem.get();
            Instant since = earlier(condition.holdsSince, now);
            condition.holdsSince = Optional.of(since);
            boolean isOver = !now.isBefore(since.plus(HOLDS_FOR));
            if (condition.open.isEmpty() && (condition.check.isCertain() || isOver)) {
                begin(condition, since);
            }
        } else {
            condition.holdsSince = Optional.empty();
            Instant since = earlier(condition.clearSince, now);
            condition.clearSince = Optional.of(since);
            if (condition.open.isPresent() && !now.isBefore(since.plus(condition.clearFor(now)))) {
                end(condition, condition.open.get(), since, now);
            }
        }
    }

    // After the clock was set back, a time in the future would last too long.
    private static Instant earlier(Optional<Instant> known, Instant now) {
        return known.filter(time -> time.isBefore(now)).orElse(now);
    }

    private void begin(ObservedCondition condition, Instant since) {
        Incident incident =
                new Incident(UUID.randomUUID().toString(), condition.check.kind(), since, condition.lastReason);
        condition.open = Optional.of(incident);
        LOGGER.warn(
                "event=incident-began incident={} since={} reason=\"{}\"",
                incident.kind().label(),
                incident.since(),
                incident.reason());
        changes.accept(new IncidentChange(incident, Optional.empty(), incident.reason()));
    }

    private void end(ObservedCondition condition, Incident incident, Instant end, Instant now) {
        condition.open = Optional.empty();
        condition.recentEnds.add(now);
        if (condition.recentEnds.size() > MOST_DOUBLINGS) {
            condition.recentEnds.removeFirst();
        }
        LOGGER.info("event=incident-ended incident={} since={}", incident.kind().label(), incident.since());
        changes.accept(new IncidentChange(incident, Optional.of(end), condition.lastReason));
    }
}
