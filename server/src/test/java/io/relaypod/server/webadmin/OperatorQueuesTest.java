package io.relaypod.server.webadmin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.mail.MessagingException;
import javax.mail.Session;
import javax.mail.internet.MimeMessage;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.MailFailed;
import io.relaypod.events.MailEvent.MailRemoved;
import io.relaypod.events.MailEvent.MailReprocessed;
import io.relaypod.gateway.VerbatimMailQueueItems;
import io.relaypod.server.queue.ArtemisMailQueueFactory;
import io.relaypod.server.queue.RetryResult;
import io.relaypod.server.queue.broker.EmbeddedBroker;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.james.metrics.api.NoopGaugeRegistry;
import org.apache.james.metrics.tests.RecordingMetricFactory;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.queue.api.ManageableMailQueue;
import org.apache.james.queue.api.ManageableMailQueue.Type;
import org.apache.mailet.base.test.FakeMail;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

class OperatorQueuesTest {

    private static final Duration LONG_ENOUGH = Duration.ofSeconds(30);
    private static final MailReprocessed SENT_AGAIN =
            new MailReprocessed("Mail1-x", "a@example.com", List.of("b@example.com"));

    @TempDir
    private Path dataDir;

    private final List<MailEvent> published = new CopyOnWriteArrayList<>();
    private EmbeddedBroker broker;
    private ArtemisMailQueueFactory queues;
    private ManageableMailQueue queue;

    @BeforeEach
    void start() throws Exception {
        broker = EmbeddedBroker.start(dataDir, LONG_ENOUGH, new SimpleMeterRegistry());
        queues = new ArtemisMailQueueFactory(
                broker,
                new VerbatimMailQueueItems(),
                SenderRateLimiter.unlimited(),
                Clock.systemUTC(),
                new RecordingMetricFactory(),
                new NoopGaugeRegistry());
        queues.open();
        queue = new OperatorQueues(queues, published::add).createQueue(MailQueueName.of("spool"));
    }

    @AfterEach
    void stop() {
        queues.close();
        broker.close();
    }

    @Test
    void aMailIsToldToBeSentAgainHoweverItIsPutInto() throws Exception {
        queue.enQueue(mail(message()));
        assertThat(published).containsExactly(SENT_AGAIN);

        Mono<Void> second = Mono.from(queue.enqueueReactive(mail(message())));
        assertThat(published).as("nobody has subscribed").hasSize(1);
        second.block(LONG_ENOUGH);

        assertThat(published).containsExactly(SENT_AGAIN, SENT_AGAIN);
        assertThat(queue.getSize()).isEqualTo(2);
    }

    @Test
    void aMailThatCouldNotBeSentAgainIsToldSo() throws Exception {
        assertThatThrownBy(() -> queue.enQueue(mail(unreadable()))).hasMessageContaining("could not be stored");
        assertThatThrownBy(() ->
                        Mono.from(queue.enqueueReactive(mail(unreadable()))).block(LONG_ENOUGH))
                .hasMessageContaining("could not be stored");

        assertThat(published).hasSize(4).startsWith(SENT_AGAIN);
        assertThat(published.get(2)).isEqualTo(SENT_AGAIN);
        assertThat(List.of(published.get(1), published.get(3)))
                .allSatisfy(event -> assertThat(event).isInstanceOfSatisfying(MailFailed.class, failed -> {
                    assertThat(failed.queueId()).isEqualTo("Mail1-x");
                    assertThat(failed.reason()).startsWith("it could not be sent again: ");
                }));
        assertThat(queue.getSize()).isZero();
    }

    @Test
    void eachMailThatAnOperatorRemovesIsPublished() throws Exception {
        MailRemoved removed =
                new MailRemoved("Mail1-x", "a@example.com", List.of("b@example.com"), "spool", "by an operator");
        queue.enQueue(mail(message()));
        assertThat(queue.remove(Type.Sender, "nobody@example.com")).isZero();
        assertThat(queue.remove(Type.Sender, "a@example.com")).isEqualTo(1);
        queue.enQueue(mail(message()));
        assertThat(queue.clear()).isEqualTo(1);

        assertThat(published).containsExactly(SENT_AGAIN, removed, SENT_AGAIN, removed);
        assertThat(queue.getSize()).isZero();
    }

    @Test
    void aMailThatWaitsIsReadyAfterARetryOrAFlush() throws Exception {
        OperatorQueues operator = new OperatorQueues(queues, published::add);
        queue.enQueue(mail(message()), Duration.ofDays(1));

        assertThat(operator.retry(MailQueueName.of("none"), "Mail1-x")).isEmpty();
        assertThat(operator.retry(MailQueueName.of("spool"), "Mail2")).contains(new RetryResult(0, 0));
        assertThat(operator.retry(MailQueueName.of("spool"), "Mail1-x")).contains(new RetryResult(1, 0));

        queue.enQueue(mail(message()), Duration.ofDays(1));
        assertThat(queue.flush()).isEqualTo(1);
    }

    private static FakeMail mail(MimeMessage message) throws MessagingException {
        return FakeMail.builder()
                .name("Mail1-x")
                .sender("a@example.com")
                .recipient("b@example.com")
                .mimeMessage(message)
                .build();
    }

    private static MimeMessage message() throws MessagingException {
        MimeMessage message = new MimeMessage((Session) null);
        message.setText("x");
        message.saveChanges();
        return message;
    }

    private static MimeMessage unreadable() throws MessagingException {
        MimeMessage message = new MimeMessage((Session) null) {
            @Override
            public void writeTo(OutputStream out, String[] ignored) throws MessagingException {
                throw new MessagingException("this is what the test wants");
            }
        };
        message.setText("x");
        return message;
    }
}
