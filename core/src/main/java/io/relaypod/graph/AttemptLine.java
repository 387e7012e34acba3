package io.relaypod.graph;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;

/**
 * A line of smtp2graph's logs that concerns attempts. Immutable.
 *
 * @param kind what happened
 * @param fileName of the copy; empty for {@link LineKind#STARTED}
 * @param at when, to the second
 * @param error smtp2graph's reason, unchanged; empty without one
 */
public record AttemptLine(LineKind kind, String fileName, Instant at, String error) {

    /** What a line tells. */
    public enum LineKind {
        /** smtp2graph was started: it attempts every file in {@code queue/}. */
        STARTED,
        /** An attempt failed. */
        FAILED,
        /** Graph accepted a file that was not in {@code queue/} any more, so that it could not be deleted. */
        ACCEPTED_ELSEWHERE
    }

    private static final JsonFactory JSON = new JsonFactory();
    /** What a message about a start contains. */
    static final String STARTED = "[SMTPServer] Server started";
    /** What a message about a file contains. */
    static final String OF_A_FILE = "[MailQueue] ";

    private static final String FAILED = "[MailQueue] Failed to send message ";
    private static final Pattern NOT_DELETED =
            Pattern.compile("\\[MailQueue\\] Error while deleting \".*?([^/\\\\\"]+)\" from queue", Pattern.DOTALL);
    private static final Pattern NOT_SENT = Pattern.compile("Failed to send message \"([^/\\\\\"]+)\"");

    /** @return empty for every other line, and for one that is no JSON */
    public static Optional<AttemptLine> parse(byte[] bytes) {
        String message = "";
        String error = "";
        String fileName = "";
        String timestamp = "";
        try (JsonParser json = JSON.createParser(bytes)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return Optional.empty();
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String field = json.currentName();
                boolean isText = json.nextToken() == JsonToken.VALUE_STRING;
                switch (field) {
                    case "message" -> message = isText ? json.getText() : message;
                    case "filename" -> fileName = isText ? json.getText() : fileName;
                    case "timestamp" -> timestamp = isText ? json.getText() : timestamp;
                    // smtp2graph also throws what Graph answered, if that has no code.
                    case "error" -> error = isText ? json.getText() : nested(json, bytes);
                    default -> json.skipChildren();
                }
            }
        } catch (IOException noJson) {
            return Optional.empty();
        }
        return of(message, fileName, timestamp, error);
    }

    private static String nested(JsonParser json, byte[] bytes) throws IOException {
        int start = (int) json.currentTokenLocation().getByteOffset();
        json.skipChildren();
        json.finishToken();
        int end = (int) json.currentLocation().getByteOffset();
        return start >= 0 && end >= start && end <= bytes.length
                ? new String(bytes, start, end - start, StandardCharsets.UTF_8)
                : "";
    }

    private static Optional<AttemptLine> of(String message, String fileName, String timestamp, String error) {
        Instant at = time(timestamp);
        if (message.startsWith(STARTED)) {
            return Optional.of(new AttemptLine(LineKind.STARTED, "", at, ""));
        }
        if (message.startsWith(FAILED)) {
            Matcher named = NOT_SENT.matcher(message);
            String name = fileName.isEmpty() && named.find() ? named.group(1) : fileName;
            return name.isEmpty() ? Optional.empty() : Optional.of(new AttemptLine(LineKind.FAILED, name, at, error));
        }
        Matcher notDeleted = NOT_DELETED.matcher(message);
        return notDeleted.matches()
                ? Optional.of(new AttemptLine(LineKind.ACCEPTED_ELSEWHERE, notDeleted.group(1), at, error))
                : Optional.empty();
    }

    private static Instant time(String timestamp) {
        try {
            return OffsetDateTime.parse(timestamp).toInstant();
        } catch (DateTimeParseException none) {
            return Instant.EPOCH;
        }
    }
}
