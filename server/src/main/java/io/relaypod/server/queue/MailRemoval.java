package io.relaypod.server.queue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import javax.mail.MessagingException;

import io.relaypod.server.queue.broker.BrokerConnections;
import io.relaypod.server.queue.broker.BrokerQueue;
import io.relaypod.server.queue.broker.QueueReader;
import io.relaypod.server.queue.stored.MailFilter;
import io.relaypod.server.queue.stored.RemovedMail;
import io.relaypod.server.queue.stored.StoredMail;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.james.queue.api.ManageableMailQueue.Type;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes mails from one queue at the broker, and reports each just before. For one thread. */
final class MailRemoval {

    private static final Logger LOGGER = LoggerFactory.getLogger(MailRemoval.class);

    private final BrokerConnections connections;
    private final BrokerQueue queue;
    private final Consumer<RemovedMail> removed;

    MailRemoval(BrokerConnections connections, BrokerQueue queue, Consumer<RemovedMail> removed) {
        this.connections = connections;
        this.queue = queue;
        this.removed = removed;
    }

    /**
     * @param filter matches mails that the broker finds by itself
     * @param among matches the mails whose envelope is in the body, which the broker cannot search
     * @param recipient selects among these; none if it is empty
     * @return how many mails were removed; mails in flight are not
     */
    long remove(MailFilter filter, MailFilter among, Optional<String> recipient)
            throws ActiveMQException, MessagingException {
        try (ClientSession session = connections.administering().session()) {
            // A per-sender queue may have been deleted since the queues were listed.
            if (!session.queueQuery(queue.name()).isExists()) {
                return 0;
            }
            session.start();
            long count = removeFound(filter, session);
            if (recipient.isPresent()) {
                for (String name : namesInBody(among.andEnvelopeInBody(), recipient.get(), session)) {
                    count += removeFound(among.and(Type.Name, name), session);
                }
            }
            return count;
        } catch (ActiveMQException failure) {
            LOGGER.error(
                    "event=not-removed queue={} reason=\"what was said to be removed just before may still be there: {}\"",
                    queue.name(),
                    failure.getMessage());
            throw failure;
        }
    }

    private long removeFound(MailFilter filter, ClientSession session) throws ActiveMQException {
        long found = connections.management().count(queue, filter.artemis());
        if (found == 0) {
            return 0;
        }
        QueueReader mails = QueueReader.browsing(queue, filter.artemis(), found, session);
        for (Optional<ClientMessage> mail = mails.next(); mail.isPresent(); mail = mails.next()) {
            removed.accept(StoredMail.readRemoved(mail.get()));
        }
        return connections.management().remove(queue, filter.artemis());
    }

    private List<String> namesInBody(MailFilter filter, String recipient, ClientSession session)
            throws ActiveMQException, MessagingException {
        List<String> names = new ArrayList<>();
        long found = connections.management().count(queue, filter.artemis());
        if (found > 0) {
            QueueReader mails = QueueReader.browsing(queue, filter.artemis(), found, session);
            for (Optional<ClientMessage> mail = mails.next(); mail.isPresent(); mail = mails.next()) {
                if (isFor(recipient, mail.get())) {
                    names.add(StoredMail.name(mail.get()));
                }
            }
        }
        return names;
    }

    private static boolean isFor(String recipient, ClientMessage mail) throws ActiveMQException, MessagingException {
        try {
            return StoredMail.envelopeAlone(mail).isFor(recipient);
        } catch (IOException damaged) {
            LOGGER.debug("the envelope of mail {} cannot be read", StoredMail.name(mail), damaged);
            return false;
        }
    }
}
