package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.after;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.timeout;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.when;
import static org.mockito.Mockito.withSettings;

import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import io.relaypod.events.MailEvent.MailReceived;
import io.relaypod.events.SubmittingClient;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.server.queue.broker.Broker;
import io.relaypod.server.queue.stored.MailBody;
import io.relaypod.server.settings.Settings;
import org.apache.james.lifecycle.api.Disposable;
import org.apache.james.metrics.api.NoopGaugeRegistry;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.mailet.Mail;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

class SpoolWriterTest {

    private static final MailReceived RECEIVED = new MailReceived(
            new SubmittingClient("session", InetAddress.getLoopbackAddress()),
            "Mail1",
            "",
            "",
            "",
            "a@example.com",
            List.of(),
            1);

    @Test
    void aMailThatComesWhileItStopsIsDisposedOf() {
        MailQueueFactory<MailQueue> queues = mock();
        MailQueue spool = mock();
        when(queues.createQueue(any())).thenReturn(spool);
        SpoolWriter writer = writer(queues, new MemoryBudget(1 << 20), settings());
        Mail mail = mail();
        writer.finish();

        PendingReply reply = writer.store(mail, RECEIVED);

        assertThat(reply.reply().get().getRetCode()).isEqualTo("421");
        verify((Disposable) mail).dispose();
        verifyNoInteractions(spool);
        writer.close();
    }

    @Test
    void aMailThatComesWhenItHasStoppedIsToldToComeAgain() {
        MailQueueFactory<MailQueue> queues = mock();
        when(queues.createQueue(any())).thenReturn(mock(MailQueue.class));
        SpoolWriter writer = writer(queues, new MemoryBudget(1 << 20), settings());
        writer.close();

        assertThat(writer.store(mock(Mail.class), RECEIVED).reply().get().getRetCode())
                .isEqualTo("421");
    }

    @Test
    void aMailWaitsUntilOthersThatAreOnTheirWayToTheDiskHaveReleasedTheirMemory() {
        MailQueueFactory<MailQueue> queues = mock();
        MailQueue spool = mock();
        when(queues.createQueue(any())).thenReturn(spool);
        CompletableFuture<Void> first = new CompletableFuture<>();
        CompletableFuture<Void> second = new CompletableFuture<>();
        when(spool.enqueueReactive(any())).thenReturn(Mono.fromFuture(first)).thenReturn(Mono.fromFuture(second));
        long mail = MailBody.memoryToStore(RECEIVED.size());
        MemoryBudget memory = new MemoryBudget(mail * 100 / MemoryUse.QUEUE_WRITES.percent() + mail);
        SpoolWriter writer = writer(queues, memory, settings());

        PendingReply replyToFirst = writer.store(mail(), RECEIVED);
        verify(spool, timeout(10_000)).enqueueReactive(any());
        PendingReply replyToSecond = writer.store(mail(), RECEIVED);
        verify(spool, after(50).times(1)).enqueueReactive(any());
        first.complete(null);
        verify(spool, timeout(10_000).times(2)).enqueueReactive(any());
        second.complete(null);

        assertThat(replyToFirst.reply().get().getRetCode()).isEqualTo("250");
        assertThat(replyToSecond.reply().get().getRetCode()).isEqualTo("250");
        assertThat(memory.reserved()).isZero();
        writer.close();
    }

    @Test
    void aMailThatTheQueueThrowsAtGivesItsMemoryBack() {
        MailQueueFactory<MailQueue> queues = mock();
        MailQueue spool = mock();
        when(queues.createQueue(any())).thenReturn(spool);
        when(spool.enqueueReactive(any())).thenThrow(new IllegalStateException("a fault of ours"));
        MemoryBudget memory = new MemoryBudget(1 << 20);
        SpoolWriter writer = writer(queues, memory, settings());

        assertThat(writer.store(mail(), RECEIVED).reply().get().getRetCode()).isEqualTo("451");

        assertThat(memory.reserved()).isZero();
        writer.close();
    }

    private static Mail mail() {
        return mock(Mail.class, withSettings().extraInterfaces(Disposable.class));
    }

    private static Settings settings() {
        return Settings.from(Map.of("DATA_DIR", System.getProperty("java.io.tmpdir"), "JAMES_CONF", "../james-conf"));
    }

    private static SpoolWriter writer(MailQueueFactory<MailQueue> queues, MemoryBudget memory, Settings settings) {
        return new SpoolWriter(
                queues, mock(Broker.class), settings.queue(), memory, new NoopGaugeRegistry(), event -> {});
    }
}
