package io.relaypod.server.logs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.apache.activemq.artemis.core.server.ActiveMQServerLogger;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LargeMessageRaceFilterTest {

    @Test
    void the_race_is_left_out_and_any_other_failure_is_not() {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        Logger artemis = context.getLogger("org.apache.activemq.artemis.core.server");
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        LargeMessageRaceFilter filter = new LargeMessageRaceFilter();
        context.addTurboFilter(filter);
        lines.start();
        artemis.addAppender(lines);
        try {
            ActiveMQServerLogger.LOGGER.errorRunningLargeMessageDeliverer(new NullPointerException("race"));
            ActiveMQServerLogger.LOGGER.errorBrowserHandlingMessage(null, new NullPointerException("race"));
            assertThat(lines.list).isEmpty();

            ActiveMQServerLogger.LOGGER.errorRunningLargeMessageDeliverer(new IllegalStateException("disk"));
            assertThat(lines.list)
                    .singleElement()
                    .satisfies(line -> assertThat(line.getFormattedMessage()).startsWith("AMQ224045"));
        } finally {
            artemis.detachAppender(lines);
            context.getTurboFilterList().remove(filter);
        }
    }
}
