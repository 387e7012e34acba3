package io.relaypod.server.queue;

import static io.relaypod.server.queue.OpenQueue.LONG_ENOUGH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.relaypod.server.queue.broker.BrokerConnection;
import io.relaypod.server.queue.broker.BrokerManagement;
import io.relaypod.server.queue.broker.BrokerQueue;
import org.apache.james.queue.api.MailPrioritySupport;
import org.apache.james.queue.api.MailQueue.MailQueueItem;
import org.apache.james.queue.api.MailQueue.MailQueueItem.CompletionStatus;
import org.apache.james.queue.api.ManageableMailQueue.MailQueueItemView;
import org.apache.james.queue.api.ManageableMailQueue.MailQueueIterator;
import org.apache.mailet.base.test.FakeMail;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/** Many mails that were tried already, when all of them are due at once. */
class BacklogTest {

    // More than the broker keeps of a queue in memory, beyond which it gives mails as they came, whatever their
    // priority.
    private static final int LEAST_BACKLOG = 4_000;
    // Filled only where it is taken to its end: that costs half a minute on a busy machine.
    private static final int LARGE_BACKLOG = 10_000;
    private static final int SIZE = 4000;
    // What is fetched from the broker before it is asked for.
    private static final int FETCHED = (128 << 10) / SIZE;

    @TempDir
    private Path dataDir;

    private OpenQueue open;

    @BeforeEach
    void open() {
        open = OpenQueue.on(dataDir, "outgoing");
    }

    @AfterEach
    void close() {
        open.close();
    }

    private void fill(int backlog) throws Exception {
        IntStream.range(0, backlog).parallel().forEach(mail -> enqueue("old" + mail));
        assertThat(open.queue().flush()).isEqualTo(backlog);
    }

    private void enqueue(String name) {
        try {
            FakeMail mail = mail(name);
            mail.setAttribute(MailPrioritySupport.LOW_PRIORITY_ATTRIBUTE);
            open.queue().enQueue(mail, Duration.ofHours(1));
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }

    private static FakeMail mail(String name) throws Exception {
        return OpenQueue.mail(name, "Subject: test\r\n\r\n" + "x".repeat(SIZE) + "\r\n");
    }

    @Test
    void aFreshMailPassesABacklogAndAllOfItComesOnce() throws Exception {
        fill(LARGE_BACKLOG);
        OneByOne mails = new OneByOne();
        Flux.from(open.queue().deQueue()).subscribe(mails);
        mails.take(LARGE_BACKLOG / 2);
        open.queue().enQueue(mail("fresh"));
        mails.take(LARGE_BACKLOG / 2 + 1);

        assertThat(mails.names.indexOf("fresh")).isBetween(LARGE_BACKLOG / 2, LARGE_BACKLOG / 2 + FETCHED + 2);
        assertThat(mails.names).doesNotHaveDuplicates().hasSize(LARGE_BACKLOG + 1);
        await().atMost(LONG_ENOUGH).until(() -> open.queue().getSize() == 0);
    }

    @Test
    void aBacklogThatNobodyTakesStaysWhereItIsAndIsListedAsDue() throws Exception {
        fill(LEAST_BACKLOG);
        await().atMost(LONG_ENOUGH).until(() -> ready() > 0);
        await().during(Duration.ofSeconds(1)).atMost(LONG_ENOUGH).until(() -> ready() <= SlowStart.LEAST);

        Set<String> listed = new HashSet<>();
        MailQueueIterator views = open.queue().browse();
        while (views.hasNext()) {
            MailQueueItemView view = views.next();
            listed.add(view.getMail().getName());
            assertThat(view.getNextDelivery())
                    .as("empty of what is ready")
                    .matches(due -> due.isEmpty() || due.get().isBefore(ZonedDateTime.now()));
        }
        assertThat(listed).hasSize(LEAST_BACKLOG);
    }

    private long ready() throws Exception {
        try (BrokerConnection connection = open.broker().connect(1).get(0);
                BrokerManagement management = new BrokerManagement(connection)) {
            return management.waiting(BrokerQueue.ready(open.queue().getName()));
        }
    }

    /** Asks for a mail when it has done with the one before. */
    private static final class OneByOne extends BaseSubscriber<MailQueueItem> {

        private final List<String> names = new ArrayList<>();
        private final BlockingQueue<MailQueueItem> given = new LinkedBlockingQueue<>();

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            // take() asks
        }

        @Override
        protected void hookOnNext(MailQueueItem item) {
            given.add(item);
        }

        void take(int count) throws Exception {
            for (int mail = 0; mail < count; mail++) {
                request(1);
                MailQueueItem item = given.poll(LONG_ENOUGH.toSeconds(), TimeUnit.SECONDS);
                assertThat(item).as("mail %d of %d", mail, count).isNotNull();
                names.add(item.getMail().getName());
                item.done(CompletionStatus.SUCCESS);
            }
        }
    }
}
