package io.relaypod.server.logs;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import io.relaypod.events.MailEventLog;

/**
 * Writes log events of all loggers, libraries included, to the console, sanitized: no address above DEBUG, no control
 * character, lines of bounded length. Thread-safe.
 *
 * <pre>{@code
 * <appender name="STDERR" class="io.relaypod.server.logs.SanitizingConsoleAppender">
 *   <showAddresses>${LOG_ADDRESSES:-false}</showAddresses>
 * }</pre>
 */
public final class SanitizingConsoleAppender extends ConsoleAppender<ILoggingEvent> {

    // Masks addresses itself; its Message-IDs look like addresses.
    private static final String MASKS_ITSELF = MailEventLog.class.getName();

    private boolean showsAddresses;

    /** Whether addresses are written in full at every level. A text, because Settings reports a wrong value. */
    public void setShowAddresses(String shown) {
        this.showsAddresses = Boolean.parseBoolean(shown.strip());
    }

    @Override
    protected void append(ILoggingEvent event) {
        boolean inFull = showsAddresses || !event.getLevel().isGreaterOrEqual(Level.INFO);
        boolean hasOwnMask = event.getLoggerName().equals(MASKS_ITSELF);
        super.append(new SanitizedEvent(event, new LogSanitizer(!inFull && !hasOwnMask), new LogSanitizer(!inFull)));
    }
}
