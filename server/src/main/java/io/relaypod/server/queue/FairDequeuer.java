package io.relaypod.server.queue;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

import io.relaypod.server.queue.MessageOpener.ItemReader;
import io.relaypod.server.queue.MessageOpener.OpenedMail;
import io.relaypod.server.queue.SenderShares.Sender;
import io.relaypod.server.queue.broker.BrokerQueue;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.james.queue.api.MailQueue.MailQueueItem;
import org.apache.james.queue.api.MailQueueName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;

/**
 * Dequeues ready mails: from the ready queue alone, or fairly from all shares. The queue of a share is read from its
 * first mail on. Thread-safe.
 */
final class FairDequeuer {

    private static final Logger LOGGER = LoggerFactory.getLogger(FairDequeuer.class);

    private static final int READY = 0;

    private final MailQueueName name;
    private final QueueResources resources;
    private final ItemReader reader;
    private final boolean isFair;
    private final SenderShares shares = new SenderShares();
    private final OnDemand<OpenedMail> onDemand;
    private final Map<Integer, Dequeuer> dequeuers = new ConcurrentHashMap<>();
    private volatile boolean stopped;

    /** @param isFair whether senders have shares */
    FairDequeuer(MailQueueName name, boolean isFair, QueueResources resources, ItemReader reader) {
        this.name = name;
        this.isFair = isFair;
        this.resources = resources;
        this.reader = reader;
        this.onDemand = new OnDemand<>(resources.threads(), isFair, () -> stopped);
        shares.occupied(READY);
        read(READY);
    }

    /**
     * Where a mail is stored. One place holds for all attempts to store the mail: the broker recognises a message that
     * was sent twice only within one queue.
     *
     * @param stored is run once, when the mail is stored or cannot be stored
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
     * Reads the queues among these that hold shares. An earlier process, or another relay, may have stored mails there.
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
            ItemReader occupying = (message, body) -> {
                shares.occupied(share);
                return reader.read(message, body);
            };
            Dequeuer dequeuer =
                    new Dequeuer(resources, BrokerQueue.share(name, share), occupying, () -> shares.empty(share));
            onDemand.add(dequeuer);
            return dequeuer;
        });
    }

    Flux<MailQueueItem> mails() {
        return onDemand.flux().map(OpenedMail::item);
    }

    /** Mails that subscribers hold. */
    int inFlight() {
        return dequeuers.values().stream().mapToInt(Dequeuer::inFlight).sum();
    }

    /** Passes on no more mails. Mails in flight can still be acknowledged. */
    void stop() {
        stopped = true;
        dequeuers.values().forEach(Dequeuer::stop);
        onDemand.wake();
    }

    /**
     * Returns the mails in flight to the broker.
     *
     * @return completes when the broker has them, which a broker that does not answer may delay
     */
    CompletableFuture<Void> disconnect(Executor closing) {
        stop();
        return CompletableFuture.allOf(dequeuers.values().stream()
                .map(dequeuer -> CompletableFuture.runAsync(() -> close(dequeuer), closing))
                .toArray(CompletableFuture[]::new));
    }

    private void close(Dequeuer dequeuer) {
        try {
            dequeuer.close();
        } catch (ActiveMQException closed) {
            LOGGER.debug("queue {} was closed already", name.asString(), closed);
        }
    }
}
