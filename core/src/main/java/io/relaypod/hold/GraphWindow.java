package io.relaypod.hold;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import com.google.common.collect.Comparators;
import io.relaypod.graph.GraphCode;

/**
 * Bounds the copies between Mailpit's 250 and Graph's answer, in all and after a failure for each mailbox. A copy whose
 * attempt failed leaves the window, so that other mailboxes go on; its mailbox then has one copy at a time, at growing
 * intervals. A failure that concerns all mailboxes, such as an expired secret, has the same effect on all together.
 * Thread-safe.
 *
 * <p>A mail that leaves its per-sender queue has a promise of a place, which it redeems with {@link #enter}. An unused
 * promise ends after {@link #PROMISE}.
 */
public final class GraphWindow {

    static final Duration PROMISE = Duration.ofSeconds(30);
    // Until a place is free, if the window is only full: Graph answers within a second.
    private static final Duration SOON = Duration.ofMillis(250);
    // A failure may end before its interval does, for example when smtp2graph is started again.
    private static final Duration LOOK_AT_LEAST_EVERY = Duration.ofSeconds(5);
    private static final int MOST_MAILBOXES = 10_000;

    private final int size;
    private final double limit;
    private final Clock clock;
    private final ProbeSchedule all;
    private final Map<String, MailboxWindow> mailboxes = new LinkedHashMap<>(16, 0.75f, true);
    private final List<PromisedPlace> promises = new ArrayList<>();
    private int inFlight;
    private boolean isClosed;

    private record PromisedPlace(MailboxWindow window, Instant until) {}

    /** The state of one mailbox. */
    private final class MailboxWindow {

        private final ProbeSchedule schedule = new ProbeSchedule(size);
        private final AcceptedPace pace = new AcceptedPace(limit);
        private int inFlight;

        void take(Instant now) {
            inFlight++;
            GraphWindow.this.inFlight++;
            all.entered(now);
            schedule.entered(now);
            pace.entered(now);
        }

        void leave() {
            inFlight = Math.max(0, inFlight - 1);
            GraphWindow.this.inFlight = Math.max(0, GraphWindow.this.inFlight - 1);
        }
    }

    /**
     * @param size copies in all
     * @param perMinute messages a minute that a mailbox may send; without a limit, the one of Exchange
     */
    public GraphWindow(int size, Optional<Double> perMinute, Clock clock) {
        this.size = size;
        this.limit = perMinute.orElse(AcceptedPace.EXCHANGE_LIMIT);
        this.clock = clock;
        this.all = new ProbeSchedule(size);
    }

    /** Lets no copy enter while what becomes of it cannot be told, or does so again. */
    public synchronized void setClosed(boolean closed) {
        isClosed = closed;
    }

    /** Promises a place to a mail of the mailbox; false if there is none now. */
    public synchronized boolean tryPass(String mailbox) {
        Instant now = clock.instant();
        MailboxWindow window = window(mailbox, now);
        if (!isOpen(window, now)) {
            return false;
        }
        window.take(now);
        promises.add(new PromisedPlace(window, now.plus(PROMISE)));
        return true;
    }

    /** Ends a promise that no mail will redeem. */
    public synchronized void release(String mailbox) {
        MailboxWindow window = window(mailbox, clock.instant());
        promises.stream()
                .filter(place -> place.window() == window)
                .reduce((earlier, later) -> later)
                .ifPresent(place -> {
                    promises.remove(place);
                    window.leave();
                });
    }

    /** Takes the place that was promised to a mail of the mailbox, or another; false if there is none. */
    public synchronized boolean enter(String mailbox) {
        Instant now = clock.instant();
        MailboxWindow window = window(mailbox, now);
        if (isClosed) {
            return false;
        }
        Optional<PromisedPlace> promised =
                promises.stream().filter(place -> place.window() == window).findFirst();
        if (promised.isPresent()) {
            return promises.remove(promised.get());
        }
        if (!isOpen(window, now)) {
            return false;
        }
        window.take(now);
        return true;
    }

