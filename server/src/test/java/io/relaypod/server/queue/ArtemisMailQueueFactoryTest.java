package io.relaypod.server.queue;

import java.nio.file.Path;
import java.time.Clock;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.relaypod.gateway.VerbatimMailQueueItems;
import io.relaypod.server.queue.broker.Broker;
import io.relaypod.server.queue.broker.EmbeddedBroker;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.james.metrics.api.NoopGaugeRegistry;
import org.apache.james.metrics.tests.RecordingMetricFactory;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.queue.api.MailQueueFactoryContract;
import org.apache.james.queue.api.ManageableMailQueueFactoryContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** James' contracts of a mail queue factory. */
class ArtemisMailQueueFactoryTest
        implements MailQueueFactoryContract<ArtemisMailQueue>, ManageableMailQueueFactoryContract<ArtemisMailQueue> {

    @TempDir
    private Path dataDir;

    private Broker broker;
    private ArtemisMailQueueFactory queues;

    @BeforeEach
    void open() {
        broker = EmbeddedBroker.start(dataDir, OpenQueue.LONG_ENOUGH, new SimpleMeterRegistry());
        queues = new ArtemisMailQueueFactory(
                broker,
                new VerbatimMailQueueItems(),
                SenderRateLimiter.unlimited(),
                Clock.systemUTC(),
                new RecordingMetricFactory(),
                new NoopGaugeRegistry());
        OpenQueue.open(queues);
    }

    @AfterEach
    void close() {
        queues.close();
        broker.close();
    }

    @Override
    public MailQueueFactory<ArtemisMailQueue> getMailQueueFactory() {
        return queues;
    }
}
