package io.relaypod.graph;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

import io.relaypod.graph.GraphIncident.GraphCondition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs when Graph stops accepting mail, and when it accepts it again. For one thread. */
final class GraphOutageLog {

    private static final Logger LOGGER = LoggerFactory.getLogger(GraphOutageLog.class);

    private Optional<GraphIncident> logged = Optional.empty();

    /** Logs what has changed since the last call. */
    void update(Optional<GraphIncident> incident, Instant now) {
        if (!incident.map(GraphIncident::kind).equals(logged.map(GraphIncident::kind))) {
            incident.ifPresentOrElse(
                    begun -> LOGGER.warn(
                            "event=graph-away condition={} reason=\"{}\" since={}",
                            label(begun.kind()),
                            begun.error().words(),
                            begun.since()),
                    () -> logged.ifPresent(ended -> LOGGER.info(
                            "event=graph-back condition={} after={}s",
                            label(ended.kind()),
                            Math.max(0, Duration.between(ended.since(), now).toSeconds()))));
            logged = incident;
        }
    }

    private static String label(GraphCondition condition) {
        return condition.name().toLowerCase(Locale.ROOT);
    }
}
