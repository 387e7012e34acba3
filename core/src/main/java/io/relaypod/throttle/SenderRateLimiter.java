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

/**
 * Which mailbox may send now: in any stretch of time of the rate's length it sends no more than the rate's mails, the
 * first of them as fast as they come. What it remembers it forgets when that stretch is over, and with the process: so
 * in the first stretch the mails go evenly spaced, as another process may have let as many go just before. Of more
 * mailboxes than can be remembered the least busy are forgotten earlier. Thread-safe.
 *
 * <pre>{@code
 * SenderRateLimiter pace = SenderRateLimiter.of(SendingRate.parse("30/m"), clock);
 * if (pace.tryTake("office@example.com")) { ... }
 * }</pre>
 */
public final class SenderRateLimiter {

    private static final int MAILBOXES = 10_000;

    private final Optional<SendingRate> rate;
    private final Clock clock;
    private final Instant start;
    private final Cache<String, Sent> mailboxes;

    private SenderRateLimiter(Optional<SendingRate> rate, Clock clock, Instant start) {
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

    /**
     * The same, but the mails of the first stretch go as fast as they come: for a limit that no other process shares.
     */
    public static SenderRateLimiter fromTheFirst(SendingRate rate, Clock clock) {
        return new SenderRateLimiter(Optional.of(rate), clock, Instant.EPOCH);
    }

    /** Every mailbox may always send. */
    public static SenderRateLimiter unlimited() {
        return new SenderRateLimiter(Optional.empty(), Clock.systemUTC(), Instant.EPOCH);
    }

    public boolean isLimited() {
        return rate.isPresent();
    }

    /** Says whether the mailbox may send a mail now; if so, that mail is counted. */
    public boolean tryTake(String mailbox) {
        return rate.isEmpty() || sent(mailbox).tryAdd(clock.instant(), start, rate.get());
    }

    /**
     * How long a mail has to wait, if nothing comes between.
     *
     * @param before how many mails of that mailbox wait before it
     */
    public Duration untilTurn(String mailbox, long before) {
        return rate.isEmpty() ? Duration.ZERO : sent(mailbox).untilTurn(before, clock.instant(), start, rate.get());
    }

    private Sent sent(String mailbox) {
        return mailboxes.get(mailbox, any -> new Sent());
    }

    /** When a mailbox sent its last mails. */
    private static final class Sent {

        private final Deque<Instant> times = new ArrayDeque<>();

        synchronized boolean tryAdd(Instant now, Instant start, SendingRate rate) {
            return untilTurn(0, now, start, rate).isZero() && times.add(now);
        }

        synchronized Duration untilTurn(long before, Instant now, Instant start, SendingRate rate) {
            forget(now, rate);
            Duration untilRoom = untilRoom(before, now, rate);
            Instant evenly = start.plus(rate.per()
                    .multipliedBy(Math.min(times.size() + before, rate.mails()))
                    .dividedBy(rate.mails()));
            boolean isFirstStretch = now.isBefore(start.plus(rate.per()));
            return isFirstStretch && evenly.isAfter(now.plus(untilRoom)) ? Duration.between(now, evenly) : untilRoom;
        }

        /** Each mail of a stretch makes room for one in the next. */
        private Duration untilRoom(long before, Instant now, SendingRate rate) {
            long free = rate.mails() - times.size();
            if (before < free) {
                return Duration.ZERO;
            }
            long stretches = (before - free) / rate.mails();
            Instant makesRoom = at((int) ((before - free) % rate.mails())).orElse(now);
            return Duration.between(now, makesRoom).plus(rate.per().multipliedBy(stretches + 1));
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
