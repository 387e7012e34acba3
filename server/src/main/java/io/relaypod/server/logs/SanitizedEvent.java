package io.relaypod.server.logs;

import java.util.List;
import java.util.Map;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.LoggerContextVO;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.KeyValuePair;

/**
 * An event whose texts are as the log's rules want them; what else hangs on it, such as James' MDC, has no text any
 * more. Immutable.
 */
final class SanitizedEvent implements ILoggingEvent {

    private final ILoggingEvent event;
    private final String message;
    private final LogSanitizer thrown;

    /**
     * @param message rules of the message
     * @param thrown rules of the messages of an exception
     */
    SanitizedEvent(ILoggingEvent event, LogSanitizer message, LogSanitizer thrown) {
        this.event = event;
        this.message = message.of(String.valueOf(event.getFormattedMessage()));
        this.thrown = thrown;
    }

    @Override
    public String getMessage() {
        return message;
    }

    @Override
    public String getFormattedMessage() {
        return message;
    }

    @Override
    public Object[] getArgumentArray() {
        return new Object[0];
    }

    @Override
    public @Nullable IThrowableProxy getThrowableProxy() {
        return event.getThrowableProxy() == null ? null : SanitizedThrowable.of(event.getThrowableProxy(), thrown);
    }

    @Override
    public Map<String, String> getMDCPropertyMap() {
        return Map.of();
    }

    @SuppressWarnings("deprecation") // an older name of the same
    @Override
    public Map<String, String> getMdc() {
        return Map.of();
    }

    @Override
    public List<KeyValuePair> getKeyValuePairs() {
        return List.of();
    }

    @Override
    public List<Marker> getMarkerList() {
        return List.of();
    }

    @Override
    public String getThreadName() {
        return event.getThreadName();
    }

    @Override
    public Level getLevel() {
        return event.getLevel();
    }

    @Override
    public String getLoggerName() {
        return event.getLoggerName();
    }

    @Override
    public LoggerContextVO getLoggerContextVO() {
        return event.getLoggerContextVO();
    }

    @Override
    public StackTraceElement[] getCallerData() {
        return event.getCallerData();
    }

    @Override
    public boolean hasCallerData() {
        return event.hasCallerData();
    }

    @Override
    public long getTimeStamp() {
        return event.getTimeStamp();
    }

    @Override
    public int getNanoseconds() {
        return event.getNanoseconds();
    }

    @Override
    public long getSequenceNumber() {
        return event.getSequenceNumber();
    }

    @Override
    public void prepareForDeferredProcessing() {
        event.prepareForDeferredProcessing();
    }
}
