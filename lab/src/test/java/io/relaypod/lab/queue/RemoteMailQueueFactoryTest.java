package io.relaypod.lab.queue;

import java.nio.file.Path;

import io.relaypod.server.queue.ArtemisMailQueue;
import org.apache.james.metrics.api.NoopGaugeRegistry;
import org.apache.james.metrics.tests.RecordingMetricFactory;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.queue.api.MailQueueFactoryContract;
import org.apache.james.queue.api.ManageableMailQueueFactoryContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** James' contract tests of a mail queue factory, with a broker in another process. */
class RemoteMailQueueFactoryTest
        implements MailQueueFactoryContract<ArtemisMailQueue>, ManageableMailQueueFactoryContract<ArtemisMailQueue> {

    @TempDir
    private static Path directory;

    private static SharedBroker broker;

    private SharedBroker.OpenQueues queues;

    @BeforeAll
    static void start() throws Exception {
        broker = SharedBroker.start(directory);
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @BeforeEach
    void open() throws Exception {
        queues = broker.open(new RecordingMetricFactory(), new NoopGaugeRegistry());
    }

    @AfterEach
    void close() throws Exception {
        queues.close();
    }

    @Override
    public MailQueueFactory<ArtemisMailQueue> getMailQueueFactory() {
        return queues.queues();
    }
}
