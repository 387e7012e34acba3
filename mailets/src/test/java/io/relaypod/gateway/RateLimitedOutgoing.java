package io.relaypod.gateway;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

import io.relaypod.quota.QuotaUse;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.queue.memory.MemoryMailQueueFactory;
import org.apache.james.queue.memory.MemoryMailQueueFactory.MemoryCacheableMailQueue;
import org.apache.mailet.Mail;
import org.reactivestreams.Publisher;

/** The queue {@code outgoing} in memory, which may be unavailable, with per-sender queues that no mail leaves. */
final class RateLimitedOutgoing implements RateLimitedMailQueue, MailQueueFactory<MailQueue> {

    private final MemoryMailQueueFactory queues;
    private final MemoryCacheableMailQueue outgoing;
    private final List<Mail> forSenders = new CopyOnWriteArrayList<>();
    private final List<Mail> forTenant = new CopyOnWriteArrayList<>();
    private final List<QuotaUse> uses = new CopyOnWriteArrayList<>();
    private volatile Predicate<Mail> isRefused = mail -> false;

    RateLimitedOutgoing(Clock clock) {
        this.queues = new MemoryMailQueueFactory(new VerbatimMailQueueItems(), clock);
        this.outgoing = queues.createQueue(MailQueueName.of("outgoing"));
    }

    /** The mails that wait in no per-sender queue. */
    MemoryCacheableMailQueue memory() {
        return outgoing;
    }

    /** The mails in the per-sender queues. */
    List<Mail> forSenders() {
        return forSenders;
    }

    /** The mails in the queue of the tenant's quota. */
    List<Mail> forTenant() {
        return forTenant;
    }

    /** What each waiting mail uses of the quotas, in the order of its arrival. */
    List<QuotaUse> uses() {
        return uses;
    }

    /** Stores no more mails. */
    void makeUnavailable() {
        refuse(mail -> true);
    }

    /** Stores none of these mails. */
    void refuse(Predicate<Mail> which) {
        isRefused = which;
    }

    @Override
    public Optional<MailQueue> getQueue(MailQueueName name, PrefetchCount count) {
        return Optional.of(this);
    }

    @Override
    public MailQueue createQueue(MailQueueName name, PrefetchCount count) {
        return this;
    }

    @Override
    public Set<MailQueueName> listCreatedMailQueues() {
        return queues.listCreatedMailQueues();
    }

    @Override
    public MailQueueName getName() {
        return outgoing.getName();
    }

    @Override
    public void enQueue(Mail mail, Duration delay) throws MailQueueException {
        if (isRefused.test(mail)) {
            throw new MailQueueException("unavailable");
        }
        outgoing.enQueue(mail, delay);
    }

    @Override
    public void enQueue(Mail mail) throws MailQueueException {
        enQueue(mail, Duration.ZERO);
    }

    @Override
    public Publisher<Void> enqueueReactive(Mail mail) {
        return outgoing.enqueueReactive(mail);
    }

    @Override
    public Publisher<MailQueueItem> deQueue() {
        return outgoing.deQueue();
    }

    @Override
    public void enQueueForSender(QuotaUse use, Mail mail) {
        uses.add(use);
        forSenders.add(mail);
    }

    @Override
    public void enQueueForTenant(QuotaUse use, Mail mail) {
        uses.add(use);
        forTenant.add(mail);
    }

    @Override
    public boolean hasWaitingForTenant() {
        return !forTenant.isEmpty();
    }

    @Override
    public boolean hasWaiting(String mailbox) {
        return false;
    }

    @Override
    public void close() {
        outgoing.close();
    }
}
