package io.relaypod.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.queue.api.MailQueue.MailQueueItem;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.queue.memory.MemoryMailQueueFactory;
import org.apache.james.queue.memory.MemoryMailQueueFactory.MemoryCacheableMailQueue;
import org.apache.james.server.core.MailImpl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SpareDeliveriesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final MemoryCacheableMailQueue queue =
            new MemoryMailQueueFactory(new VerbatimMailQueueItems()).createQueue(MailQueueName.of("outgoing"));
    private final List<String> delivered = new CopyOnWriteArrayList<>();
    private final AtomicInteger hanging = new AtomicInteger();

    @Test
    void mail_goes_on_while_all_other_deliveries_hang_and_only_then() throws Exception {
        try (SpareDeliveries spare = new SpareDeliveries(queue, 2, hanging::get, this::deliver)) {
            assertThat(spare).isNotNull();
            hanging.set(1);
            put("first", "second", "third");
            await().during(Duration.ofMillis(1500)).atMost(PATIENCE).until(delivered::isEmpty);
            hanging.set(2);
            await().atMost(PATIENCE).until(() -> delivered.size() == 3);
        }
    }

    @Test
    void when_a_spare_delivery_hangs_as_well_another_is_begun() throws Exception {
        CountDownLatch well = new CountDownLatch(1);
        hanging.set(2);
        try (SpareDeliveries spare = new SpareDeliveries(queue, 2, hanging::get, item -> {
            if (hanging.incrementAndGet() < 5) {
                hang(well);
            }
            deliver(item);
        })) {
            assertThat(spare).isNotNull();
            put("first", "second", "third");
            await().atMost(PATIENCE).until(() -> delivered.size() == 1);
            well.countDown();
            await().atMost(PATIENCE).until(() -> delivered.size() == 3);
        }
    }

    private void deliver(MailQueueItem item) {
        delivered.add(item.getMail().getName());
    }

    private static void hang(CountDownLatch well) {
        try {
            well.await();
        } catch (InterruptedException cut) {
            Thread.currentThread().interrupt();
        }
    }

    private void put(String... names) throws Exception {
        for (String name : names) {
            MailImpl mail = MailImpl.builder()
                    .name(name)
                    .sender("sender@example.com")
                    .addRecipient("a@example.com")
                    .build();
            mail.setMessageNoCopy(Messages.received(Messages.bytes("Subject: Test\r\n\r\nbody\r\n")));
            try {
                queue.enQueue(mail);
            } catch (MailQueueException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
    }
}
