package io.relaypod.server.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.relaypod.gateway.VerbatimMailQueueItems;
import io.relaypod.server.queue.broker.EmbeddedBroker;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.james.metrics.api.NoopGaugeRegistry;
import org.apache.james.metrics.tests.RecordingMetricFactory;
import org.apache.james.queue.api.MailQueue.MailQueueItem.CompletionStatus;
import org.apache.james.queue.api.MailQueueName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClockChangeTest {

    private static final String MESSAGE = "Subject: test\r\n\r\nHello\r\n";

    @TempDir
    private Path dataDir;

    private final ShiftedClock clock = new ShiftedClock();

    @Test
    void a_mail_deferred_while_the_clock_was_ahead_and_those_behind_it_wait_no_longer_than_their_delay()
            throws Exception {
        EmbeddedBroker broker = EmbeddedBroker.start(dataDir, OpenQueue.LONG_ENOUGH, new SimpleMeterRegistry());
        ArtemisMailQueueFactory queues = new ArtemisMailQueueFactory(
                broker,
                new VerbatimMailQueueItems(),
                SenderRateLimiter.unlimited(),
                clock,
                new RecordingMetricFactory(),
                new NoopGaugeRegistry());
        OpenQueue.open(queues);
        try (OpenQueue open = new OpenQueue(broker, queues, queues.createQueue(MailQueueName.of("outgoing")))) {
            clock.ahead = Duration.ofHours(2);
            open.queue().enQueue(OpenQueue.mail("ahead", MESSAGE), Duration.ofSeconds(2));
            clock.ahead = Duration.ZERO;
            open.queue().enQueue(OpenQueue.mail("behind", MESSAGE), Duration.ofSeconds(2));

            assertThat(open.dequeue(2))
                    .extracting(item -> item.getMail().getName())
                    .containsExactly("ahead", "behind");
        }
    }

    @Test
    void a_flush_while_the_clock_was_ahead_does_not_count_for_mails_that_come_later() throws Exception {
        EmbeddedBroker broker = EmbeddedBroker.start(dataDir, OpenQueue.LONG_ENOUGH, new SimpleMeterRegistry());
        ArtemisMailQueueFactory queues = new ArtemisMailQueueFactory(
                broker,
                new VerbatimMailQueueItems(),
                SenderRateLimiter.unlimited(),
                clock,
                new RecordingMetricFactory(),
                new NoopGaugeRegistry());
        OpenQueue.open(queues);
        try (OpenQueue open = new OpenQueue(broker, queues, queues.createQueue(MailQueueName.of("outgoing")))) {
            clock.ahead = Duration.ofHours(2);
            open.queue().enQueue(OpenQueue.mail("flushed", MESSAGE), Duration.ofHours(1));
            open.queue().flush();
            open.dequeueOne().done(CompletionStatus.SUCCESS);
            clock.ahead = Duration.ZERO;
            open.queue().enQueue(OpenQueue.mail("first", MESSAGE), Duration.ofSeconds(1));
            assertThat(open.dequeueOne().getMail().getName()).isEqualTo("first");
            open.queue().enQueue(OpenQueue.mail("later", MESSAGE), Duration.ofHours(1));
            open.queue().enQueue(OpenQueue.mail("soon", MESSAGE), Duration.ofSeconds(1));
            assertThat(open.dequeueOne().getMail().getName()).isEqualTo("soon");
            assertThat(open.names()).as("and what is in hand").containsExactly("later");
        }
    }

    @Test
    void a_clock_that_runs_as_the_process_does_has_not_changed() {
        Instant begin = Instant.now();
        ClockChange change = new ClockChange(begin);
        assertThat(change.sinceLastCall(Instant.now())).isZero();
        assertThat(change.sinceLastCall(Instant.now().plus(Duration.ofHours(2))))
                .isGreaterThan(Duration.ofMinutes(119));
        assertThat(change.sinceLastCall(Instant.now())).isLessThan(Duration.ofMinutes(-119));
        assertThat(change.sinceLastCall(Instant.now())).isZero();
    }

    private static final class ShiftedClock extends Clock {

        private volatile Duration ahead = Duration.ZERO;

        @Override
        public Instant instant() {
            return Instant.now().plus(ahead);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            throw new UnsupportedOperationException("UTC only");
        }
    }
}
