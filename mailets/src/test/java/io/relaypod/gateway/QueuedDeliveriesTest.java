package io.relaypod.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.apache.james.queue.api.MailQueueName;
import org.apache.james.queue.memory.MemoryMailQueueFactory;
import org.apache.james.queue.memory.MemoryMailQueueFactory.MemoryCacheableMailQueue;
import org.apache.james.server.core.MailImpl;
import org.junit.jupiter.api.Test;

class QueuedDeliveriesTest {

    private final MemoryCacheableMailQueue queue =
            new MemoryMailQueueFactory(new VerbatimMailQueueItems()).createQueue(MailQueueName.of("outgoing"));

    @Test
    void aMailInHandIsFinishedWhenItIsClosed() throws Exception {
        CountDownLatch isInHand = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        CompletableFuture<Boolean> wasInterrupted = new CompletableFuture<>();
        QueuedDeliveries deliveries = new QueuedDeliveries(queue, 2, item -> {
            isInHand.countDown();
            wasInterrupted.complete(isInterrupted(never));
        });
        MailImpl mail = MailImpl.builder()
                .name("mail-1")
                .sender("sender@example.com")
                .addRecipient("a@example.com")
                .build();
        mail.setMessageNoCopy(Messages.received(Messages.bytes("Subject: Test\r\n\r\nbody\r\n")));
        queue.enQueue(mail);
        assertThat(isInHand.await(1, TimeUnit.MINUTES)).isTrue();

        deliveries.close();

        assertThat(wasInterrupted).isCompletedWithValue(false);
        assertThat(queue.getSize()).isZero();
    }

    /** Waits for half a second, as for a gateway's reply. */
    private static boolean isInterrupted(CountDownLatch latch) {
        try {
            return latch.await(500, TimeUnit.MILLISECONDS);
        } catch (InterruptedException cut) {
            return true;
        }
    }
}
