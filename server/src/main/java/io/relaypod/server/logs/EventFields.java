package io.relaypod.server.logs;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import ch.qos.logback.classic.spi.ILoggingEvent;
import com.fasterxml.jackson.core.JsonGenerator;
import net.logstash.logback.composite.AbstractJsonProvider;

/**
 * The keys of a line {@code event=... key=value key="a value"} as fields of its JSON object, all of them texts; the
 * first counts where a key comes twice. A line that begins otherwise has none. Thread-safe.
 */
public final class EventFields extends AbstractJsonProvider<ILoggingEvent> {

    private static final String BEGIN = "event=";
    private static final Pattern FIELD =
            Pattern.compile("([a-z][a-z0-9-]*)=(?:\"((?:[^\"\\\\]|\\\\.)*+)\"|([^\\s\"]*+))(?:\\s|$)");
    // Ours, and those that the object has anyway.
    private static final Set<String> TAKEN = Set.of("time", "level", "logger", "message", "stack_trace");

    @Override
    public void writeTo(JsonGenerator generator, ILoggingEvent event) throws IOException {
        String line = event.getFormattedMessage();
        if (!line.startsWith(BEGIN)) {
            return;
        }
        Set<String> written = new HashSet<>(TAKEN);
        Matcher field = FIELD.matcher(line);
        while (field.find()) {
            if (written.add(field.group(1))) {
                generator.writeStringField(
                        field.group(1),
                        field.group(3) != null ? field.group(3) : field.group(2).replaceAll("\\\\(.)", "$1"));
            }
        }
    }
}