    private boolean isOpen(MailboxWindow window, Instant now) {
        return !isClosed
                && inFlight < size
                && all.isOpen(inFlight, now)
                && window.schedule.isOpen(window.inFlight, now)
                && window.pace.untilNext(now).isZero();
    }

    /** How long the mailbox waits for a place; zero if there is one. */
    public synchronized Duration waitingTime(String mailbox) {
        Instant now = clock.instant();
        MailboxWindow window = window(mailbox, now);
        if (isOpen(window, now)) {
            return Duration.ZERO;
        }
        Duration left = Collections.max(
                List.of(SOON, all.untilOpen(now), window.schedule.untilOpen(now), window.pace.untilNext(now)));
        return Comparators.min(left, LOOK_AT_LEAST_EVERY);
    }

    /** Why a mail of the mailbox waits; empty if it need not wait for a place. */
    public synchronized String reason(String mailbox) {
        Instant now = clock.instant();
        MailboxWindow window = window(mailbox, now);
        if (isClosed) {
            return "smtp2graph's directories cannot be read, or were emptied seconds ago";
        }
        if (all.isFailing()) {
            return "Graph accepts no mail; one at a time is tried";
        }
        if (window.schedule.isFailing()) {
            return "Graph does not accept the mailbox's mail; one at a time is tried";
        }
        if (!window.pace.isAtRest(now)) {
            return "Exchange throttles the mailbox";
        }
        return isOpen(window, now) ? "" : "as many mails as GRAPH_WINDOW allows wait for Graph's answer";
    }

    /** Gives a place back, because the copy was not delivered or its mail is in no queue any more. */
    public synchronized void leave(String mailbox) {
        window(mailbox, clock.instant()).leave();
    }

    /** A copy that had a place, or had failed before, was accepted. */
    public synchronized void accepted(String mailbox, boolean hasPlace) {
        MailboxWindow window = window(mailbox, clock.instant());
        if (hasPlace) {
            window.leave();
        }
        all.accepted();
        window.schedule.accepted();
    }

    /** An attempt failed; a copy that had a place leaves it. */
    public synchronized void failed(String mailbox, GraphCode code, boolean hasPlace) {
        Instant now = clock.instant();
        MailboxWindow window = window(mailbox, now);
        if (hasPlace) {
            window.leave();
        }
        if (code.isPermanent()) {
            return;
        }
        if (code == GraphCode.SECRET_EXPIRED || code == GraphCode.UNREACHABLE) {
            all.failed(now);
        } else {
            window.schedule.failed(now);
        }
        if (code == GraphCode.THROTTLED) {
            window.pace.throttled(now);
        }
    }

    /** Places in use. */
    public synchronized int inFlight() {
        return inFlight;
    }

    /** Number of mailboxes whose last mail Graph did not accept, or that it throttles. */
    public synchronized int slowedMailboxes() {
        Instant now = clock.instant();
        return (int) mailboxes.values().stream()
                .filter(window -> window.schedule.isFailing() || !window.pace.isAtRest(now))
                .count();
    }

    private MailboxWindow window(String mailbox, Instant now) {
        promises.removeIf(place -> {
            boolean isOver = !now.isBefore(place.until());
            if (isOver) {
                place.window().leave();
            }
            return isOver;
        });
        MailboxWindow known = mailboxes.get(mailbox);
        if (known != null) {
            return known;
        }
        if (mailboxes.size() >= MOST_MAILBOXES) {
            // The one that has not sent for longest; it begins again with the whole window.
            mailboxes.values().stream()
                    .filter(window -> window.inFlight == 0)
                    .findFirst()
                    .ifPresent(mailboxes.values()::remove);
        }
        MailboxWindow added = new MailboxWindow();
        mailboxes.put(mailbox, added);
        return added;
    }
}
