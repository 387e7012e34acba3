package io.relaypod.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

import io.relaypod.address.DomainSet;
import org.junit.jupiter.api.Test;
import org.threeten.extra.MutableClock;

class RecipientQuotaTest {

    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
    private static final String OFFICE = "office@ours.example";

    private final MutableClock clock = MutableClock.of(NOON, ZoneOffset.UTC);

    private RecipientQuota quota(int perMailbox, int tenant) {
        return new RecipientQuota(perMailbox, tenant, DomainSet.parse(List.of("ours.example", ".big.example")), clock);
    }

    private static QuotaUse office(int recipients) {
        return new QuotaUse(OFFICE, recipients, 0);
    }

    @Test
    void aMailboxSendsUpToItsLimitInAnyDayAndAnotherMailboxIsNotAffected() {
        RecipientQuota quota = quota(100, 0);
        assertThat(quota.tryTake(office(60))).isEmpty();
        clock.setInstant(NOON.plus(Duration.ofHours(10)));
        assertThat(quota.tryTake(office(40))).isEmpty();
        assertThat(quota.tryTake(office(1))).contains(QuotaKind.MAILBOX);
        assertThat(quota.tryTake(QuotaUse.ofOne("sales@ours.example"))).isEmpty();

        assertThat(quota.waitingTime(office(1))).isEqualTo(Duration.ofHours(14).plus(SlidingDay.QUARTER));
        assertThat(quota.waitingTime(office(61))).isEqualTo(Duration.ofHours(24).plus(SlidingDay.QUARTER));
        clock.add(quota.waitingTime(office(60)));
        assertThat(quota.tryTake(office(60))).isEmpty();
        assertThat(quota.tryTake(office(1))).contains(QuotaKind.MAILBOX);
    }

    @Test
    void whatWasNotDeliveredIsGivenBack() {
        RecipientQuota quota = quota(100, 10);
        QuotaUse use = new QuotaUse(OFFICE, 100, 10);
        quota.tryTake(use);
        assertThat(quota.reached(office(1))).contains(QuotaKind.MAILBOX);
        quota.giveBack(use);

        assertThat(quota.tryTake(use)).isEmpty();
        quota.giveBack(new QuotaUse(OFFICE, 1_000_000, 1_000_000));
        quota.giveBack(new QuotaUse("nobody@ours.example", 1, 1));
        assertThat(quota.states()).allSatisfy(state -> assertThat(state.used()).isZero());
    }

    @Test
    void theTenantsBoundCountsRecipientsOutsideOfItsDomainsOfAllMailboxes() {
        RecipientQuota quota = quota(0, 3);
        QuotaUse mixed = quota.use(OFFICE, List.of("ours.example", "OURS.example", "x.big.example", "gmail.com"));
        assertThat(mixed).isEqualTo(new QuotaUse(OFFICE, 4, 1));
        assertThat(quota.use(OFFICE, List.of("sub.ours.example", "not a domain", ""))
                        .external())
                .isEqualTo(3);

        IntStream.range(0, 3).forEach(any -> assertThat(quota.tryTake(mixed)).isEmpty());
        assertThat(quota.tryTake(new QuotaUse("sales@ours.example", 1, 1))).contains(QuotaKind.TENANT);
        assertThat(quota.tryTake(new QuotaUse("sales@ours.example", 50, 0))).isEmpty();
    }

    @Test
    void aMessageWithMoreRecipientsThanTheLimitIsSentWhenNothingIsCounted() {
        RecipientQuota quota = quota(10, 0);
        assertThat(quota.tryTake(office(100))).isEmpty();
        assertThat(quota.tryTake(office(100))).contains(QuotaKind.MAILBOX);
        clock.add(quota.waitingTime(office(100)));
        assertThat(quota.tryTake(office(100))).isEmpty();
    }

