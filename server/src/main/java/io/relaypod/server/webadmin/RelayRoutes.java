package io.relaypod.server.webadmin;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import javax.inject.Inject;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.trace.SearchMemory;
import io.relaypod.server.trace.SearchMemory.TraceTooLargeException;
import io.relaypod.server.trace.Trace;
import io.relaypod.server.trace.TraceQuery;
import org.apache.james.util.DurationParser;
import org.apache.james.webadmin.Routes;
import org.apache.james.webadmin.utils.JsonTransformer;
import org.eclipse.jetty.http.HttpStatus;
import spark.Request;
import spark.Response;
import spark.Service;

/**
 * Routes of the relay itself: {@code GET /relay/configuration}, the search in the trace at {@code /relay/trace} and, as
 * a page, at {@code /relay/search}, and the description of relaypod's routes at {@code /relay/openapi.yaml}.
 */
public final class RelayRoutes implements Routes {

    public static final String BASE_PATH = "/relay";

    private static final String OPEN_API = "openapi.yaml";
    private static final String HTML = "text/html; charset=utf-8";
    private static final int MAILS = 50;
    // The limit of the search, which is lower than the requested one if memory does not suffice.
    private static final String LIMIT_HEADER = "Relaypod-Limit";

    private final Settings settings;
    private final Optional<Trace> trace;
    private final Clock clock;
    private final JsonTransformer json;
    private final MemoryBudget budget;

    @Inject
    public RelayRoutes(
            Settings settings, Optional<Trace> trace, Clock clock, JsonTransformer json, MemoryBudget budget) {
        this.budget = budget;
        this.settings = settings;
        this.trace = trace;
        this.clock = clock;
        this.json = json;
    }

    @Override
    public String getBasePath() {
        return BASE_PATH;
    }

    @Override
    public void define(Service service) {
        service.get(BASE_PATH + "/configuration", (request, response) -> RelayConfiguration.shown(settings), json);
        service.get(
                BASE_PATH + "/configuration/xml", (request, response) -> JamesXml.values(settings.jamesConf()), json);
        service.get(BASE_PATH + "/trace", (request, response) -> search(query(request), response));
        service.get(BASE_PATH + "/search", this::page);
        service.get(BASE_PATH + "/" + OPEN_API, (request, response) -> {
            response.type("application/yaml");
            return openApi();
        });
    }

    private String search(TraceQuery query, Response response) throws JsonProcessingException {
        Trace searched = trace.orElseThrow(() -> RouteErrors.notFound("there is no trace, as TRACE_MAX_SIZE is 0"));
        try (SearchMemory memory = new SearchMemory(budget)) {
            Trace.TraceResult found = searched.search(query, memory);
            response.header(LIMIT_HEADER, Integer.toString(found.limit()));
            return json.render(found.mails());
        } catch (TraceTooLargeException tooMuch) {
            throw RouteErrors.unavailable(tooMuch.getMessage());
        }
    }

    private Object page(Request request, Response response) {
        response.type(HTML);
        // A mail's text must not run as a script, nor load anything.
        response.raw()
                .setHeader(
                        "Content-Security-Policy",
                        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'");
        response.header("Referrer-Policy", "no-referrer");
        String words = parameter(request, "q").orElse("");
        String since = parameter(request, "since").orElse("");
        if (trace.isEmpty()) {
            return TracePage.of(words, since, "There is no trace, as TRACE_MAX_SIZE is 0.");
        }
        if (words.isEmpty() && since.isEmpty()) {
            return TracePage.of(words, since, "");
        }
        try (SearchMemory memory = new SearchMemory(budget)) {
            Trace.TraceResult found = trace.get()
                    .search(
                            bounded(request, TraceSearchText.query(words, since(since), clock.instant(), MAILS)),
                            memory);
            return TracePage.of(words, since, found.mails(), found.limit());
        } catch (TraceTooLargeException tooMuch) {
            response.status(HttpStatus.SERVICE_UNAVAILABLE_503);
            return TracePage.of(words, since, tooMuch.getMessage());
        } catch (IllegalArgumentException wrong) {
            response.status(HttpStatus.BAD_REQUEST_400);
            return TracePage.of(words, since, wrong.getMessage());
        }
    }

    private TraceQuery query(Request request) {
        return bounded(
                request,
                new TraceQuery(
                        parameter(request, "queueId"),
                        parameter(request, "messageId"),
                        parameter(request, "sender"),
                        parameter(request, "recipient"),
                        parameter(request, "address"),
                        since(parameter(request, "since").orElse("")),
                        parameter(request, "until").map(this::time).orElseGet(clock::instant),
                        RouteParameters.number(request, "limit", 1, TraceQuery.MAX_MAILS, MAILS)));
    }

    private static TraceQuery bounded(Request request, TraceQuery query) {
        return parameter(request, "since").isPresent() ? query : query.ofAllTime();
    }

    private static Optional<String> parameter(Request request, String name) {
        return Optional.ofNullable(request.queryParams(name)).map(String::strip).filter(value -> !value.isEmpty());
    }

    private Instant since(String written) {
        return written.isEmpty() ? clock.instant().minus(settings.trace().maxAge()) : time(written);
    }

    /** A time such as 2026-11-22T13:00:00Z, or how long ago that was, such as 2h. */
    private Instant time(String written) {
        try {
            return Instant.parse(written);
        } catch (DateTimeParseException notATime) {
            return ago(written);
        }
    }

    private Instant ago(String written) {
        try {
            Duration ago = DurationParser.parse(written);
            return clock.instant().minus(ago);
        } catch (RuntimeException notADuration) {
            throw new IllegalArgumentException(
                    "'" + written
                            + "' is no time; expected one such as 2026-11-22T13:00:00Z, or how long ago, such as 2h",
                    notADuration);
        }
    }

    static String openApi() {
        try (InputStream page = RelayRoutes.class.getResourceAsStream(OPEN_API)) {
            return new String(page.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
