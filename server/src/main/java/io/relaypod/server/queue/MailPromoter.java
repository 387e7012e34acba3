package io.relaypod.server.queue;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.stream.Stream;
import javax.mail.MessagingException;

import io.relaypod.server.queue.WaitingQueueReader.WaitingMail;
import io.relaypod.server.queue.broker.BrokerConnections;
import io.relaypod.server.queue.broker.BrokerLink;
import io.relaypod.server.queue.broker.BrokerQueue;
import io.relaypod.server.queue.broker.QueueReader;
import io.relaypod.server.queue.stored.StoredMail;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientProducer;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.server.core.MimeMessageSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Promotes waiting mails to the ready queue. For one thread at a time.
 *
 * <ul>
 *   <li>A mail is copied to the ready queue and removed from its waiting queue in one transaction. So a crash neither
 *       loses nor doubles it.
 *   <li>A transaction has many mails, as each needs a sync. If the broker refuses one of them, each mail of the next
 *       pass has a transaction of its own, so that the refused mail is found.
 *   <li>A mail that cannot be copied is moved as it is stored. The dequeuer then handles it as unreadable. A mail that
 *       cannot be moved either is skipped for a while.
 *   <li>A queue that fails does not stop the others. It is read again with the next pass.
 * </ul>
 */
final class MailPromoter {

    private static final Logger LOGGER = LoggerFactory.getLogger(MailPromoter.class);

    private static final int BATCH = 200;
    private static final Duration IMMOVABLE_FOR = Duration.ofMinutes(10);

    private final BrokerQueue ready;
    private final BrokerLink link;
    private final WaitingQueues waiting;
    private final ReleaseTimes times;
    private final SlowStart slowStart;
    private final Map<Long, Instant> immovable = new HashMap<>();
    private int batchSize = BATCH;

    /** @param slowStart limits how many mails of retry queues are promoted; per-sender queues have their own rate */
    MailPromoter(BrokerQueue ready, BrokerLink link, WaitingQueues waiting, ReleaseTimes times, SlowStart slowStart) {
        this.ready = ready;
        this.link = link;
        this.waiting = waiting;
        this.times = times;
        this.slowStart = slowStart;
    }

    /** @return how many mails were promoted */
    long promote(Collection<BrokerQueue> from, Instant now) throws ActiveMQException, IOException, MessagingException {
        from.forEach(queue -> waiting.state(queue).polledNextAt(now.plus(WaitingQueues.POLL_AT_LEAST_EVERY)));
        immovable.values().removeIf(until -> !now.isBefore(until));
        BrokerConnections connections = link.connections();
        connections.declare(ready);
        List<WaitingMail> uncopied = new ArrayList<>();
        long promoted;
        try (ClientSession session = connections.administering().transaction()) {
            session.start();
            PriorityQueue<WaitingMail> heads = heads(from, connections, session);
            promoted = heads.isEmpty()
                    ? 0
                    : promote(heads, slowStart.room(connections.management().waiting(ready)), now, session, uncopied);
        }
        for (WaitingMail mail : uncopied) {
            moveAsItIs(mail, connections, now);
            waiting.state(mail.queue()).pollBy(now);
        }
        for (BrokerQueue queue : from) {
            waiting.deleteIfEmpty(queue, connections);
        }
        return promoted;
    }

    // A queue may have been changed at the broker.
    private PriorityQueue<WaitingMail> heads(
            Collection<BrokerQueue> from, BrokerConnections connections, ClientSession session)
            throws ActiveMQException {
        PriorityQueue<WaitingMail> heads = new PriorityQueue<>(Comparator.comparing(WaitingMail::messageId));
        for (BrokerQueue queue : from) {
            try {
                connections.declare(queue);
                QueueReader mails = QueueReader.taking(queue, session);
                next(new WaitingQueueReader(mails, waiting.state(queue), times, immovable), session)
                        .ifPresent(heads::add);
            } catch (ActiveMQException failure) {
                if (session.isClosed() || !connections.isOpen()) {
                    throw failure;
                }
                notReleased(queue, failure);
            }
        }
        return heads;
    }

    private Optional<WaitingMail> next(WaitingQueueReader source, ClientSession session) throws ActiveMQException {
        try {
            return source.next();
        } catch (ActiveMQException | RuntimeException failure) {
            if (session.isClosed()) {
                throw failure;
            }
            notReleased(source.queue(), failure);
            return Optional.empty();
        }
    }

    private static void notReleased(BrokerQueue queue, Exception failure) {
        LOGGER.error("event=release-failed queue={} reason=\"{}\"", queue.name(), failure.getMessage(), failure);
    }