    @Test
    void noWindowOfADayHasMoreThanTheLimit() {
        Random random = new Random(7);
        RecipientQuota quota = quota(1_000, 0);
        Deque<long[]> sent = new ArrayDeque<>();
        for (int i = 0; i < 20_000; i++) {
            clock.add(Duration.ofSeconds(random.nextInt(120)));
            int recipients = 1 + random.nextInt(20);
            if (quota.tryTake(office(recipients)).isEmpty()) {
                sent.add(new long[] {clock.instant().getEpochSecond(), recipients});
            } else {
                Duration wait = quota.waitingTime(office(recipients));
                assertThat(wait).isPositive();
            }
            while (!sent.isEmpty() && sent.peek()[0] <= clock.instant().getEpochSecond() - 86_400) {
                sent.remove();
            }
            assertThat(sent.stream().mapToLong(one -> one[1]).sum()).isLessThanOrEqualTo(1_000);
        }
    }

    @Test
    void countsSurviveARestart() {
        RecipientQuota quota = quota(100, 100);
        quota.tryTake(new QuotaUse(OFFICE, 60, 7));
        clock.setInstant(NOON.plus(Duration.ofHours(5)));
        quota.tryTake(new QuotaUse(OFFICE, 40, 3));

        RecipientQuota next = quota(100, 100);
        quota.counts().forEach(next::restore);
        assertThat(next.states()).isEqualTo(quota.states());
        assertThat(next.waitingTime(office(50))).isEqualTo(quota.waitingTime(office(50)));
        assertThat(next.tryTake(office(1))).contains(QuotaKind.MAILBOX);
    }

    @Test
    void aClockThatWasAheadDoesNotBlockAMailboxForLongerThanADay() {
        RecipientQuota quota = quota(100, 0);
        clock.setInstant(NOON.plus(Duration.ofDays(400)));
        quota.tryTake(office(100));
        clock.setInstant(NOON);

        assertThat(quota.tryTake(office(1))).contains(QuotaKind.MAILBOX);
        assertThat(quota.waitingTime(office(1))).isLessThanOrEqualTo(Duration.ofHours(25));
        clock.add(quota.waitingTime(office(1)));
        assertThat(quota.tryTake(office(1))).isEmpty();
    }

    @Test
    void manyMailboxesTakeBoundedMemoryAndTheBusiestKeepTheirCounts() {
        RecipientQuota quota = quota(100, 0);
        quota.tryTake(office(99));
        IntStream.range(0, 50_000).forEach(number -> quota.tryTake(QuotaUse.ofOne("m" + number + "@ours.example")));

        assertThat(quota.counts()).hasSizeLessThanOrEqualTo(RecipientQuota.MAILBOXES);
        assertThat(quota.tryTake(office(2))).contains(QuotaKind.MAILBOX);
    }

    @Test
    void theForecastSaysWhenTheLimitIsReachedAtThePaceOfTheLastHour() {
        RecipientQuota quota = quota(1_000, 0);
        assertThat(quota.states()).singleElement().satisfies(state -> {
            assertThat(state.used()).isZero();
            assertThat(state.reachedIn()).isEmpty();
            assertThat(state.mailbox()).isEmpty();
        });
        quota.tryTake(office(100));
        quota.tryTake(QuotaUse.ofOne("sales@ours.example"));

        assertThat(quota.states())
                .containsExactly(new QuotaState(
                        QuotaKind.MAILBOX, 100, 1_000, Optional.of(OFFICE), Optional.of(Duration.ofHours(9))));
        clock.setInstant(NOON.plus(Duration.ofHours(3)));
        assertThat(quota.states().get(0).reachedIn()).isEmpty();
    }

    @Test
    void withoutALimitNothingIsCounted() {
        RecipientQuota quota = RecipientQuota.unlimited();
        assertThat(quota.isLimited()).isFalse();
        assertThat(quota.tryTake(office(1_000_000))).isEmpty();
        assertThat(quota.counts()).isEmpty();
        assertThat(quota.states()).isEmpty();
    }
}
