package io.relaypod.server.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.mail.Session;
import javax.mail.internet.MimeMessage;

import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.relaypod.gateway.VerbatimMailQueueItems;
import io.relaypod.server.health.GatewayProbe;
import io.relaypod.server.health.Lifecycle;
import io.relaypod.server.health.Readiness;
import io.relaypod.server.health.SmtpGreeting;
import io.relaypod.server.metrics.QueueMeters;
import io.relaypod.server.queue.ArtemisMailQueueFactory;
import io.relaypod.server.queue.broker.EmbeddedBroker;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.james.mailrepository.api.MailRepositoryStore;
import org.apache.james.metrics.api.NoopGaugeRegistry;
import org.apache.james.metrics.tests.RecordingMetricFactory;
import org.apache.james.queue.api.MailQueueName;
import org.apache.mailet.base.test.FakeMail;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatusSamplerTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    @TempDir
    private Path dataDir;

    @Test
    void theFirstSampleHasTheQueueSizesThoughTheGatewayIsSilent() throws Exception {
        MailRepositoryStore repositories = mock(MailRepositoryStore.class);
        when(repositories.getPaths()).thenReturn(Stream.of());
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                EmbeddedBroker broker = EmbeddedBroker.start(dataDir, PATIENCE, meters);
                ArtemisMailQueueFactory queues = new ArtemisMailQueueFactory(
                        broker,
                        new VerbatimMailQueueItems(),
                        SenderRateLimiter.unlimited(),
                        Clock.systemUTC(),
                        new RecordingMetricFactory(),
                        new NoopGaugeRegistry())) {
            queues.open();
            MimeMessage message = new MimeMessage((Session) null);
            message.setText("x");
            queues.createQueue(MailQueueName.of("outgoing"))
                    .enQueue(FakeMail.builder()
                            .name("Mail1-x")
                            .sender("a@example.com")
                            .recipient("b@example.com")
                            .mimeMessage(message)
                            .build());
            Lifecycle lifecycle = new Lifecycle();
            lifecycle.serving();
            GatewayProbe gateway = new GatewayProbe(silent.getInetAddress().getHostAddress(), silent.getLocalPort());
            QueueMeters queueMeters =
                    new QueueMeters(meters, queues, repositories, SenderRateLimiter.unlimited(), Clock.systemUTC());
            try (StatusSampler watch = new StatusSampler(
                    meters,
                    queueMeters,
                    gateway,
                    new SmtpGreeting(List::of, Ticker.systemTicker()),
                    new Readiness(Set.of(lifecycle)),
                    Clock.systemUTC())) {
                watch.start();

                await().atMost(PATIENCE).until(() -> !watch.history().samples().isEmpty());
                assertThat(watch.history().samples().get(0).queued()).isEqualTo(1);
                await().atMost(PATIENCE)
                        .until(() -> meters.get("relaypod.ready").gauge().value() == 1);
            }
        }
    }
}