    /**
     * @param room for mails of retry queues; mails with a slot count as sent
     * @param uncopied receives the mails that cannot be copied
     */
    private long promote(
            PriorityQueue<WaitingMail> heads, long room, Instant now, ClientSession session, List<WaitingMail> uncopied)
            throws ActiveMQException, IOException, MessagingException {
        ClientProducer producer = session.createProducer(ready.name());
        List<WaitingQueueReader> batch = new ArrayList<>();
        long left = room;
        long promoted = 0;
        while (!heads.isEmpty()) {
            WaitingMail head = heads.remove();
            boolean hasSlot = times.isRateLimited() && head.hasSlot();
            if (!hasSlot && left-- <= 0) {
                // The broker returns it to its place when the session is closed.
                waiting.state(head.queue()).pollBy(now);
                continue;
            }
            Optional<MailCopy> copy = copy(head, session);
            if (copy.isEmpty()) {
                // The broker may have closed its consumer. The next pass, which follows at once, reads the others of
                // its queue.
                uncopied.add(head);
                continue;
            }
            try {
                send(copy.get(), producer);
                head.message().individualAcknowledge();
                batch.add(head.source());
                if (batch.size() == batchSize) {
                    promoted += commit(session, batch);
                }
            } catch (ActiveMQException | RuntimeException refused) {
                if (session.isClosed()) {
                    throw refused;
                }
                refused(head, batch, refused).ifPresent(uncopied::add);
                Stream.concat(heads.stream(), Stream.of(head))
                        .forEach(mail -> waiting.state(mail.queue()).pollBy(now));
                return promoted;
            }
            next(head.source(), session).ifPresent(heads::add);
        }
        try {
            promoted += commit(session, batch);
            batchSize = BATCH;
        } catch (ActiveMQException refused) {
            if (session.isClosed()) {
                throw refused;
            }
            oneByOne(refused);
            waiting.pollAllBy(now);
        }
        return promoted;
    }

    private static int commit(ClientSession session, List<WaitingQueueReader> batch) throws ActiveMQException {
        session.commit();
        int promoted = batch.size();
        batch.forEach(WaitingQueueReader::left);
        batch.clear();
        return promoted;
    }

    /** @return the mail that the broker refused; empty if it may be another one of the batch */
    private Optional<WaitingMail> refused(WaitingMail head, List<WaitingQueueReader> batch, Exception reason) {
        // The batch may or may not include the mail itself.
        if (batch.size() > 1 || (batch.size() == 1 && batchSize > 1)) {
            oneByOne(reason);
            return Optional.empty();
        }
        LOGGER.warn(
                "event=release-refused queue={} queue-id={} message={} next=\"is made ready as it is\" reason=\"{}\"",
                head.queue().name(),
                StoredMail.name(head.message()),
                head.messageId(),
                reason.getMessage());
        return Optional.of(head);
    }

    private void oneByOne(Exception reason) {
        LOGGER.warn(
                "event=release-refused queue={} next=\"each mail is made ready by itself\" reason=\"{}\"",
                ready.name(),
                reason.getMessage());
        batchSize = 1;
    }

    private void moveAsItIs(WaitingMail mail, BrokerConnections connections, Instant now) throws ActiveMQException {
        try {
            connections.management().move(mail.queue(), mail.messageId(), ready);
        } catch (ActiveMQException | RuntimeException refused) {
            if (!connections.isOpen()) {
                throw refused;
            }
            immovable.put(mail.messageId(), now.plus(IMMOVABLE_FOR));
            LOGGER.error(
                    "event=release-failed queue={} queue-id={} message={} next=\"tried again in {} min\" reason=\"{}\"",
                    mail.queue().name(),
                    StoredMail.name(mail.message()),
                    mail.messageId(),
                    IMMOVABLE_FOR.toMinutes(),
                    refused.getMessage(),
                    refused);
        }
    }

    /** A mail in transit, and the source of its message while it is sent. */
    private record MailCopy(ClientMessage message, MimeMessageSource body) {}

    private static Optional<MailCopy> copy(WaitingMail mail, ClientSession session)
            throws ActiveMQException, IOException, MessagingException {
        try {
            MimeMessageSource body = StoredMail.body(mail.message());
            return Optional.of(copy(mail, body, session));
        } catch (ActiveMQException | IOException | MessagingException | RuntimeException failure) {
            if (session.isClosed()) {
                throw failure;
            }
            LOGGER.warn(
                    "event=unreadable queue={} queue-id={} message={} next=\"is made ready as it is\"",
                    mail.queue().name(),
                    StoredMail.name(mail.message()),
                    mail.messageId(),
                    failure);
            return Optional.empty();
        }
    }

    private static MailCopy copy(WaitingMail mail, MimeMessageSource body, ClientSession session) throws IOException {
        try {
            ClientMessage copy = StoredMail.copy(mail.message(), body, session);
            if (mail.hasSlot()) {
                StoredMail.writeSlot(copy);
            }
            return new MailCopy(copy, body);
        } catch (IOException | RuntimeException failure) {
            LifecycleUtil.dispose(body);
            throw failure;
        }
    }

    // A large message has been read when it was sent, so its file is not needed until the end of the transaction.
    private static void send(MailCopy copy, ClientProducer producer) throws ActiveMQException {
        try {
            producer.send(copy.message());
        } finally {
            LifecycleUtil.dispose(copy.body());
        }
    }
}
