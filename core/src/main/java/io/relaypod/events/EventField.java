package io.relaypod.events;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A field of a {@link MailEvent}. Immutable.
 *
 * @param key in the log, such as {@code retry-in}
 * @param value a number, a text, an enum constant or a list of texts; an empty text if the value is unknown
 * @param content kind of the value, which decides how a listener shows it
 * @param audience listeners that show the field
 */
public record EventField(String key, Object value, FieldContent content, Audience audience) {

    /** Kind of a field's value. */
    public enum FieldContent {
        QUEUE_ID,
        SESSION_ID,
        MESSAGE_ID,
        /** An address; empty for {@code MAIL FROM:<>}. */
        SENDER,
        /** The one address of a RCPT command. */
        RECIPIENT,
        /** A list of addresses. */
        RECIPIENTS,
        /** Any other text of the relay, or a number. */
        DETAIL,
        /** Text that a peer wrote; may contain addresses. */
        REMOTE_TEXT
    }

    /** Listeners that show a field. */
    public enum Audience {
        EVERYONE,
        LOG,
        TRACE,
        METERS
    }

    static EventField queueId(String queueId) {
        return new EventField("queue-id", queueId, FieldContent.QUEUE_ID, Audience.EVERYONE);
    }

    static EventField session(SubmittingClient client) {
        return new EventField("session", client.session(), FieldContent.SESSION_ID, Audience.EVERYONE);
    }

    static EventField client(SubmittingClient client) {
        return detail("client", client.address().getHostAddress());
    }

    static EventField messageId(String messageId) {
        return new EventField("message-id", messageId, FieldContent.MESSAGE_ID, Audience.EVERYONE);
    }

    static EventField sender(String sender) {
        return new EventField("from", sender, FieldContent.SENDER, Audience.EVERYONE);
    }

    static EventField recipient(String recipient) {
        return new EventField("to", recipient, FieldContent.RECIPIENT, Audience.EVERYONE);
    }

    static EventField recipients(List<String> recipients) {
        return new EventField("to", recipients, FieldContent.RECIPIENTS, Audience.EVERYONE);
    }

    static EventField detail(String key, Object value) {
        return new EventField(key, value, FieldContent.DETAIL, Audience.EVERYONE);
    }

    static EventField remoteText(String key, String text) {
        return new EventField(key, text, FieldContent.REMOTE_TEXT, Audience.EVERYONE);
    }

    EventField only(Audience listeners) {
        return new EventField(key, value, content, listeners);
    }

    /** Whether this audience shows the field. */
    public boolean isFor(Audience listener) {
        return audience == Audience.EVERYONE || audience == listener;
    }

    /** Value as a text: enum constants in lower case, lists separated by commas. */
    public String text() {
        if (value instanceof Enum<?> constant) {
            return constant.name().toLowerCase(Locale.ROOT);
        }
        return value instanceof Collection<?> values
                ? values.stream().map(String::valueOf).collect(Collectors.joining(","))
                : value.toString();
    }
}
