package io.relaypod.server.queue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.Spliterators;
import java.util.stream.StreamSupport;
import javax.mail.MessagingException;
import javax.mail.Session;
import javax.mail.internet.MimeMessage;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.relaypod.gateway.VerbatimMailQueueItems;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.queue.broker.Broker;
import io.relaypod.server.queue.broker.BrokerRefusedException;
import io.relaypod.server.queue.broker.EmbeddedBroker;
import io.relaypod.server.queue.inflight.InFlightMails;
import io.relaypod.server.threads.ServerThreads;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.james.metrics.api.NoopGaugeRegistry;
import org.apache.james.metrics.tests.RecordingMetricFactory;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.queue.api.MailQueue.MailQueueItem;
import org.apache.james.queue.api.MailQueue.MailQueueItem.CompletionStatus;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.queue.api.ManageableMailQueue.MailQueueIterator;
import org.apache.mailet.Mail;
import org.apache.mailet.base.test.FakeMail;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** A queue on a directory, from one start to one stop. */
record OpenQueue(Broker broker, ArtemisMailQueueFactory queues, ArtemisMailQueue queue) implements AutoCloseable {

    static final Duration LONG_ENOUGH = Duration.ofSeconds(20);
    private static final Duration REDELIVER_AFTER = Duration.ofMillis(200);

    static OpenQueue on(Path dataDir, String name) {
        return on(EmbeddedBroker.start(dataDir, LONG_ENOUGH, new SimpleMeterRegistry()), name);
    }

    static OpenQueue on(Broker broker, String name) {
        return on(broker, MemoryBudget.ofThisProcess(), name);
    }

    static OpenQueue on(Broker broker, MemoryBudget memory, String name) {
        ArtemisMailQueueFactory queues = new ArtemisMailQueueFactory(
                broker,
                new VerbatimMailQueueItems(),
                SenderRateLimiter.unlimited(),
                memory,
                InFlightMails.unmarked(),
                mail -> {},
                Clock.systemUTC(),
                new RecordingMetricFactory(),
                new NoopGaugeRegistry(),
                new ServerThreads(),
                REDELIVER_AFTER);
        open(queues);
        return new OpenQueue(broker, queues, queues.createQueue(MailQueueName.of(name)));
    }

    /** The queue {@code outgoing} on a broker in that directory. */
    static OpenQueue outgoing(Path dataDir, SenderRateLimiter limiter, Clock clock) {
        Broker broker = EmbeddedBroker.start(dataDir, LONG_ENOUGH, new SimpleMeterRegistry());
        ArtemisMailQueueFactory queues = new ArtemisMailQueueFactory(
                broker,
                new VerbatimMailQueueItems(),
                limiter,
                clock,
                new RecordingMetricFactory(),
                new NoopGaugeRegistry());
        open(queues);
        return new OpenQueue(broker, queues, queues.createQueue(MailQueueName.of("outgoing")));
    }

    static void open(ArtemisMailQueueFactory queues) {
        try {
            queues.open();
        } catch (BrokerRefusedException refused) {
            throw new IllegalStateException(refused);
        }
    }

    static FakeMail mail(String name, String message) throws MessagingException {
        return FakeMail.builder()
                .name(name)
                .sender("sender@example.com")
                .recipient("recipient@example.com")
                .mimeMessage(message(message))
                .build();
    }

    private static MimeMessage message(String message) throws MessagingException {
        return new MimeMessage(
                Session.getInstance(new Properties()),
                new ByteArrayInputStream(message.getBytes(StandardCharsets.ISO_8859_1)));
    }

    List<String> names() throws MailQueueException {
        MailQueueIterator mails = queue.browse();
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(mails, 0), false)
                .map(view -> view.getMail().getName())
                .toList();
    }

    List<MailQueueItem> dequeue(int count) {
        return Flux.from(queue.deQueue()).take(count).collectList().block(LONG_ENOUGH);
    }

    /** Dequeues each mail from now on, and ends its delivery. */
    Disposable dequeueInto(List<Mail> mails) {
        return Flux.from(queue.deQueue()).subscribe(item -> {
            mails.add(item.getMail());
            try {
                item.done(CompletionStatus.SUCCESS);
            } catch (MailQueueException failure) {
                throw new IllegalStateException(failure);
            }
        });
    }

    MailQueueItem dequeueOne() {
        return dequeue(1).get(0);
    }

    @Override
    public void close() {
        queues.close();
        broker.close();
    }
}
