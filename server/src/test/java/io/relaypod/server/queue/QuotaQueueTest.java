package io.relaypod.server.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import io.relaypod.address.DomainSet;
import io.relaypod.gateway.RateLimitedMailQueue;
import io.relaypod.quota.QuotaUse;
import io.relaypod.quota.RecipientQuota;
import io.relaypod.throttle.SenderRateLimiter;
import io.relaypod.throttle.SendingRate;
import org.apache.james.queue.api.ManageableMailQueue.MailQueueItemView;
import org.apache.mailet.Mail;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.threeten.extra.MutableClock;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** Mails beyond a daily quota of recipients, in the queue. */
class QuotaQueueTest {

    private static final String OFFICE = "office@ours.example";
    private static final String SALES = "sales@ours.example";
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
    private static final Duration DAY = Duration.ofDays(1).plusMinutes(15);

    @TempDir
    private Path dataDir;

    private final MutableClock clock = MutableClock.of(NOON, ZoneOffset.UTC);
    private final List<Mail> given = new CopyOnWriteArrayList<>();
    private SenderRateLimiter limiter;
    private OpenQueue open;
    private ArtemisMailQueue queue;
    private Disposable subscription = Flux.never().subscribe();

    private void open(int perMailbox, int tenant) {
        open(SenderRateLimiter.unlimited().within(new RecipientQuota(perMailbox, tenant, DomainSet.empty(), clock)));
    }

    private void open(SenderRateLimiter any) {
        limiter = any;
        open = OpenQueue.outgoing(dataDir, limiter, clock);
        queue = open.queue();
    }

    @AfterEach
    void close() {
        subscription.dispose();
        open.close();
    }

    @Test
    void mailsBeyondTheQuotaOfAMailboxGoInTheirOrderAsTheDaySlides() throws Exception {
        open(100, 0);
        limiter.quota().tryTake(new QuotaUse(OFFICE, 50, 0));
        clock.setInstant(NOON.plus(Duration.ofHours(1)));
        limiter.quota().tryTake(new QuotaUse(OFFICE, 50, 0));
        forSender(new QuotaUse(OFFICE, 40, 0), "1");
        forSender(new QuotaUse(OFFICE, 20, 0), "2");
        forSender(new QuotaUse(SALES, 1, 0), "3");
        dequeue();

        stays("3");
        clock.setInstant(NOON.plus(DAY));
        stays("3", "1");
        assertThat(limiter.quota().tryTake(new QuotaUse(OFFICE, 11, 0))).isPresent();
        clock.setInstant(NOON.plus(DAY).plus(Duration.ofHours(1)));
        stays("3", "1", "2");
        assertThat(given)
                .allSatisfy(mail -> assertThat(
                                mail.getAttribute(RateLimitedMailQueue.SLOT).isPresent())
                        .isTrue());
    }

    @Test
    void mailsBeyondTheTenantsQuotaGoInTheirOrderWhateverTheirMailbox() throws Exception {
        open(0, 10);
        limiter.quota().tryTake(new QuotaUse(SALES, 10, 10));
        forTenant(new QuotaUse(OFFICE, 8, 8), "1");
        forTenant(new QuotaUse(SALES, 1, 1), "2");
        forTenant(new QuotaUse(OFFICE, 8, 2), "3");
        assertThat(queue.hasWaitingForTenant()).isTrue();
        dequeue();

        stays();
        clock.setInstant(NOON.plus(DAY));
        stays("1", "2");
        clock.add(DAY);
        stays("1", "2", "3");
        Awaitility.await().until(() -> !queue.hasWaitingForTenant());
    }

    @Test
    void aMailBeyondTheTenantsQuotaLeavesTheQueueOfItsMailboxSoThatThoseBehindItGo() throws Exception {
        open(0, 10);
        limiter.quota().tryTake(new QuotaUse(SALES, 10, 10));
        forSender(new QuotaUse(OFFICE, 1, 1), "external");
        forSender(new QuotaUse(OFFICE, 1, 0), "internal");
        dequeue();

        Awaitility.await().until(() -> given.size() == 2);
        assertThat(given)
                .allSatisfy(mail -> assertThat(
                                mail.getAttribute(RateLimitedMailQueue.SLOT).isPresent())
                        .isEqualTo(mail.getName().equals("internal")));
    }

    @Test
    void aMailNeedsASlotOfItsMailboxToo() throws Exception {
        SenderRateLimiter rate = SenderRateLimiter.of(SendingRate.parse("1/h"), clock);
        clock.setInstant(NOON.plus(Duration.ofHours(2)));
        open(rate.within(new RecipientQuota(100, 10, DomainSet.empty(), clock)));
        assertThat(limiter.tryAcquire(OFFICE)).isTrue();
        forTenant(new QuotaUse(OFFICE, 1, 1), "office");
        forTenant(new QuotaUse(SALES, 1, 1), "sales");
        dequeue();

        stays("sales");
        assertThat(limiter.quota().states().get(1).used())
                .as("a mail without a slot takes no room")
                .isEqualTo(1);
        clock.add(Duration.ofHours(1));
        stays("sales", "office");
    }

    @Test
    void theListingForetellsWhenAMailGoesAndARestartLosesNone() throws Exception {
        open(100, 0);
        limiter.quota().tryTake(new QuotaUse(OFFICE, 60, 0));
        clock.setInstant(NOON.plus(Duration.ofHours(1)));
        limiter.quota().tryTake(new QuotaUse(OFFICE, 40, 0));
        forSender(new QuotaUse(OFFICE, 60, 0), "1");
        forSender(new QuotaUse(OFFICE, 10, 0), "2");
        RecipientQuota counted = limiter.quota();
        open.close();
        open(SenderRateLimiter.unlimited().within(counted));

        List<MailQueueItemView> listed = new ArrayList<>();
        queue.browse().forEachRemaining(listed::add);
        assertThat(listed)
                .extracting(view -> view.getNextDelivery().orElseThrow().toInstant())
                .containsExactly(NOON.plus(DAY), NOON.plus(DAY).plus(Duration.ofHours(1)));
        assertThat(listed)
                .allSatisfy(view ->
                        assertThat(((QueuedMailView) view).waits().cause()).isEqualTo("quota-mailbox"));
        assertThat(queue.perSenderBacklog().mails()).isEqualTo(2);
    }

    private void forSender(QuotaUse use, String name) throws Exception {
        queue.enQueueForSender(use, OpenQueue.mail(name, "Subject: " + name + "\r\n\r\n"));
    }

    private void forTenant(QuotaUse use, String name) throws Exception {
        queue.enQueueForTenant(use, OpenQueue.mail(name, "Subject: " + name + "\r\n\r\n"));
    }

    private void dequeue() {
        subscription = open.dequeueInto(given);
    }

    /** These are given, and no more while the queue has polled a few times. */
    private void stays(String... names) {
        Awaitility.await()
                .untilAsserted(() -> assertThat(given).extracting(Mail::getName).containsExactly(names));
        Awaitility.await()
                .during(Duration.ofMillis(350))
                .atMost(OpenQueue.LONG_ENOUGH)
                .untilAsserted(() -> assertThat(given).extracting(Mail::getName).containsExactly(names));
    }
}
