package io.relaypod.server.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

import io.relaypod.gateway.RateLimitedMailQueue;
import io.relaypod.gateway.WaitReason;
import io.relaypod.quota.QuotaUse;
import io.relaypod.server.queue.broker.BrokerConnection;
import io.relaypod.server.queue.broker.BrokerManagement;
import io.relaypod.throttle.SenderRateLimiter;
import io.relaypod.throttle.SendingRate;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.queue.api.ManageableMailQueue.MailQueueItemView;
import org.apache.james.queue.api.ManageableMailQueue.Type;
import org.apache.james.transport.mailets.remote.delivery.DeliveryRetriesHelper;
import org.apache.mailet.Mail;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

class PacedQueueTest {

    private static final String OFFICE = "office@example.com";
    private static final String SALES = "sales@example.com";
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    @TempDir
    private Path dataDir;

    private final ManualClock clock = new ManualClock();
    private final List<Mail> given = new CopyOnWriteArrayList<>();
    private SenderRateLimiter pace;
    private OpenQueue open;
    private ArtemisMailQueue queue;
    private Disposable subscription = Flux.never().subscribe();

    @BeforeEach
    void open() {
        open(SenderRateLimiter.of(SendingRate.parse("2/m"), clock));
        // Behind the first stretch, in which mails go evenly spaced.
        clock.now = NOON;
    }

    private void open(SenderRateLimiter anyPace) {
        pace = anyPace;
        open = OpenQueue.outgoing(dataDir, pace, clock);
        queue = open.queue();
    }

    @AfterEach
    void close() {
        subscription.dispose();
        open.close();
    }

    @Test
    void mailsOfALineAreGivenInTheirOrderWhenTheirMailboxMaySend() throws Exception {
        use(OFFICE, 2);
        join(OFFICE, "1", "2", "3");
        dequeue();
        assertThat(queue.hasWaiting(OFFICE)).isTrue();

        stays(List.of());
        clock.now = NOON.plusSeconds(60);
        stays(List.of("1", "2"));
        clock.now = NOON.plusSeconds(119);
        stays(List.of("1", "2"));
        clock.now = NOON.plusSeconds(120);
        stays(List.of("1", "2", "3"));
        Awaitility.await().until(() -> !queue.hasWaiting(OFFICE));
    }

    @Test
    void aMailThatLeftItsLineSaysThatItWasCounted() throws Exception {
        join(OFFICE, "1");
        queue.enQueue(OpenQueue.mail("2", "Subject: 2\r\n\r\n"));
        dequeue();

        Awaitility.await().until(() -> given.size() == 2);
        assertThat(given)
                .allSatisfy(mail -> assertThat(
                                mail.getAttribute(RateLimitedMailQueue.SLOT).isPresent())
                        .isEqualTo(mail.getName().equals("1")));
        assertThat(pace.tryAcquire(OFFICE)).isTrue();
        assertThat(pace.tryAcquire(OFFICE))
                .as("two in a minute, and one was given")
                .isFalse();
    }

    @Test
    void oneMailboxDoesNotHoldUpAnother() throws Exception {
        use(OFFICE, 2);
        join(OFFICE, "1", "2");
        join(SALES, "3");
        dequeue();

        stays(List.of("3"));
    }

    @Test
    void theListingTellsWhyEachWaits() throws Exception {
        use(OFFICE, 2);
        join(OFFICE, "1");
        Mail failed = OpenQueue.mail("2", "Subject: 2\r\n\r\n1234");
        failed.setState(Mail.ERROR);
        failed.setErrorMessage("451 4.3.5 smtp2graph\r\nis down");
        failed.setLastUpdated(Date.from(NOON.minusSeconds(60)));
        DeliveryRetriesHelper.initRetries(failed);
        DeliveryRetriesHelper.incrementRetries(failed);
        queue.enQueue(failed, Duration.ofHours(1));
        Mail large = OpenQueue.mail("3", "Subject: 3\r\n\r\n" + "x".repeat(200_000));
        WaitReason.write(large, WaitReason.BYTES_IN_FLIGHT);
        queue.enQueue(large, Duration.ofSeconds(5));
        queue.enQueue(OpenQueue.mail("4", "Subject: 4\r\n\r\n"));

        assertThat(listed())
                .hasSize(4)
                .allSatisfy(view -> assertThat(view.size()).isPresent());
        assertThat(wait("1").cause()).isEqualTo("rate-limit");
        assertThat(wait("1").mailbox()).hasValue(OFFICE);
        assertThat(wait("2"))
                .isEqualTo(new QueueWait(
                        "retry",
                        Optional.empty(),
                        1,
                        Optional.of(NOON.minusSeconds(60)),
                        "451 4.3.5 smtp2graph  is down"));
        assertThat(wait("3").cause()).isEqualTo("bytes-in-flight");
        assertThat(wait("4").cause()).isEqualTo("connection");
        assertThat(view("2").size()).hasValue("Subject: 2\r\n\r\n1234".length());
        assertThat(view("3").size()).hasValue("Subject: 3\r\n\r\n".length() + 200_000);

        clock.now = NOON.plus(Duration.ofHours(1));
        assertThat(wait("2").cause()).isEqualTo("turn");
    }

