package io.relaypod.server.queue;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.mail.MessagingException;

import com.google.common.collect.Lists;
import io.relaypod.events.QueueId;
import io.relaypod.quota.QuotaUse;
import io.relaypod.server.queue.broker.BrokerLink;
import io.relaypod.server.queue.broker.BrokerQueue;
import io.relaypod.server.queue.broker.QueueReader;
import io.relaypod.server.queue.stored.MailFilter;
import io.relaypod.server.queue.stored.RemovedMail;
import io.relaypod.server.queue.stored.StoredMail;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.queue.api.ManageableMailQueue.MailQueueIterator;
import org.apache.james.queue.api.ManageableMailQueue.Type;

/**
 * Counts, lists, removes and flushes the mails of one mail queue. Thread-safe.
 *
 * <p>A listing and a removal see all queues of the mail queue as {@link DelayedMails#undisturbed} shows them: no mail
 * is released meanwhile. A count does not wait for a release.
 */
final class QueueAdministration {

    private final MailQueueName name;
    private final BrokerLink link;
    private final DelayedMails delayed;
    private final Clock clock;

    QueueAdministration(MailQueueName name, BrokerLink link, DelayedMails delayed, Clock clock) {
        this.name = name;
        this.link = link;
        this.delayed = delayed;
        this.clock = clock;
    }

    /** All mails, those in flight included. A mail that is released meanwhile may be counted twice, or not at all. */
    long size() throws MailQueueException {
        return ask("counted", session -> {
            long size = 0;
            for (BrokerQueue queue : queues()) {
                size += session.queueQuery(queue.name()).getMessageCount();
            }
            return size;
        });
    }

    /** As {@link ArtemisMailQueue#oldest}. */
    Optional<Instant> oldest() throws MailQueueException {
        return ask("read", session -> {
            session.start();
            Optional<Instant> oldest = Optional.empty();
            for (BrokerQueue queue : queues()) {
                Optional<Instant> head = queue.mailbox().isPresent()
                        ? Optional.empty()
                        : QueueReader.browsing(queue, session)
                                .next()
                                .map(StoredMail::name)
                                .flatMap(QueueId::receivedAt);
                oldest = Stream.of(oldest, head).flatMap(Optional::stream).min(Comparator.naturalOrder());
            }
            return oldest;
        });
    }

    PerSenderBacklog perSenderBacklog() throws MailQueueException {
        return ask("counted", session -> {
            long all = 0;
            Duration longest = Duration.ZERO;
            for (BrokerQueue queue : delayed.queues()) {
                long mails = queue.mailbox().isPresent()
                        ? session.queueQuery(queue.name()).getMessageCount()
                        : 0;
                if (mails > 0) {
                    Duration wait =
                            delayed.untilSlot(QuotaUse.ofOne(queue.mailbox().orElseThrow()), mails);
                    longest = wait.compareTo(longest) > 0 ? wait : longest;
                    all += mails;
                }
            }
            return new PerSenderBacklog(all, longest);
        });
    }

    long flush() throws MailQueueException {
        return administer("flushed", delayed::flush);
    }

    MailQueueIterator browse() throws MailQueueException {
        return administer(
                "listed", () -> new QueueListing(link.connections().administering(), queues(), delayed, clock));
    }

    /**
     * Makes a mail and its copies ready that wait for a retry. Those in per-sender queues keep waiting, as with a
     * flush.
     *
     * @param queueId of the mail, or of one copy
     */
    RetryResult retry(String queueId) throws MailQueueException {
        return administer("searched", () -> {
            BrokerQueue ready = BrokerQueue.ready(name);
            link.connections().declare(ready);
            long moved = 0;
            long rateLimited = 0;
            for (BrokerQueue queue : delayed.queues()) {
                List<Long> found = find(queue, MailFilter.mailAndCopies(queueId));
                if (queue.mailbox().isPresent()) {
                    rateLimited += found.size();
                    continue;
                }
                for (long messageId : found) {
                    moved += link.connections().management().move(queue, messageId, ready) ? 1 : 0;
                }
            }
            return new RetryResult(moved, rateLimited);
        });
    }

    private List<Long> find(BrokerQueue queue, MailFilter filter) throws ActiveMQException {
        long count = link.connections().management().count(queue, filter.artemis());
        if (count == 0) {
            return List.of();
        }
        List<Long> found = new ArrayList<>();
        try (ClientSession session = link.connections().administering().session()) {
            session.start();
            QueueReader mails = QueueReader.browsing(queue, filter.artemis(), count, session);
            for (Optional<ClientMessage> mail = mails.next(); mail.isPresent(); mail = mails.next()) {
                found.add(mail.get().getMessageID());
            }
        }
        return found;
    }

    /** @param removed receives each mail just before its removal */
    long clear(Consumer<RemovedMail> removed) throws MailQueueException {
        return remove(untilNow(), Optional.empty(), removed);
    }

    /** @param removed receives each mail just before its removal */
    long remove(Type type, String value, Consumer<RemovedMail> removed) throws MailQueueException {
        return remove(untilNow().and(type, value), Optional.of(value).filter(any -> type == Type.Recipient), removed);
    }

    // Artemis' client stamps messages by the same clock.
    private static MailFilter untilNow() {
        return MailFilter.all(Instant.now());
    }

    // Queue by queue, because no mail is released meanwhile. The ready queue is last: a mail that is released between
    // two removals is then found there.
    private long remove(MailFilter filter, Optional<String> recipient, Consumer<RemovedMail> removed)
            throws MailQueueException {
        long count = 0;
        for (BrokerQueue queue : Lists.reverse(administer("searched", this::queues))) {
            count += administer(
                    "searched",
                    () -> new MailRemoval(link.connections(), queue, removed).remove(filter, untilNow(), recipient));
        }
        return count;
    }

    /** The ready queue and its shares, then the waiting queues. */
    private List<BrokerQueue> queues() throws ActiveMQException {
        BrokerQueue ready = BrokerQueue.ready(name);
        link.connections().declare(ready);
        List<BrokerQueue> others = link.connections().management().queues().stream()
                .filter(queue -> queue.mails().equals(name) && !queue.equals(ready))
                .sorted(Comparator.comparing(BrokerQueue::isWaiting))
                .toList();
        return Stream.concat(Stream.of(ready), others.stream()).toList();
    }

    private interface SessionQuery<T> {

        T ask(ClientSession session) throws ActiveMQException;
    }

    private <T> T ask(String what, SessionQuery<T> question) throws MailQueueException {
        try (ClientSession session = link.connections().administering().session()) {
            return question.ask(session);
        } catch (ActiveMQException failure) {
            throw failed(what, failure);
        }
    }

    private <T> T administer(String what, DelayedMails.Action<T> administration) throws MailQueueException {
        try {
            return delayed.undisturbed(administration);
        } catch (ActiveMQException | IOException | MessagingException failure) {
            throw failed(what, failure);
        }
    }

    private MailQueueException failed(String what, Exception failure) {
        return new MailQueueException("queue " + name.asString() + " could not be " + what, failure);
    }
}
