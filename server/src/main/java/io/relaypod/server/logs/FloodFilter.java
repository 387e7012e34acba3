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
 * Of events that any client can cause as often as it likes, lets ten lines a second through, and says how many it left
 * out.
 *
 * <pre>{@code
 * <turboFilter class="io.relaypod.server.logs.FloodFilter">
 *   <events>idle,too-many-connections</events>
 * </turboFilter>
 * }</pre>
 */
public final class FloodFilter extends TurboFilter {

    private static final String BEGIN = "event=";

    private Map<String, LogRateLimit> limits = Map.of();

    /** Names of events, separated by commas; called by Logback. */
    public void setEvents(String events) {
        limits = Stream.of(events.split(","))
                .map(String::strip)
                .collect(Collectors.toUnmodifiableMap(Function.identity(), FloodFilter::limit));
    }

    private static LogRateLimit limit(String event) {
        return new LogRateLimit(leftOut -> LoggerFactory.getLogger(FloodFilter.class)
                .info(
                        "event={}-more lines={} reason=\"not logged one by one, more than {} a second\"",
                        event,
                        leftOut,
                        LogRateLimit.LINES_PER_SECOND));
    }

    @Override
    public FilterReply decide(
            Marker marker, Logger logger, Level level, String format, Object[] parameters, Throwable failure) {
        if (format == null || !format.startsWith(BEGIN) || !level.isGreaterOrEqual(logger.getEffectiveLevel())) {
            return FilterReply.NEUTRAL;
        }
        int end = format.indexOf(' ');
        LogRateLimit limit = limits.get(format.substring(BEGIN.length(), end < 0 ? format.length() : end));
        return limit == null || limit.tryAcquire() ? FilterReply.NEUTRAL : FilterReply.DENY;
    }
}
