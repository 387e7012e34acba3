package io.relaypod.events;

import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The form of queue ids. James begins an id with the time of receipt in milliseconds and a UUID, and appends to it when
 * it splits a mail.
 */
public final class QueueId {

    private static final Pattern TIMED = Pattern.compile("Mail(\\d{13})-.*");
    private static final Pattern ORIGINAL = Pattern.compile("Mail\\d+-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    private QueueId() {}

    /** Time at which the mail was received; empty for an id of another form. */
    public static Optional<Instant> receivedAt(String queueId) {
        Matcher id = TIMED.matcher(queueId);
        return id.matches() ? Optional.of(Instant.ofEpochMilli(Long.parseLong(id.group(1)))) : Optional.empty();
    }

    /** Id of the mail of which this is the id or the id of a copy; the argument if it has another form. */
    public static String original(String queueId) {
        Matcher id = ORIGINAL.matcher(queueId);
        return id.lookingAt() ? id.group() : queueId;
    }

    /** Whether the text begins with the complete id of a mail. */
    public static boolean isComplete(String text) {
        return ORIGINAL.matcher(text).lookingAt();
    }
}
