package io.relaypod.server.monitoring;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.prometheus.metrics.expositionformats.ExpositionFormats;

/** All metrics, in OpenMetrics if Accept asks for this format, else in Prometheus' text format. Thread-safe. */
final class MetricsPage implements Page {

    private final PrometheusMeterRegistry meters;
    private final ExpositionFormats formats = ExpositionFormats.init();

    MetricsPage(PrometheusMeterRegistry meters) {
        this.meters = meters;
    }

    @Override
    public String form(HttpHeaders request) {
        return formats.findWriter(request.get(HttpHeaderNames.ACCEPT, "")).getContentType();
    }

    @Override
    public PageResponse get(HttpHeaders request) {
        String contentType = form(request);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        try {
            meters.scrape(body, contentType);
        } catch (IOException inMemory) {
            throw new UncheckedIOException(inMemory);
        }
        return new PageResponse(HttpResponseStatus.OK, contentType, body.toByteArray(), Map.of());
    }
}
