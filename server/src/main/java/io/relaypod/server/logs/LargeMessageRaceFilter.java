package io.relaypod.server.logs;

import java.util.stream.Stream;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import org.slf4j.Marker;

/**
 * Drops the NullPointerException that Artemis 2.56 logs if a consumer closes while the broker sends it a large message:
 * ServerConsumerImpl finds that the message is already returned to the queue. No message is lost. All other failures
 * with the same codes are logged.
 *
 * <pre>{@code
 * <turboFilter class="io.relaypod.server.logs.LargeMessageRaceFilter"/>
 * }</pre>
 */
public final class LargeMessageRaceFilter extends TurboFilter {

    private static final String DELIVERER = "AMQ224045";
    private static final String BROWSER = "AMQ224046";

    @Override
    public FilterReply decide(
            Marker marker, Logger logger, Level level, String format, Object[] parameters, Throwable failure) {
        boolean isOfReader = format != null && (format.startsWith(DELIVERER) || format.startsWith(BROWSER));
        // Logback passes an exception behind the parameters as one of them.
        return isOfReader
                        && Stream.concat(
                                        Stream.ofNullable(failure),
                                        Stream.ofNullable(parameters).flatMap(Stream::of))
                                .anyMatch(NullPointerException.class::isInstance)
                ? FilterReply.DENY
                : FilterReply.NEUTRAL;
    }
}
