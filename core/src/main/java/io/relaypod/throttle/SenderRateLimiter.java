package io.relaypod.throttle;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Optional;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.relaypod.quota.QuotaUse;
import io.relaypod.quota.RecipientQuota;

/**
 * Limits how many mails each mailbox sends in a sliding window of the rate's length. Mails within the limit are not
 * delayed. The counts are in memory, so a restart loses them. In the first window after the start, mails are evenly
 * spaced, because the previous process may have used the whole limit just before. The counts of the {@value #MAILBOXES}
 * busiest mailboxes are kept. Thread-safe.
 *
 * <pre>{@code
 * SenderRateLimiter limiter = SenderRateLimiter.of(SendingRate.parse("30/m"), clock);
 * if (limiter.tryAcquire("office@example.com")) { ... }
 * }</pre>
 */
public final class SenderRateLimiter {

    private static final int MAILBOXES = 10_000;

    private final Optional<SendingRate> rate;
    private final Clock clock;
    private final Instant start;
    private final Cache<String, SendTimes> mailboxes;
    private final RecipientQuota quota;
    private final Optional<SenderGate> gate;

    private SenderRateLimiter(Optional<SendingRate> rate, Clock clock, Instant start) {
        this(rate, clock, start, RecipientQuota.unlimited(), Optional.empty());
    }

    private SenderRateLimiter(
            Optional<SendingRate> rate, Clock clock, Instant start, RecipientQuota quota, Optional<SenderGate> gate) {
        this.quota = quota;
        this.gate = gate;
        this.rate = rate;
        this.clock = clock;
        this.start = start;
        this.mailboxes = Caffeine.newBuilder()
                .maximumSize(MAILBOXES)
                .expireAfterAccess(rate.map(SendingRate::per).orElse(Duration.ZERO))
                .ticker(() -> Duration.between(Instant.EPOCH, clock.instant()).toNanos())
                .build();
    }

    public static SenderRateLimiter of(SendingRate rate, Clock clock) {
        return new SenderRateLimiter(Optional.of(rate), clock, clock.instant());
    }

    /** As {@link #of}, without the spacing in the first window: for a limit that a restart may reset. */
    public static SenderRateLimiter withoutSpacing(SendingRate rate, Clock clock) {
        return new SenderRateLimiter(Optional.of(rate), clock, Instant.EPOCH);
    }

    /** A limiter without a limit. */
    public static SenderRateLimiter unlimited() {
        return new SenderRateLimiter(Optional.empty(), Clock.systemUTC(), Instant.EPOCH);
    }

    /** The same limiter for mails that also need room in the quota. */
    public SenderRateLimiter within(RecipientQuota other) {
        return new SenderRateLimiter(rate, clock, start, other, gate);
    }

    /** The daily quota of recipients. */
    public RecipientQuota quota() {
        return quota;
    }

    /** The same limiter for mails that also need a place of the gate. */
    public SenderRateLimiter behind(SenderGate other) {
        return new SenderRateLimiter(rate, clock, start, quota, Optional.of(other));
    }

    /** Whether a mail may have to wait. */
    public boolean isLimited() {
        return rate.isPresent() || gate.isPresent() || quota.isLimited();
    }

    /** Takes a slot of the mailbox and room in the quota for one mail, or neither of them. */
    public boolean tryAcquire(QuotaUse use) {
        if (quota.tryTake(use).isPresent()) {
            return false;
        }
        if (!tryAcquire(use.mailbox())) {
            quota.giveBack(use);
            return false;
        }
        return true;
    }

    /**
     * Returns how long a mail waits for its slot and for room in the quota if no other mail takes them.
     *
     * @param use with the recipients of the mails before it
     * @param before number of mails of the mailbox that wait before it
     */
    public Duration waitingTime(QuotaUse use, long before) {
        Duration forSlot = waitingTime(use.mailbox(), before);
        Duration forRoom = quota.waitingTime(use);
        return forSlot.compareTo(forRoom) > 0 ? forSlot : forRoom;
    }

    /** Takes a slot of the mailbox for one mail; false if the limit is reached. */
    public boolean tryAcquire(String mailbox) {
        boolean isInTime = rate.isEmpty()
                || sent(mailbox)
                        .waitingTime(0, clock.instant(), start, rate.get())
                        .isZero();
        if (!isInTime || (gate.isPresent() && !gate.get().tryPass(mailbox))) {
            return false;
        }
        // Another mail may have taken the slot meanwhile.
        boolean isTaken = rate.isEmpty() || sent(mailbox).tryAdd(clock.instant(), start, rate.get());
        if (!isTaken) {
            gate.ifPresent(here -> here.release(mailbox));
        }
        return isTaken;
    }

    /**
     * As {@link #tryAcquire(String)} for one more message of a mail that has a place of the gate; it needs no other.
     */
    public boolean tryAcquireFurther(String mailbox) {
        boolean isTaken = tryAcquire(mailbox);
        if (isTaken) {
            gate.ifPresent(here -> here.release(mailbox));
        }
        return isTaken;
    }

    /**
     * Returns how long a mail waits for its slot if no other mail takes one.
     *
     * @param before number of mails of the mailbox that wait before it
     */
    public Duration waitingTime(String mailbox, long before) {
        Duration bySlot =
                rate.isEmpty() ? Duration.ZERO : sent(mailbox).waitingTime(before, clock.instant(), start, rate.get());
        Duration byPlace = gate.map(here -> here.waitingTime(mailbox)).orElse(Duration.ZERO);
        return bySlot.compareTo(byPlace) > 0 ? bySlot : byPlace;
    }

    private SendTimes sent(String mailbox) {
        return mailboxes.get(mailbox, any -> new SendTimes());
    }

    /** Times of the mails that a mailbox sent in the current window, oldest first. */
    private static final class SendTimes {

        private final Deque<Instant> times = new ArrayDeque<>();

        synchronized boolean tryAdd(Instant now, Instant start, SendingRate rate) {
            return waitingTime(0, now, start, rate).isZero() && times.add(now);
        }

        synchronized Duration waitingTime(long before, Instant now, Instant start, SendingRate rate) {
            forget(now, rate);
            Duration untilRoom = untilRoom(before, now, rate);
            Instant evenly = start.plus(rate.per()
                    .multipliedBy(Math.min(times.size() + before, rate.mails()))
                    .dividedBy(rate.mails()));
            boolean isFirstWindow = now.isBefore(start.plus(rate.per()));
            return isFirstWindow && evenly.isAfter(now.plus(untilRoom)) ? Duration.between(now, evenly) : untilRoom;
        }

        /** A mail frees its slot when it leaves the window. */
        private Duration untilRoom(long before, Instant now, SendingRate rate) {
            long free = (long) rate.mails() - times.size();
            if (before < free) {
                return Duration.ZERO;
            }
            long windows = (before - free) / rate.mails();
            Instant makesRoom = at((int) ((before - free) % rate.mails())).orElse(now);
            return Duration.between(now, makesRoom).plus(rate.per().multipliedBy(windows + 1));
        }

        private Optional<Instant> at(int index) {
            Iterator<Instant> oldest = times.iterator();
            for (int i = 0; i < index && oldest.hasNext(); i++) {
                oldest.next();
            }
            return oldest.hasNext() ? Optional.of(oldest.next()) : Optional.empty();
        }

        private void forget(Instant now, SendingRate rate) {
            Instant over = now.minus(rate.per());
            while (!times.isEmpty() && !times.peekFirst().isAfter(over)) {
                times.removeFirst();
            }
        }
    }
}
