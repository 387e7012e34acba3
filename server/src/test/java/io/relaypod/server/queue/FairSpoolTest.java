package io.relaypod.server.queue;

import static io.relaypod.server.queue.OpenQueue.LONG_ENOUGH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import com.google.common.util.concurrent.Uninterruptibles;
import org.apache.james.queue.api.MailQueue.MailQueueItem;
import org.apache.james.queue.api.MailQueue.MailQueueItem.CompletionStatus;
import org.apache.james.queue.api.ManageableMailQueue.Type;
import org.apache.mailet.base.test.FakeMail;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The backlog of one sender in the spool, whose mails take very long, and another sender's mail. */
class FairSpoolTest {

    private static final int THREADS = 30;
    private static final int BACKLOG = 300;
    private static final String MESSAGE = "Subject: test\r\n\r\nHello\r\n";

    @TempDir
    private Path dataDir;

    /** Processes mails as James' spooler does. Mails of 192.0.2.1 take until they are released. */
    private static final class SlowSpooler implements AutoCloseable {

        private final List<String> begun = Collections.synchronizedList(new ArrayList<>());
        private final List<String> done = Collections.synchronizedList(new ArrayList<>());
        private final CountDownLatch release = new CountDownLatch(1);
        private final Scheduler threads = Schedulers.newBoundedElastic(THREADS, Integer.MAX_VALUE, "spooler");
        private final Disposable reading;

        SlowSpooler(OpenQueue open) {
            this(open, new CountDownLatch(0));
        }

        /** @param accepting is waited for before the first mail is accepted */
        SlowSpooler(OpenQueue open, CountDownLatch accepting) {
            this.reading = Flux.from(open.queue().deQueue())
                    .doOnNext(item -> Uninterruptibles.awaitUninterruptibly(accepting))
                    .flatMap(item -> Mono.fromRunnable(() -> process(item)).subscribeOn(threads), THREADS)
                    .subscribe();
        }

        private void process(MailQueueItem item) {
            String name = item.getMail().getName();
            begun.add(name);
            try {
                if (item.getMail().getRemoteAddr().equals("192.0.2.1")) {
                    assertThat(release.await(5, TimeUnit.MINUTES)).isTrue();
                }
                item.done(CompletionStatus.SUCCESS);
                done.add(name);
            } catch (Exception failure) {
                throw new IllegalStateException(failure);
            }
        }

        @Override
        public void close() {
            release.countDown();
            reading.dispose();
            threads.dispose();
        }
    }

    private static FakeMail mail(String name, String client, String sender) throws Exception {
        return FakeMail.builder()
                .name(name)
                .sender(sender)
                .recipient("recipient@example.com")
                .remoteAddr(client)
                .mimeMessage(OpenQueue.mail(name, MESSAGE).getMessage())
                .build();
    }

    private static void fill(OpenQueue open, int senders) {
        IntStream.range(0, BACKLOG).parallel().forEach(number -> {
            try {
                open.queue().enQueue(mail("slow" + number, "192.0.2.1", number % senders + "@example.com"));
            } catch (Exception failure) {
                throw new IllegalStateException(failure);
            }
        });
    }

    @Test
    void anotherSendersMailIsProcessedBesideTheBacklogOfOneSenderAndNothingIsLost() throws Exception {
        try (OpenQueue open = OpenQueue.on(dataDir, "spool");
                SlowSpooler spooler = new SlowSpooler(open)) {
            fill(open, 1);
            await().atMost(LONG_ENOUGH).until(() -> spooler.begun.size() == THREADS / 2);
            for (int other = 0; other < 20; other++) {
                String name = "other" + other;
                open.queue().enQueue(mail(name, "192.0.2.2", "a@example.org"));
                await().atMost(LONG_ENOUGH).until(() -> spooler.done.contains(name));
            }
            open.queue().enQueue(mail("same client", "192.0.2.1", "a@example.org"));
            await().atMost(LONG_ENOUGH).until(() -> spooler.begun.contains("same client"));

            spooler.release.countDown();
            await().atMost(LONG_ENOUGH).until(() -> spooler.done.size() == BACKLOG + 21);
            assertThat(spooler.done).doesNotHaveDuplicates();
            await().atMost(LONG_ENOUGH).until(() -> open.queue().getSize() == 0);
        }
    }

    @Test
    void aClientThatUsesManySenderAddressesLeavesRoomToAnotherClient() throws Exception {
        try (OpenQueue open = OpenQueue.on(dataDir, "spool");
                SlowSpooler spooler = new SlowSpooler(open)) {
            fill(open, BACKLOG);
            await().atMost(LONG_ENOUGH).until(() -> spooler.begun.size() >= THREADS / 2);
            open.queue().enQueue(mail("other", "192.0.2.2", "a@example.org"));
            await().atMost(LONG_ENOUGH).until(() -> spooler.done.contains("other"));
        }
    }

    @Test
    void aSubscriberThatIsSlowToAcceptMailsLetsNoSenderTakeAllSlots() throws Exception {
        CountDownLatch accepting = new CountDownLatch(1);
        try (OpenQueue open = OpenQueue.on(dataDir, "spool")) {
            fill(open, 2);
            try (SlowSpooler spooler = new SlowSpooler(open, accepting)) {
                await().atMost(LONG_ENOUGH).until(() -> open.queues().mailsInFlight() >= THREADS / 2);
                accepting.countDown();
                open.queue().enQueue(mail("other", "192.0.2.2", "a@example.org"));
                await().atMost(LONG_ENOUGH).until(() -> spooler.done.contains("other"));
            } finally {
                accepting.countDown();
            }
        }
    }

    @Test
    void theBacklogIsFairAfterARestartAndIsCountedAndListedAndRemoved() throws Exception {
        try (OpenQueue open = OpenQueue.on(dataDir, "spool")) {
            fill(open, 3);
        }
        try (OpenQueue open = OpenQueue.on(dataDir, "spool")) {
            assertThat(open.queue().getSize()).isEqualTo(BACKLOG);
            assertThat(open.names()).hasSize(BACKLOG).doesNotHaveDuplicates();
            assertThat(open.queue().remove(Type.Sender, "1@example.com")).isEqualTo(BACKLOG / 3);
            try (SlowSpooler spooler = new SlowSpooler(open)) {
                await().atMost(LONG_ENOUGH).until(() -> spooler.begun.size() >= THREADS / 2);
                open.queue().enQueue(mail("other", "192.0.2.2", "a@example.org"));
                await().atMost(LONG_ENOUGH).until(() -> spooler.done.contains("other"));
            }
        }
        try (OpenQueue open = OpenQueue.on(dataDir, "spool")) {
            assertThat(open.queue().clear()).isPositive();
            assertThat(open.queue().getSize()).isZero();
        }
    }
}
