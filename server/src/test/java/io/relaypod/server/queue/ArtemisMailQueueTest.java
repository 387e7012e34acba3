package io.relaypod.server.queue;

import java.nio.file.Path;
import java.time.Clock;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.relaypod.gateway.VerbatimMailQueueItems;
import io.relaypod.server.queue.broker.Broker;
import io.relaypod.server.queue.broker.EmbeddedBroker;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.james.queue.api.DelayedManageableMailQueueContract;
import org.apache.james.queue.api.DelayedPriorityMailQueueContract;
import org.apache.james.queue.api.MailPrioritySupport;
import org.apache.james.queue.api.MailQueueMetricContract;
import org.apache.james.queue.api.MailQueueMetricExtension;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.queue.api.ManageableMailQueue;
import org.apache.james.queue.api.PriorityManageableMailQueueContract;
import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeValue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** James' contracts of a mail queue, on the disk. */
class ArtemisMailQueueTest
        implements DelayedManageableMailQueueContract,
                DelayedPriorityMailQueueContract,
                PriorityManageableMailQueueContract,
                MailQueueMetricContract {

    @TempDir
    private Path dataDir;

    private Broker broker;
    private ArtemisMailQueueFactory queues;
    private ArtemisMailQueue queue;

    @BeforeEach
    void open(MailQueueMetricExtension.MailQueueMetricTestSystem metrics) {
        broker = EmbeddedBroker.start(dataDir, OpenQueue.LONG_ENOUGH, new SimpleMeterRegistry());
        queues = new ArtemisMailQueueFactory(
                broker,
                new VerbatimMailQueueItems(),
                SenderRateLimiter.unlimited(),
                Clock.systemUTC(),
                metrics.getMetricFactory(),
                metrics.getSpyGaugeRegistry());
        OpenQueue.open(queues);
        // A queue without shares: the shares of the spool have no common order of priorities.
        queue = queues.createQueue(MailQueueName.of("outgoing"));
    }

    @AfterEach
    void close() {
        queues.close();
        broker.close();
    }

    @Override
    public ManageableMailQueue getManageableMailQueue() {
        return queue;
    }

    @Override
    public ManageableMailQueue getMailQueue() {
        return queue;
    }

    @Override
    public Attribute mailPriority(Integer priority) {
        return mailPriority((Object) priority);
    }

    @Override
    public Attribute mailPriority(Object priority) {
        return new Attribute(MailPrioritySupport.MAIL_PRIORITY, AttributeValue.ofAny(priority));
    }
}
