package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.when;
import static org.mockito.Mockito.withSettings;

import java.util.Map;

import io.relaypod.server.queue.broker.Broker;
import io.relaypod.server.settings.Settings;
import org.apache.james.lifecycle.api.Disposable;
import org.apache.james.metrics.api.NoopGaugeRegistry;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.mailet.Mail;
import org.junit.jupiter.api.Test;

class SpoolWriterTest {

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

        PendingReply reply = writer.store(mock(SMTPSession.class), mail);

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

        assertThat(writer.store(mock(SMTPSession.class), mock(Mail.class))
                        .reply()
                        .get()
                        .getRetCode())
                .isEqualTo("421");
    }
}
