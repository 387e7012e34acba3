package io.relaypod.server.logs;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import io.relaypod.events.MailEventLog;

/**
 * Writes lines to the console and holds every logger, whichever library's it is, to the rules of the log: no address
 * above DEBUG, no control character, no line without a bound. Thread-safe.
 *
 * <pre>{@code
 * <appender name="STDERR" class="io.relaypod.server.logs.SanitizingConsoleAppender">
 *   <showAddresses>${LOG_ADDRESSES:-false}</showAddresses>
 * }</pre>
 */
public final class SanitizingConsoleAppender extends ConsoleAppender<ILoggingEvent> {

    // It decides by itself what of an address is shown, and its Message-IDs look like addresses.
    private static final String DECIDES_ITSELF = MailEventLog.class.getName();

    private boolean showsAddresses;

    /**
     * Whether addresses are written in full at every level; a text, as a wrong value of LOG_ADDRESSES has to be
     * reported elsewhere.
     */
    public void setShowAddresses(String shown) {
        this.showsAddresses = Boolean.parseBoolean(shown.strip());
    }

    @Override
    protected void append(ILoggingEvent event) {
        boolean inFull = showsAddresses || !event.getLevel().isGreaterOrEqual(Level.INFO);
        boolean hasOwnMask = event.getLoggerName().equals(DECIDES_ITSELF);
        super.append(new SanitizedEvent(event, new LogSanitizer(!inFull && !hasOwnMask), new LogSanitizer(!inFull)));
    }
}
