package io.relaypod.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Optional;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.relaypod.graph.GraphIncident.GraphCondition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class GraphOutageLogTest {

    private static final Instant SINCE = Instant.parse("2026-11-27T06:00:00Z");

    private final Logger logger = (Logger) LoggerFactory.getLogger(GraphOutageLog.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final GraphOutageLog log = new GraphOutageLog();

    @BeforeEach
    void listen() {
        lines.start();
        logger.addAppender(lines);
    }

    @AfterEach
    void listenNoMore() {
        logger.detachAppender(lines);
    }

    @Test
    void eachConditionIsLoggedOnceAndItsEndWithTheDuration() {
        log.update(Optional.empty(), SINCE);
        log.update(incident(GraphCondition.NOTHING_ACCEPTED, "no answer", 1), SINCE.plusSeconds(10));
        log.update(incident(GraphCondition.NOTHING_ACCEPTED, "no answer", 2), SINCE.plusSeconds(20));
        log.update(incident(GraphCondition.SECRET_REFUSED, "AADSTS7000222: expired", 2), SINCE.plusSeconds(30));
        log.update(Optional.empty(), SINCE.plusSeconds(40));
        log.update(Optional.empty(), SINCE.plusSeconds(50));

        assertThat(lines.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly(
                        "event=graph-away condition=nothing_accepted reason=\"no answer\" since=2026-11-27T06:00:00Z",
                        "event=graph-away condition=secret_refused reason=\"AADSTS7000222: expired\""
                                + " since=2026-11-27T06:00:00Z",
                        "event=graph-back condition=secret_refused after=40s");
    }

    private static Optional<GraphIncident> incident(GraphCondition condition, String words, int waiting) {
        return Optional.of(
                new GraphIncident(condition, new GraphError(GraphCode.OTHER, "Name", words), SINCE, waiting));
    }
}
