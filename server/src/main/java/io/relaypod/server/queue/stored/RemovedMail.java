package io.relaypod.server.queue.stored;

import java.util.List;

/**
 * A mail that is removed from its queue.
 *
 * @param sender empty for {@code MAIL FROM:<>}
 */
public record RemovedMail(String queueId, String sender, List<String> recipients) {

    /** Keeps its own copy of the recipients. */
    public RemovedMail {
        recipients = List.copyOf(recipients);
    }
}
