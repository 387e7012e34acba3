package io.relaypod.server.monitoring;

import java.util.Locale;
import java.util.stream.Collectors;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.relaypod.server.health.Readiness;
import io.relaypod.server.health.Readiness.ReadinessReport;
import org.apache.james.core.healthcheck.Result;

/** Readiness: status 200 or 503, and a line for each health check. As JSON if Accept asks for JSON. Thread-safe. */
final class ReadyPage implements Page {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Readiness readiness;

    ReadyPage(Readiness readiness) {
        this.readiness = readiness;
    }

    @Override
    public String form(HttpHeaders request) {
        return isJson(request) ? "json" : "text";
    }

    private static boolean isJson(HttpHeaders request) {
        return request.get(HttpHeaderNames.ACCEPT, "").contains("application/json");
    }

    @Override
    public PageResponse get(HttpHeaders request) {
        ReadinessReport report = readiness.report();
        HttpResponseStatus status = report.isReady() ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE;
        return isJson(request)
                ? PageResponse.of(status, "application/json", json(report))
                : PageResponse.text(status, text(report));
    }

    private static String text(ReadinessReport report) {
        return report.results().stream()
                .map(result -> String.format(
                                        "%-10s %-10s %s",
                                        result.getComponentName().getName(),
                                        state(result),
                                        result.getCause().orElse(""))
                                .stripTrailing()
                        + "\n")
                .collect(Collectors.joining("", report.isReady() ? "ready\n" : "not ready\n", ""));
    }

    private static String json(ReadinessReport report) {
        ObjectNode json = JSON.createObjectNode().put("ready", report.isReady());
        report.results().forEach(result -> {
            ObjectNode check = json.withArray("checks")
                    .addObject()
                    .put("component", result.getComponentName().getName())
                    .put("status", state(result));
            result.getCause().ifPresent(cause -> check.put("cause", cause));
        });
        return json + "\n";
    }

    private static String state(Result result) {
        return result.getStatus().getValue().toLowerCase(Locale.ROOT);
    }
}
