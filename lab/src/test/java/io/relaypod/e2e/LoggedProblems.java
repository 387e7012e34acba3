package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.slf4j.LoggerFactory;

/** Collects the log while it is open, to check that no client causes an error in it. */
final class LoggedProblems implements AutoCloseable {

    // The garbage collector may report leaks of earlier tests now.
    private static final String EARLIER_LEFTOVERS = "org.apache.james.lifecycle.api.Disposable$LeakAwareFinalizer";

    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

    LoggedProblems() {
        appender.setContext(root.getLoggerContext());
        appender.start();
        root.addAppender(appender);
    }

    /** Fails if there is a message at ERROR, or a stack trace at any level. */
    void assertNone() {
        assertThat(List.copyOf(appender.list))
                .filteredOn(event -> !event.getLoggerName().equals(EARLIER_LEFTOVERS))
                .filteredOn(
                        event -> event.getLevel().isGreaterOrEqual(Level.ERROR) || event.getThrowableProxy() != null)
                .extracting(event -> event.getLevel() + " " + event.getLoggerName() + " " + event.getFormattedMessage())
                .isEmpty();
    }

    /** The messages of all levels. */
    List<String> messages() {
        return List.copyOf(appender.list).stream()
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    @Override
    public void close() {
        root.detachAppender(appender);
        appender.stop();
    }
}
