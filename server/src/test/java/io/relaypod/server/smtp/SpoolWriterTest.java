package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.when;
import static org.mockito.Mockito.withSettings;

import java.net.InetAddress;
import java.util.List;
import java.util.Map;

import io.relaypod.events.MailEvent.MailReceived;
import io.relaypod.events.SubmittingClient;
import io.relaypod.server.queue.broker.Broker;
import io.relaypod.server.settings.Settings;
import org.apache.james.lifecycle.api.Disposable;
import org.apache.james.metrics.api.NoopGaugeRegistry;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.mailet.Mail;
import org.junit.jupiter.api.Test;

class SpoolWriterTest {

    private static final MailReceived RECEIVED = new MailReceived(
            new SubmittingClient("session", InetAddress.getLoopbackAddress()),
            "Mail1",
            "",
            "a@example.com",
            List.of(),
            1);

    @Test
    void aMailThatComesWhileItStopsIsDisposedOf() {
        MailQueueFactory<MailQueue> queues = mock();
        MailQueue spool = mock();
        when(queues.createQueue(any())).thenReturn(spool);
        Settings settings =
                Settings.from(Map.of("DATA_DIR", System.getProperty("java.io.tmpdir"), "JAMES_CONF", "../james-conf"));
        SpoolWriter writer =
                new SpoolWriter(queues, mock(Broker.class), settings.queue(), new NoopGaugeRegistry(), event -> {});
        Mail mail = mock(Mail.class, withSettings().extraInterfaces(Disposable.class));
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
        Settings settings =
                Settings.from(Map.of("DATA_DIR", System.getProperty("java.io.tmpdir"), "JAMES_CONF", "../james-conf"));
        SpoolWriter writer =
                new SpoolWriter(queues, mock(Broker.class), settings.queue(), new NoopGaugeRegistry(), event -> {});
        writer.close();

        assertThat(writer.store(mock(Mail.class), RECEIVED).reply().get().getRetCode())
                .isEqualTo("421");
    }
}
