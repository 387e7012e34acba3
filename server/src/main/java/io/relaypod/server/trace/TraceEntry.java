package io.relaypod.server.trace;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.relaypod.events.EventField;
import io.relaypod.events.EventField.Audience;
import io.relaypod.events.EventField.FieldContent;
import io.relaypod.events.MailEvent;

/**
 * An event in the trace: a line of JSON. Immutable.
 *
 * @param micros time of the event in microseconds since 1970; unique
 * @param id queue id; session id if the mail has no queue id yet
 * @param event its name, as in the log
 * @param session session id of a received mail, which leads to the entries of its RCPT commands; otherwise empty
 * @param messageId empty if unknown
 * @param sender empty if unknown, and for {@code MAIL FROM:<>}
 * @param recipients that the event concerns
 * @param details all other fields, in the order in which they are shown
 */
@JsonPropertyOrder({"at", "id", "event"})
@JsonInclude(JsonInclude.Include.NON_EMPTY)
record TraceEntry(
        @JsonProperty("at") long micros,
        String id,
        String event,
        String session,
        String messageId,
        String sender,
        List<String> recipients,
        Map<String, String> details) {

    static final String RECEIVED = "received";
    static final String REFUSED = "mail-refused";

    private static final String RCPT_ACCEPTED = "rcpt-accepted";
    private static final String RCPT_REFUSED = "rcpt-refused";
    private static final int MAX_TEXT_LENGTH = 500;

    TraceEntry {
        session = session == null ? "" : session; // Jackson passes null for a missing property
        messageId = messageId == null ? "" : messageId;
        sender = sender == null ? "" : sender;
        recipients = recipients == null ? List.of() : List.copyOf(recipients);
        details = details == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(details));
    }

    static TraceEntry of(MailEvent event, long micros) {
        Map<FieldContent, EventField> common = new EnumMap<>(FieldContent.class);
        Map<String, String> details = new LinkedHashMap<>();
        event.fields().stream().filter(field -> field.isFor(Audience.TRACE)).forEach(field -> {
            switch (field.content()) {
                case QUEUE_ID, SESSION_ID, MESSAGE_ID, SENDER, RECIPIENT, RECIPIENTS ->
                    common.put(field.content(), field);
                case DETAIL, REMOTE_TEXT -> details.put(field.key(), truncate(field.text()));
            }
        });
        details.values().removeIf(String::isEmpty);
        String session = text(common, FieldContent.SESSION_ID);
        String queueId = text(common, FieldContent.QUEUE_ID);
        return new TraceEntry(
                micros,
                queueId.isEmpty() ? session : queueId,
                event.name(),
                queueId.isEmpty() ? "" : session,
                text(common, FieldContent.MESSAGE_ID),
                text(common, FieldContent.SENDER),
                recipients(common),
                details);
    }

    private static String text(Map<FieldContent, EventField> fields, FieldContent content) {
        return Optional.ofNullable(fields.get(content)).map(EventField::text).orElse("");
    }

    private static List<String> recipients(Map<FieldContent, EventField> fields) {
        return Stream.of(FieldContent.RECIPIENT, FieldContent.RECIPIENTS)
                .map(fields::get)
                .filter(Objects::nonNull)
                .map(EventField::value)
                .flatMap(value -> value instanceof Collection<?> all ? all.stream() : Stream.of(value))
                .map(String::valueOf)
                .toList();
    }

    private static String truncate(String text) {
        return text.length() <= MAX_TEXT_LENGTH ? text : text.substring(0, MAX_TEXT_LENGTH) + "...";
    }

    Instant at() {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    /** Whether the id is a session id. */
    boolean isOfSession() {
        return event.equals(RCPT_ACCEPTED) || event.equals(RCPT_REFUSED) || event.equals(REFUSED);
    }

    /** Whether the mail transaction of the session ends with this event. */
    boolean endsTransaction() {
        return event.equals(RECEIVED) || event.equals(REFUSED);
    }
}
