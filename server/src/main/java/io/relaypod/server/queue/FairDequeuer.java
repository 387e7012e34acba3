package io.relaypod.server.queue;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.queue.Dequeuer.Given;
import io.relaypod.server.queue.Dequeuer.MailReader;
import io.relaypod.server.queue.SenderShares.Sender;
import io.relaypod.server.queue.broker.BrokerLink;
import io.relaypod.server.queue.broker.BrokerQueue;
import io.relaypod.server.queue.inflight.InFlightMails;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.james.queue.api.MailQueue.MailQueueItem;
import org.apache.james.queue.api.MailQueueName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;

/**
 * Dequeues what may be delivered now: from the ready queue alone, or fairly from all shares. The queue of a share is
 * read from the first mail on that is put there. Thread-safe.
 */
final class FairDequeuer implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(FairDequeuer.class);

    private static final int READY = 0;

    private final MailQueueName name;
    private final BrokerLink link;
    private final MailReader reader;
    private final MemoryBudget memory;
    private final InFlightMails inFlight;
    private final Quarantine quarantine;
    private final boolean isFair;
    private final SenderShares shares = new SenderShares();
    private final OnDemand<Given> onDemand;
    private final Map<Integer, Dequeuer> dequeuers = new ConcurrentHashMap<>();
    private volatile boolean stopped;

    /**
     * @param threads runs one task for each share of each subscriber
     * @param isFair whether senders have shares
     */
    FairDequeuer(
            MailQueueName name,
            boolean isFair,
            BrokerLink link,
            Executor threads,
            MailReader reader,
            MemoryBudget memory,
            InFlightMails inFlight,
            Quarantine quarantine) {
        this.name = name;
        this.isFair = isFair;
        this.link = link;
        this.reader = reader;
        this.memory = memory;
        this.inFlight = inFlight;
        this.quarantine = quarantine;
        this.onDemand = new OnDemand<>(threads, isFair, () -> stopped);
        shares.occupied(READY);
        read(READY);
    }

    /**
     * Where a mail is stored. One place holds for all attempts to store the mail: the broker recognises a message that
     * was sent twice only within one queue.
     *
     * @param stored is run once, when the mail is there or will not be
     */
    record Place(BrokerQueue queue, Runnable stored) {}

    /** The place from which a sender's mail is dequeued. */
    Place placeFor(Sender sender) {
        if (!isFair) {
            return new Place(BrokerQueue.ready(name), () -> {});
        }
        int share = shares.assign(sender);
        read(share);
        return new Place(BrokerQueue.share(name, share), () -> shares.stored(share));
    }

    /**
     * Reads the queues among these that hold shares. An earlier process, or another relay, may have put mails there.
     */
    void readAll(Collection<BrokerQueue> queues) {
        if (isFair) {
            queues.stream()
                    .filter(queue -> queue.mails().equals(name) && queue.share() > 0)
                    .map(BrokerQueue::share)
                    .filter(share -> share < SenderShares.COUNT && !dequeuers.containsKey(share))
                    .forEach(share -> {
                        shares.occupied(share);
                        read(share);
                    });
        }
    }

    private void read(int share) {
        dequeuers.computeIfAbsent(share, isNew -> {
            MailReader marking = (received, body) -> {
                shares.occupied(share);
                return reader.read(received, body);
            };
            Dequeuer dequeuer = new Dequeuer(
                    link,
                    BrokerQueue.share(name, share),
                    marking,
                    () -> shares.empty(share),
                    memory,
                    inFlight,
                    quarantine);
            onDemand.add(dequeuer);
            return dequeuer;
        });
    }

    Flux<MailQueueItem> mails() {
        return onDemand.flux().map(Given::item);
    }

    /** Mails that subscribers hold. */
    int inFlight() {
        return dequeuers.values().stream().mapToInt(Dequeuer::inFlight).sum();
    }

    /** Gives no more mails; those in flight can still be acknowledged. */
    void stop() {
        stopped = true;
        dequeuers.values().forEach(Dequeuer::stop);
        onDemand.wake();
    }

    /** Returns the mails in flight to the broker. */
    @Override
    public void close() {
        stop();
        for (Dequeuer dequeuer : dequeuers.values()) {
            try {
                dequeuer.close();
            } catch (ActiveMQException closed) {
                LOGGER.debug("queue {} was closed already", name.asString(), closed);
            }
        }
    }
}
