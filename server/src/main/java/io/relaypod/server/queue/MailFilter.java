package io.relaypod.server.queue;

import java.time.Instant;

import org.apache.james.queue.api.ManageableMailQueue.Type;

/**
 * Which mails of a queue are meant, as Artemis wants it said.
 *
 * @param artemis in its language of filters
 */
record MailFilter(String artemis) {

    /** All that were put there until then, so that what comes meanwhile stays. */
    static MailFilter all(Instant until) {
        return new MailFilter("AMQTimestamp <= " + until.toEpochMilli());
    }

    MailFilter and(Type type, String value) {
        return new MailFilter(artemis + " AND " + switch (type) {
            case Name -> StoredMail.NAME + " = " + text(value);
            case Sender -> StoredMail.SENDER + " = " + text(value);
            case Recipient -> StoredMail.RECIPIENTS + " LIKE " + text("%" + StoredMail.RECIPIENT_SEPARATOR
                + value.replace("!", "!!").replace("%", "!%").replace("_", "!_") + StoredMail.RECIPIENT_SEPARATOR + "%") + " ESCAPE '!'";
        });
    }

    private static String text(String value) {
        return "'" + value.replace("'", "''") + "'";
    }
}
