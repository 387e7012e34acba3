package io.relaypod.server.health;

import javax.inject.Inject;

import io.relaypod.server.queue.ArtemisMailQueueFactory;
import io.relaypod.server.queue.broker.Broker;
import org.apache.james.core.healthcheck.ComponentName;
import org.apache.james.core.healthcheck.HealthCheck;
import org.apache.james.core.healthcheck.Result;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.queue.api.MailQueueFactory;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Checks whether the spool can store a message: the broker answers, and the disk has room. Thread-safe. */
public final class QueueHealthCheck implements HealthCheck {

    private static final ComponentName NAME = new ComponentName("Queue");

    private final Broker broker;
    private final ArtemisMailQueueFactory queues;

    @Inject
    public QueueHealthCheck(Broker broker, ArtemisMailQueueFactory queues) {
        this.broker = broker;
        this.queues = queues;
    }

    @Override
    public ComponentName componentName() {
        return NAME;
    }

    @Override
    public Publisher<Result> check() {
        // A remote broker may be slow.
        return Mono.fromCallable(this::result).subscribeOn(Schedulers.boundedElastic());
    }

    private Result result() {
        try {
            broker.checkStorage();
            queues.createQueue(MailQueueFactory.SPOOL).getSize();
            return Result.healthy(NAME);
        } catch (MailQueueException | RuntimeException unwritable) {
            return Result.unhealthy(NAME, String.valueOf(unwritable.getMessage()), unwritable);
        }
    }
}
