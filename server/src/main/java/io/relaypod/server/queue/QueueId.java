package io.relaypod.server.queue;

import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a queue id tells. James begins it with the time, in milliseconds, at which the mail was received, and keeps that
 * when it splits a mail.
 */
public final class QueueId {

    private static final Pattern FORM = Pattern.compile("Mail(\\d{13})-.*");

    private QueueId() {}

    /** @return empty for an id of another form, as a mail has that was split three times */
    public static Optional<Instant> receivedAt(String queueId) {
        Matcher found = FORM.matcher(queueId);
        return found.matches() ? Optional.of(Instant.ofEpochMilli(Long.parseLong(found.group(1)))) : Optional.empty();
    }
}
