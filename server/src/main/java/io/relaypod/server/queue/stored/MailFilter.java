package io.relaypod.server.queue.stored;

import java.time.Instant;

import org.apache.james.queue.api.ManageableMailQueue.Type;

/**
 * Which mails of a queue are meant, as Artemis wants it said.
 *
 * @param artemis in its language of filters
 */
public record MailFilter(String artemis) {

    /** All that were put there until then, so that what comes meanwhile stays. */
    public static MailFilter all(Instant until) {
        return new MailFilter("AMQTimestamp <= " + until.toEpochMilli());
    }

    /** A mail, and the copies that it was split into. */
    public static MailFilter mailAndCopies(String queueId) {
        return new MailFilter(StoredMail.NAME + " = " + text(queueId) + " OR " + StoredMail.NAME + " LIKE "
                + text(literal(queueId) + "-%") + " ESCAPE '!'");
    }

    public MailFilter and(Type type, String value) {
        return new MailFilter(artemis + " AND "
                + switch (type) {
                    case Name -> StoredMail.NAME + " = " + text(value);
                    case Sender -> StoredEnvelope.SENDER + " = " + text(value);
                    case Recipient ->
                        StoredEnvelope.RECIPIENTS + " LIKE "
                                + text("%" + StoredEnvelope.SEPARATOR + literal(value) + StoredEnvelope.SEPARATOR + "%")
                                + " ESCAPE '!'";
                });
    }

    /** Those whose envelope the broker cannot search, as it is in the body. */
    public MailFilter andEnvelopeInBody() {
        return new MailFilter(artemis + " AND " + StoredEnvelope.BYTES_IN_BODY + " IS NOT NULL");
    }

    private static String literal(String value) {
        return value.replace("!", "!!").replace("%", "!%").replace("_", "!_");
    }

    private static String text(String value) {
        return "'" + value.replace("'", "''") + "'";
    }
}
