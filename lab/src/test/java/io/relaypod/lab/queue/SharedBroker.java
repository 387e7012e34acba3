package io.relaypod.lab.queue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;

import io.relaypod.gateway.VerbatimMailQueueItems;
import io.relaypod.lab.broker.ArtemisProcess;
import io.relaypod.server.queue.ArtemisMailQueueFactory;
import io.relaypod.server.queue.broker.BrokerRefusedException;
import io.relaypod.server.queue.broker.RemoteBroker;
import io.relaypod.server.settings.QueueSettings;
import io.relaypod.server.settings.Settings;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.metrics.api.MetricFactory;

/** A broker in another process, shared by the tests of a class. */
final class SharedBroker implements AutoCloseable {

    private final ArtemisProcess process;

    private SharedBroker(ArtemisProcess process) {
        this.process = process;
    }

    static SharedBroker start(Path directory) throws IOException {
        return new SharedBroker(ArtemisProcess.start(
                directory,
                xml -> xml.replaceFirst(
                        "(<permission type=\")createDurableQueue(\".*/>)",
                        "$0$1deleteDurableQueue$2$1deleteAddress$2")));
    }

    /** The open queues of a relay. */
    OpenQueues open(MetricFactory metrics, GaugeRegistry gauges) throws IOException, BrokerRefusedException {
        QueueSettings settings = Settings.from(Map.of(
                        "LISTEN_ADDR",
                        "127.0.0.1:0",
                        "JAMES_CONF",
                        "../james-conf",
                        "DATA_DIR",
                        "target/no-data",
                        "QUEUE_URL",
                        process.url(),
                        "QUEUE_USER",
                        process.user(),
                        "QUEUE_PASSWORD_FILE",
                        process.passwordFile().toString()))
                .queue();
        RemoteBroker broker = new RemoteBroker(settings.remote().orElseThrow(), Duration.ofSeconds(20));
        ArtemisMailQueueFactory queues = new ArtemisMailQueueFactory(
                broker,
                new VerbatimMailQueueItems(),
                SenderRateLimiter.unlimited(),
                Clock.systemUTC(),
                metrics,
                gauges);
        queues.open();
        return new OpenQueues(broker, queues, process);
    }

    record OpenQueues(RemoteBroker broker, ArtemisMailQueueFactory queues, ArtemisProcess process)
            implements AutoCloseable {

        @Override
        public void close() throws Exception {
            queues.close();
            broker.close();
            process.deleteQueues();
        }
    }

    @Override
    public void close() {
        process.close();
    }
}
