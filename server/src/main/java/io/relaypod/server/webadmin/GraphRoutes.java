package io.relaypod.server.webadmin;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.inject.Inject;

import io.relaypod.graph.GraphCopies;
import io.relaypod.graph.GraphCopies.GraphSummary;
import io.relaypod.graph.GraphCopies.WaitingCopy;
import io.relaypod.graph.GraphError;
import io.relaypod.graph.GraphErrors;
import io.relaypod.graph.GraphIncident;
import io.relaypod.server.graph.GraphService;
import org.apache.james.webadmin.Routes;
import org.apache.james.webadmin.utils.JsonTransformer;
import org.eclipse.jetty.http.HttpStatus;
import spark.Service;

/**
 * Copies behind Mailpit: {@code GET /relay/graph} lists those that Graph has not accepted, {@code PATCH
 * /relay/graph/FILE} sends one again.
 */
public final class GraphRoutes implements Routes {

    private static final String PATH = "/relay/graph";
    private static final int LIMIT = 100;
    private static final int MOST = 10_000;

    private final GraphService graph;
    private final GraphErrors errors;
    private final Clock clock;
    private final JsonTransformer json;

    @Inject
    public GraphRoutes(GraphService graph, GraphErrors errors, Clock clock, JsonTransformer json) {
        this.graph = graph;
        this.errors = errors;
        this.clock = clock;
        this.json = json;
    }

    /** What the route answers. */
    private record GraphDto(
            boolean following,
            Optional<String> problem,
            Map<String, Integer> waiting,
            Optional<Instant> oldest,
            Optional<Instant> lastAccepted,
            Optional<IncidentDto> incident,
            List<CopyDto> copies) {}

    private record IncidentDto(
            String kind,
            Instant since,
            int waiting,
            String code,
            String error,
            String reason,
            String cause,
            String cure) {}

    private record CopyDto(
            String file,
            String queueId,
            String state,
            Instant delivered,
            long ageSeconds,
            String mailbox,
            List<String> recipients,
            int attempts,
            String code,
            String error,
            String reason,
            String cause,
            String cure) {}

    @Override
    public String getBasePath() {
        return PATH;
    }

    @Override
    public void define(Service service) {
        service.get(PATH, (request, response) -> list(RouteParameters.number(request, "limit", 1, MOST, LIMIT)), json);
        service.patch(PATH + "/:file", (request, response) -> {
            Optional<String> refused = graph.sendAgain(request.params("file"));
            if (refused.isPresent()) {
                throw RouteErrors.notFound(refused.get());
            }
            response.status(HttpStatus.NO_CONTENT_204);
            return "";
        });
    }

    private GraphDto list(int limit) {
        GraphCopies copies = graph.copies()
                .orElseThrow(() -> RouteErrors.notFound(
                        "messages are not followed behind Mailpit, as SMTP2GRAPH_DATA is not set"));
        GraphSummary summary = copies.summary();
        Map<String, Integer> counts = new TreeMap<>();
        summary.counts().forEach((state, count) -> counts.put(lower(state), count));
        return new GraphDto(
                summary.problem().isEmpty(),
                summary.problem(),
                counts,
                summary.oldest(),
                summary.lastAccepted(),
                summary.incident().map(this::incident),
                copies.waiting(limit).stream().map(this::copy).toList());
    }

    private IncidentDto incident(GraphIncident incident) {
        GraphError error = incident.error();
        return new IncidentDto(
                lower(incident.kind()),
                incident.since(),
                incident.waiting(),
                error.code().label(),
                error.name(),
                error.words(),
                errors.known(error.name()).cause(),
                errors.known(error.name()).cure());
    }

    private CopyDto copy(WaitingCopy waiting) {
        Optional<GraphError> error = waiting.last().error();
        return new CopyDto(
                waiting.last().copy().fileName(),
                waiting.last().copy().queueId().orElse(""),
                lower(waiting.last().state()),
                waiting.deliveredAt(),
                Math.max(
                        0,
                        Duration.between(waiting.deliveredAt(), clock.instant()).toSeconds()),
                waiting.last().copy().mailbox(),
                waiting.last().copy().recipients(),
                waiting.attempts(),
                error.map(known -> known.code().label()).orElse(""),
                error.map(GraphError::name).orElse(""),
                error.map(GraphError::words).orElse(""),
                error.map(known -> errors.known(known.name()).cause()).orElse(""),
                error.map(known -> errors.known(known.name()).cure()).orElse(""));
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
