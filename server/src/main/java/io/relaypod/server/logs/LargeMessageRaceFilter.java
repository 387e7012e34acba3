package io.relaypod.server.logs;

import java.util.stream.Stream;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import org.slf4j.Marker;

/**
 * Leaves out what Artemis 2.56 logs as an error when a reader of a queue leaves while the broker sends it a large
 * message: a NullPointerException in its ServerConsumerImpl, whose thread finds the message given back already. Nothing
 * is lost by it. Any other failure under the same codes is logged.
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
        // A failure behind the parameters is one of them here.
        return isOfReader
                        && Stream.concat(
                                        Stream.ofNullable(failure),
                                        Stream.ofNullable(parameters).flatMap(Stream::of))
                                .anyMatch(NullPointerException.class::isInstance)
                ? FilterReply.DENY
                : FilterReply.NEUTRAL;
    }
}
