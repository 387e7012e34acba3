package io.relaypod.server.logs;

import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import io.relaypod.events.LogRateLimit;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;

/**
 * Limits the log lines of events that a client can cause any number of times, by {@link LogRateLimit}, one for each
 * event.
 *
 * <pre>{@code
 * <turboFilter class="io.relaypod.server.logs.FloodFilter">
 *   <events>idle,too-many-connections</events>
 * </turboFilter>
 * }</pre>
 */
public final class FloodFilter extends TurboFilter {

    private Map<String, LogRateLimit> limits = Map.of();

    /** Sets the names of the events, separated by commas. Called by Logback. */
    public void setEvents(String events) {
        limits = Stream.of(events.split(","))
                .map(String::strip)
                .collect(Collectors.toUnmodifiableMap(Function.identity(), FloodFilter::limit));
    }

    private static LogRateLimit limit(String event) {
        return new LogRateLimit(omitted -> LoggerFactory.getLogger(FloodFilter.class)
                .info(
                        "event={}-more lines={} reason=\"not logged one by one, more than {} a second\"",
                        event,
                        omitted,
                        LogRateLimit.LINES_PER_SECOND));
    }

    @Override
    public FilterReply decide(
            Marker marker, Logger logger, Level level, String format, Object[] parameters, Throwable failure) {
        if (format == null || !LogTemplate.isEvent(format) || !level.isGreaterOrEqual(logger.getEffectiveLevel())) {
            return FilterReply.NEUTRAL;
        }
        LogRateLimit limit = limits.get(LogTemplate.eventName(format));
        return limit == null || limit.tryAcquire() ? FilterReply.NEUTRAL : FilterReply.DENY;
    }
}
