package io.relaypod.server.logs;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.LoggerContextVO;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.KeyValuePair;

/**
 * A log event whose message, fields and exception messages are sanitized. It has fields if its message begins with
 * {@code event=}: its key-value pairs, or those of its template. It has no MDC, because James puts addresses there.
 * Immutable.
 */
final class SanitizedEvent implements ILoggingEvent {

    // Of every JSON object.
    private static final Set<String> RESERVED = Set.of("time", "level", "logger", "message", "stack_trace");

    private final ILoggingEvent event;
    private final String message;
    private final LogSanitizer fields;
    private final LogSanitizer thrown;

    /**
     * @param text sanitizer of the message and the fields
     * @param thrown sanitizer of the exception's messages
     */
    SanitizedEvent(ILoggingEvent event, LogSanitizer text, LogSanitizer thrown) {
        this.event = event;
        this.message = text.line(String.valueOf(event.getFormattedMessage()));
        this.fields = text;
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

    @SuppressWarnings("deprecation") // deprecated name of getMDCPropertyMap
    @Override
    public Map<String, String> getMdc() {
        return Map.of();
    }

    @Override
    public List<KeyValuePair> getKeyValuePairs() {
        if (!LogTemplate.isEvent(message)) {
            return List.of();
        }
        List<KeyValuePair> pairs = Optional.ofNullable(event.getKeyValuePairs())
                .filter(own -> !own.isEmpty())
                .orElseGet(() -> new LogTemplate(
                                event.getMessage(),
                                Optional.ofNullable(event.getArgumentArray()).orElse(new Object[0]))
                        .fields());
        return pairs.stream()
                .filter(pair -> !RESERVED.contains(pair.key))
                .map(pair -> new KeyValuePair(pair.key, fields.value(pair.value)))
                .toList();
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
