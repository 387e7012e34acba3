package io.relaypod.server.queue;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Optional;
import java.util.OptionalLong;

import org.apache.james.queue.api.ManageableMailQueue.MailQueueItemView;
import org.apache.mailet.Mail;

/**
 * A mail of a listing.
 *
 * @param mail a large one has no message
 * @param due when a waiting mail is due; empty for one that may be dequeued now
 * @param size of the message in bytes, if the broker knows it
 */
public record QueuedMailView(Mail mail, Optional<Instant> due, OptionalLong size, QueueWait waits)
        implements MailQueueItemView {

    @Override
    public Mail getMail() {
        return mail;
    }

    @Override
    public Optional<ZonedDateTime> getNextDelivery() {
        return due.map(instant -> instant.atZone(ZoneOffset.UTC));
    }
}
