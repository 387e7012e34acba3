package io.relaypod.server.trace;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.relaypod.events.MessageIds;
import io.relaypod.events.QueueId;

/**
 * The criteria of a search. A mail matches if all given criteria match.
 *
 * @param queueId of the mail, or its beginning; also finds the mail's copies
 * @param messageId with its angle brackets or without
 * @param sender an address, or {@code @domain}
 * @param recipient an address, or {@code @domain}
 * @param address a sender or a recipient
 * @param since the earliest time
 * @param until the latest time
 * @param limit the largest number of mails; the newest are returned
 */
public record TraceQuery(
        Optional<String> queueId,
        Optional<String> messageId,
        Optional<String> sender,
        Optional<String> recipient,
        Optional<String> address,
        Instant since,
        Instant until,
        int limit) {

    public static final int MAX_MAILS = 1_000;

    // A queue id begins with the time of DATA.
    private static final int MILLIS_DIGITS = 13;
    private static final Pattern BEGINNING = Pattern.compile("Mail(\\d{1,13})");
    private static final Pattern WHOLE_TIME = Pattern.compile("Mail\\d{13}");
    private static final String EXAMPLE = "Mail1767225600000";
    private static final Duration LONGEST_RECEIPT = Duration.ofHours(1);

    /** @throws IllegalArgumentException if a criterion cannot be searched; the message says why */
    public TraceQuery {
        if (limit < 1 || limit > MAX_MAILS) {
            throw new IllegalArgumentException("limit is '" + limit + "'; expected a number from 1 to " + MAX_MAILS);
        }
        if (since.isAfter(until)) {
            throw new IllegalArgumentException("since is '" + since + "', which is after until, '" + until + "'");
        }
        queueId = queueId.map(String::strip);
        messageId = messageId.map(TraceQuery::bare);
        sender = sender.map(TraceQuery::lower);
        recipient = recipient.map(TraceQuery::lower);
        address = address.map(TraceQuery::lower);
    }

    /** All mails of a time. */
    public static TraceQuery all(Instant since, Instant until, int limit) {
        return new TraceQuery(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                since,
                until,
                limit);
    }

    /** Removes the angle brackets, one of which is missing in a cut Message-ID, and cuts it as a stored one. */
    static String bare(String messageId) {
        String stripped = messageId.strip();
        String begun = stripped.startsWith("<") ? stripped.substring(1) : stripped;
        String ended = begun.endsWith(">") ? begun.substring(0, begun.length() - 1) : begun;
        return ended.substring(0, Math.min(ended.length(), MessageIds.MAX_LENGTH - 1));
    }

    /** The same query with a smaller limit. */
    TraceQuery atMost(int mails) {
        return new TraceQuery(queueId, messageId, sender, recipient, address, since, until, mails);
    }

    static String lower(String address) {
        return address.strip().toLowerCase(Locale.ROOT);
    }

    /** Texts that every matching entry contains. */
    List<String> needles() {
        return Stream.of(queueId, messageId, sender, recipient, address)
                .flatMap(Optional::stream)
                .toList();
    }

    /**
     * Checks that the query may search the whole trace.
     *
     * @throws IllegalArgumentException if a few digits of a queue id are its only criterion, which match too much
     */
    public TraceQuery ofAllTime() {
        if (needles().size() == 1
                && queueId.filter(id -> !WHOLE_TIME.matcher(id).lookingAt() && !QueueId.isComplete(id))
                        .isPresent()) {
            throw new IllegalArgumentException(
                    "'" + queueId.get() + "' is too short a beginning of a queue id to search the whole trace;"
                            + " expected at least Mail and its 13 digits, such as " + EXAMPLE + ", or since with it");
        }
        return this;
    }

    /**
     * Limits the query to the time in which a mail with this beginning of a queue id can have been received. A complete
     * id needs no limit.
     */
    TraceQuery narrowed() {
        Matcher begin = BEGINNING.matcher(queueId.orElse(""));
        if (!begin.lookingAt() || queueId.filter(QueueId::isComplete).isPresent()) {
            return this;
        }
        Instant first = millis(begin.group(1), "0").minus(LONGEST_RECEIPT);
        Instant last = millis(begin.group(1), "9").plus(LONGEST_RECEIPT);
        Instant from = since.isBefore(first) ? first : since;
        Instant to = until.isAfter(last) ? last : until;
        return new TraceQuery(
                queueId, messageId, sender, recipient, address, from, to.isBefore(from) ? from : to, limit);
    }

    private static Instant millis(String digits, String others) {
        return Instant.ofEpochMilli(Long.parseLong(digits + others.repeat(MILLIS_DIGITS - digits.length())));
    }

    boolean matches(TraceEntry entry) {
        return !entry.at().isBefore(since)
                && !entry.at().isAfter(until)
                && queueId.map(id -> entry.id().startsWith(id)).orElse(true)
                && messageId.map(id -> bare(entry.messageId()).equals(id)).orElse(true)
                && sender.map(from -> matches(from, entry.sender())).orElse(true)
                && recipient.map(to -> matchesAny(to, entry)).orElse(true)
                && address.map(any -> matches(any, entry.sender()) || matchesAny(any, entry))
                        .orElse(true);
    }

    private static boolean matchesAny(String asked, TraceEntry entry) {
        return entry.recipients().stream().anyMatch(recipient -> matches(asked, recipient));
    }

    private static boolean matches(String asked, String address) {
        String found = lower(address);
        return asked.startsWith("@") ? found.endsWith(asked) : found.equals(asked);
    }
}
