package io.relaypod.lab.queue;

import java.nio.file.Path;

import io.relaypod.server.queue.ArtemisMailQueue;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** James' contract tests of a mail queue, with a broker in another process. */
class RemoteMailQueueTest
        implements DelayedManageableMailQueueContract,
                DelayedPriorityMailQueueContract,
                PriorityManageableMailQueueContract,
                MailQueueMetricContract {

    @TempDir
    private static Path directory;

    private static SharedBroker broker;

    private SharedBroker.OpenQueues queues;
    private ArtemisMailQueue queue;

    @BeforeAll
    static void start() throws Exception {
        broker = SharedBroker.start(directory);
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @BeforeEach
    void open(MailQueueMetricExtension.MailQueueMetricTestSystem metrics) throws Exception {
        queues = broker.open(metrics.getMetricFactory(), metrics.getSpyGaugeRegistry());
        queue = queues.queues().createQueue(MailQueueName.of("spool"));
    }

    @AfterEach
    void close() throws Exception {
        queues.close();
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

    /** Disabled, since the shares of the spool have no common order of priorities. */
    @Override
    @Test
    public void delayedHighPriorityMailShouldBeDeQueuedBeforeLowPriorityNonDelayedMailAfterDelayExpiracy()
            throws Exception {
        queue = queues.queues().createQueue(MailQueueName.of("outgoing"));
        DelayedPriorityMailQueueContract.super
                .delayedHighPriorityMailShouldBeDeQueuedBeforeLowPriorityNonDelayedMailAfterDelayExpiracy();
    }
}
