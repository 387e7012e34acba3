package io.relaypod.server.queue.broker;

import org.apache.activemq.artemis.core.server.ServerConsumer;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerConsumerPlugin;

/**
 * Lets the embedded broker finish the chunk of a large message that it sends to a consumer, before the consumer is
 * closed. Artemis 2.56 forgets the consumer's session while further chunks are scheduled, and logs each of these as a
 * NullPointerException (AMQ224045; AMQ224046 with all addresses of the message). Thread-safe.
 */
final class ConsumerCloseGuard implements ActiveMQServerConsumerPlugin {

    private static final int NONE = 0;

    @Override
    public void beforeCloseConsumer(ServerConsumer consumer, boolean failed) {
        // Without credits the broker sends nothing more and schedules nothing more.
        consumer.receiveCredits(NONE);
        // A consumer that failed is closed on the queue's own executor, which cannot wait for itself.
        if (!failed) {
            consumer.getQueue().flushExecutor();
        }
    }
}