    private List<QueuedMailView> listed() throws MailQueueException {
        List<QueuedMailView> listed = new ArrayList<>();
        queue.browse().forEachRemaining(view -> listed.add((QueuedMailView) view));
        return listed;
    }

    private QueuedMailView view(String name) throws MailQueueException {
        return listed().stream()
                .filter(view -> view.mail().getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private QueueWait wait(String name) throws MailQueueException {
        return view(name).waits();
    }

    @Test
    void aRetryOfOneMailMakesItAndItsCopiesReadyAndNoOther() throws Exception {
        use(OFFICE, 2);
        for (String name : List.of("Mail_1", "Mail_1-2", "MailX1", "Mail_10")) {
            queue.enQueue(OpenQueue.mail(name, "Subject: x\r\n\r\n"), Duration.ofHours(1));
        }
        join(OFFICE, "Mail_1-3");

        assertThat(queue.retry("Mail_1")).isEqualTo(new RetryResult(2, 1));
        assertThat(queue.retry("Mail_")).isEqualTo(new RetryResult(0, 0));
        assertThat(queue.retry("' OR 1 = 1 OR ' = '")).isEqualTo(new RetryResult(0, 0));

        dequeue();
        stays(List.of("Mail_1", "Mail_1-2"));
        assertThat(listed())
                .extracting(view -> view.mail().getName())
                .containsExactlyInAnyOrder("MailX1", "Mail_10", "Mail_1-3");
    }

    @Test
    void theListingForetellsWhenEachIsSent() throws Exception {
        use(OFFICE, 2);
        join(OFFICE, "1", "2", "3");

        List<MailQueueItemView> listed = new ArrayList<>();
        queue.browse().forEachRemaining(listed::add);
        assertThat(listed).extracting(view -> view.getMail().getName()).containsExactly("1", "2", "3");
        assertThat(listed)
                .extracting(view -> view.getNextDelivery().orElseThrow().toInstant())
                .containsExactly(NOON.plusSeconds(60), NOON.plusSeconds(60), NOON.plusSeconds(120));
        assertThat(queue.getSize()).isEqualTo(3);
    }

    @Test
    void whatWaitsForItsTurnIsNotOldHoweverLongThatTakes() throws Exception {
        use(OFFICE, 2);
        String received = "Mail" + NOON.minusSeconds(3_600).toEpochMilli();
        join(OFFICE, received + "-first", received + "-second", received + "-third");
        use(SALES, 2);
        join(SALES, received + "-fourth");
        assertThat(queue.perSenderBacklog()).isEqualTo(new PerSenderBacklog(4, Duration.ofSeconds(120)));
        assertThat(queue.oldest()).isEmpty();

        Instant justNow = NOON.minusSeconds(5);
        queue.enQueue(
                OpenQueue.mail("Mail" + justNow.toEpochMilli() + "-tried", "Subject: tried\r\n\r\n"),
                Duration.ofHours(1));
        assertThat(queue.oldest()).as("what waits for its next try").contains(justNow);
        queue.enQueue(OpenQueue.mail(received + "-ready", "Subject: ready\r\n\r\n"));
        assertThat(queue.oldest()).as("what is ready").contains(NOON.minusSeconds(3_600));
    }

    @Test
    void aLineCanBeCleanedLikeAnyOtherPartOfTheQueue() throws Exception {
        use(OFFICE, 2);
        join(OFFICE, "1", "2", "3");
        dequeue();

        assertThat(queue.remove(Type.Name, "2")).isEqualTo(1);
        clock.now = NOON.plusSeconds(60);
        stays(List.of("1", "3"));
    }

    @Test
    void whoeverIsImpatientDoesNotChangeThePace() throws Exception {
        use(OFFICE, 2);
        join(OFFICE, "1");
        queue.enQueue(OpenQueue.mail("later", "Subject: 2\r\n\r\n"), Duration.ofHours(1));
        dequeue();

        assertThat(queue.flush()).isEqualTo(1);
        stays(List.of("later"));
    }

    @Test
    void aLineSurvivesARestart() throws Exception {
        use(OFFICE, 2);
        join(OFFICE, "1", "2", "3");
        close();
        open(SenderRateLimiter.of(SendingRate.parse("2/m"), clock));

        Awaitility.await().until(() -> queue.hasWaiting(OFFICE));
        dequeue();
        stays(List.of("1"));
        clock.now = NOON.plusSeconds(30);
        stays(List.of("1", "2"));
    }

    @Test
    void whenThereIsNoRateAnyMoreWhatWaitedIsGiven() throws Exception {
        use(OFFICE, 2);
        join(OFFICE, "1", "2", "3");
        close();
        open(SenderRateLimiter.unlimited());
        dequeue();

        stays(List.of("1", "2", "3"));
    }

    @Test
    void moreMailboxesThanThereAreLinesForShareOne() throws Exception {
        for (int i = 0; i < 203; i++) {
            use("m" + i + "@example.com", 2);
            join("m" + i + "@example.com", Integer.toString(i));
        }

        assertThat(queue.getSize()).isEqualTo(203);
        assertThat(queue.hasWaiting("m0@example.com")).isTrue();
        assertThat(queue.hasWaiting("m202@example.com")).isTrue();
        dequeue();
        stays(List.of());
        clock.now = NOON.plusSeconds(60);
        Awaitility.await().atMost(OpenQueue.LONG_ENOUGH).until(() -> given.size() == 203);
        assertThat(pace.tryAcquire("m202@example.com")).isTrue();
        assertThat(pace.tryAcquire("m202@example.com"))
                .as("two in a minute, and one was given")
                .isFalse();
    }

    @Test
    void nobodyIsHeldUpInTheLineThatMailboxesShare() throws Exception {
        for (int i = 0; i < 200; i++) {
            use("m" + i + "@example.com", 2);
            join("m" + i + "@example.com", Integer.toString(i));
        }
        use(OFFICE, 2);
        join(OFFICE, "office1", "office2", "office3");
        join(SALES, "sales1");
        join("other@example.com", "other1");
        dequeue();

        stays(List.of("sales1", "other1"));
        assertThat(queue.hasWaiting(OFFICE)).isTrue();
        clock.now = NOON.plusSeconds(60);
        Awaitility.await()
                .atMost(OpenQueue.LONG_ENOUGH)
                .until(() -> given.stream().map(Mail::getName).toList().containsAll(List.of("office1", "office2")));
        assertThat(queue.remove(Type.Name, "office3")).isEqualTo(1);
    }

    @Test
    void aLineThatIsEmptyMakesRoomForAnothers() throws Exception {
        for (int round = 0; round < 3; round++) {
            use(OFFICE, 2);
            join(OFFICE, "office" + round);
            assertThat(lines()).containsExactly(OFFICE);
            clock.now = clock.now.plusSeconds(60);
            Awaitility.await().atMost(OpenQueue.LONG_ENOUGH).until(() -> lines().isEmpty());
            assertThat(queue.hasWaiting(OFFICE)).isFalse();
            clock.now = clock.now.plusSeconds(60);
        }
        dequeue();
        stays(List.of("office0", "office1", "office2"));
    }

    @Test
    void nothingIsLostWhileLinesComeAndGo() throws Exception {
        close();
        open(SenderRateLimiter.of(SendingRate.parse("1000/s"), Clock.systemUTC()));
        dequeue();
        List<Thread> senders = new ArrayList<>();
        for (int sender = 0; sender < 4; sender++) {
            String name = "sender" + sender;
            senders.add(new Thread(() -> {
                for (int mail = 0; mail < 100; mail++) {
                    joinUnchecked(OFFICE, name + "-" + mail);
                }
            }));
        }
        senders.forEach(Thread::start);
        for (Thread sender : senders) {
            sender.join();
        }
        // They are promoted some at a time, so that takes seconds on an idle machine.
        Awaitility.await().atMost(OpenQueue.LONG_ENOUGH.multipliedBy(4)).until(() -> given.size() == 400);
    }

    private List<String> lines() throws Exception {
        try (BrokerConnection connection = open.broker().connect(1).get(0);
                BrokerManagement management = new BrokerManagement(connection)) {
            return management.queues().stream()
                    .flatMap(found -> found.mailbox().stream())
                    .toList();
        }
    }

    private void joinUnchecked(String mailbox, String name) {
        try {
            join(mailbox, name);
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }

    private void use(String mailbox, int mails) {
        for (int i = 0; i < mails; i++) {
            assertThat(pace.tryAcquire(mailbox)).isTrue();
        }
    }

    private void join(String mailbox, String... names) throws Exception {
        for (String name : names) {
            queue.enQueueForSender(QuotaUse.ofOne(mailbox), OpenQueue.mail(name, "Subject: " + name + "\r\n\r\n"));
        }
    }

    private void dequeue() {
        subscription = open.dequeueInto(given);
    }

    /** These are given, and no more while the queue has looked a few times. */
    private void stays(List<String> names) {
        Awaitility.await().atMost(OpenQueue.LONG_ENOUGH).until(() -> given.size() >= names.size());
        Awaitility.await()
                .during(Duration.ofMillis(500))
                .atMost(OpenQueue.LONG_ENOUGH)
                .until(() -> given.stream().map(Mail::getName).toList().equals(names));
    }

    private static final class ManualClock extends Clock {

        private volatile Instant now = NOON.minusSeconds(60);

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
