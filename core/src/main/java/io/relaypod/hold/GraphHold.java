package io.relaypod.hold;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.relaypod.graph.CopyChange;
import io.relaypod.graph.CopyState;
import io.relaypod.graph.GraphCopies;
import io.relaypod.graph.GraphError;
import io.relaypod.graph.GraphListener;
import io.relaypod.throttle.SenderGate;

/**
 * The copies that Mailpit has accepted and Graph has not, whose messages stay in the outgoing queue. The queue holds
 * the truth: after a restart, {@link #standing} asks {@link GraphCopies} what became of a copy. Thread-safe.
 */
public final class GraphHold implements GraphListener, SenderGate {

    // Every copy has an answer within minutes, or is missing; this only bounds memory if that fails.
    private static final Duration LONGEST = Duration.ofMinutes(15);

    private final Supplier<GraphCopies> follower;
    private final GraphWindow window;
    private final HoldSettings settings;
    private final Clock clock;
    private final Map<String, List<HeldCopy>> held = new HashMap<>();
    private boolean isStopped;
    private long sentAgain;

    /** What is to be done with a message of the outgoing queue. */
    public enum HoldStatus {
        /** None of its copies is in smtp2graph: it has to be sent. */
        UNSENT,
        /** smtp2graph has a copy without an answer. */
        WAITING,
        /** Graph accepted it, or the copy was stored in the failed repository. */
        DONE,
        /** smtp2graph lost the copy, and Graph is not known to have accepted it: another attempt is due. */
        LOST,
        /** smtp2graph gave the copy up, and Graph may accept it later: another attempt is due. */
        GIVEN_UP,
        /** Graph will not accept the message. */
        REFUSED
    }

    /** A copy between Mailpit's 250 and Graph's answer. */
    private static final class HeldCopy {

        private final List<String> recipients;
        private final String mailbox;
        private final Instant since;
        private CopyState state = CopyState.EXPECTED;
        private Optional<GraphError> error = Optional.empty();
        private boolean hasPlace;

        HeldCopy(List<String> recipients, String mailbox, boolean hasPlace, Instant since) {
            this.recipients = recipients;
            this.mailbox = mailbox;
            this.hasPlace = hasPlace;
            this.since = since;
        }
    }

    /** @param follower is asked when the first mail is delivered; it publishes to this */
    public GraphHold(Supplier<GraphCopies> follower, HoldSettings settings, Clock clock) {
        this.follower = follower;
        this.window = new GraphWindow(settings.window(), settings.perMinute(), clock);
        this.settings = settings;
        this.clock = clock;
    }

    public HoldSettings settings() {
        return settings;
    }

    public GraphWindow window() {
        return window;
    }

    @Override
    public boolean tryPass(String mailbox) {
        lookAtDirectories();
        return window.tryPass(mailbox);
    }

    @Override
    public Duration waitingTime(String mailbox) {
        return window.waitingTime(mailbox);
    }

    /** Takes a place in the window for a copy that is about to be sent; false if there is none. */
    public boolean enter(String queueId, List<String> recipients, String mailbox) {
        lookAtDirectories();
        if (!window.enter(mailbox)) {
            return false;
        }
        synchronized (this) {
            sweep();
            add(queueId, new HeldCopy(lower(recipients), mailbox, true, clock.instant()));
        }
        return true;
    }

    /** Why a mail of the mailbox waits; empty if it need not wait for a place. */
    public String reason(String mailbox) {
        lookAtDirectories();
        return window.reason(mailbox);
    }

    private void lookAtDirectories() {
        window.setClosed(!follower.get().isFollowing() || follower.get().isBeingEmptied());
    }

    private void add(String queueId, HeldCopy copy) {
        held.computeIfAbsent(queueId, any -> new ArrayList<>()).add(copy);
    }

    private void sweep() {
        Instant over = clock.instant().minus(LONGEST);
        held.values().removeIf(ofMail -> {
            ofMail.removeIf(copy -> {
                boolean isOver = copy.since.isBefore(over);
                if (isOver) {
                    leave(copy);
                }
                return isOver;
            });
            return ofMail.isEmpty();
        });
    }

    private void leave(HeldCopy copy) {
        if (copy.hasPlace) {
            copy.hasPlace = false;
            window.leave(copy.mailbox);
        }
    }

    /**
     * Records which of the recipients of {@link #enter} Mailpit accepted the mail for.
     *
     * @param transactions recipients of each transaction; empty if Mailpit accepted none
     */
    public synchronized void sent(String queueId, List<List<String>> transactions) {
        List<HeldCopy> ofMail = held.getOrDefault(queueId, List.of());
        if (ofMail.isEmpty()) {
            return;
        }
        HeldCopy entered = ofMail.get(ofMail.size() - 1);
        if (transactions.size() == 1 && lower(transactions.get(0)).equals(entered.recipients)) {
            return;
        }
        ofMail.remove(entered);
        for (List<String> recipients : transactions) {
            ofMail.add(new HeldCopy(lower(recipients), entered.mailbox, entered.hasPlace, entered.since));
            // One place, however many transactions.
            entered.hasPlace = false;
        }
        leave(entered);
        if (ofMail.isEmpty()) {
            held.remove(queueId);
        }
    }

    /** The message has left the queue, or is about to be sent again. */
    public synchronized void forget(String queueId) {
        held.getOrDefault(queueId, List.of()).forEach(this::leave);
        held.remove(queueId);
    }

    /** Counts a message that is sent again because smtp2graph lost or gave up its copy. */
    public synchronized void countSentAgain() {
        sentAgain++;
    }

    /** Messages sent again since the start because smtp2graph lost or gave up their copy. */
    public synchronized long sentAgain() {
        return sentAgain;
    }

    /** Waits for Graph's answer to all copies of a message that was sent by this process. */
    public HoldStatus await(String queueId, Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        synchronized (this) {
            while (true) {
                HoldStatus now = ofHeld(queueId).orElse(HoldStatus.UNSENT);
                long left = deadline - System.nanoTime();
                // A failed copy is answered in minutes at the earliest.
                if (now != HoldStatus.WAITING || left <= 0 || isStopped || hasFailed(queueId)) {
                    return now;
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        }
    }

    private boolean hasFailed(String queueId) {
        return held.getOrDefault(queueId, List.of()).stream().anyMatch(copy -> copy.error.isPresent());
    }

    /**
     * What is known of the copies of a message for these recipients.
     *
     * @param wasHeld whether the message in the queue was stored as one that waits for Graph's answer. One that was not
     *     may be from the failed repository, and has to be sent although Graph refused its copy before.
     */
    public HoldStatus standing(String queueId, List<String> recipients, boolean wasHeld) {
        // Not under the lock, because the follower publishes to us under its own.
        return ofHeld(queueId).orElseGet(() -> before(queueId, lower(recipients), wasHeld));
    }

    private synchronized Optional<HoldStatus> ofHeld(String queueId) {
        List<HeldCopy> ofMail = held.getOrDefault(queueId, List.of());
        List<HoldStatus> each = ofMail.stream()
                .map(copy -> follower.get().isAccepted(queueId, copy.recipients) ? HoldStatus.DONE : standing(copy))
                .toList();
        // One that is refused, lost or given up is acted upon when the others are answered.
        return Stream.of(HoldStatus.WAITING, HoldStatus.REFUSED, HoldStatus.LOST, HoldStatus.GIVEN_UP, HoldStatus.DONE)
                .filter(each::contains)
                .findFirst();
    }

    private HoldStatus standing(HeldCopy copy) {
        return standing(copy.state, copy.error);
    }

    private HoldStatus standing(CopyState state, Optional<GraphError> error) {
        boolean isHealed = follower.get().isHealing();
        boolean isPermanent = error.filter(last -> last.code().isPermanent()).isPresent();
        return switch (state) {
            case ACCEPTED, WITHDRAWN -> HoldStatus.DONE;
            case MISSING -> HoldStatus.LOST;
            case FAILED -> isHealed ? HoldStatus.WAITING : isPermanent ? HoldStatus.REFUSED : HoldStatus.GIVEN_UP;
            case STUCK -> !isHealed && isPermanent ? HoldStatus.REFUSED : HoldStatus.WAITING;
            case EXPECTED, IN_TEMP, QUEUED, DEFERRED -> HoldStatus.WAITING;
        };
    }

    /** A message that was sent by an earlier process, or whose copy was swept. */
    private HoldStatus before(String queueId, List<String> recipients, boolean wasHeld) {
        if (follower.get().isAccepted(queueId, recipients)) {
            return HoldStatus.DONE;
        }
        HoldStatus found = follower.get()
                .find(queueId, recipients)
                .map(change -> standing(change.state(), change.error()))
                .orElse(wasHeld ? HoldStatus.LOST : HoldStatus.UNSENT);
        return wasHeld || found == HoldStatus.WAITING ? found : HoldStatus.UNSENT;
    }

    /** The last failure of a copy of the message, in words; empty without one. */
    public Optional<GraphError> error(String queueId, List<String> recipients) {
        return heldError(queueId)
                .or(() -> follower.get().find(queueId, lower(recipients)).flatMap(CopyChange::error));
    }

    private synchronized Optional<GraphError> heldError(String queueId) {
        return held.getOrDefault(queueId, List.of()).stream()
                .flatMap(copy -> copy.error.stream())
                .findFirst();
    }

    @Override
    public void onChange(CopyChange change) {
        String mailbox = change.copy().mailbox();
        String queueId = change.copy().queueId().orElse("");
        synchronized (this) {
            Optional<HeldCopy> copy = copyOf(change, held.getOrDefault(queueId, List.of()));
            boolean hadPlace = copy.filter(one -> one.hasPlace).isPresent();
            String known = copy.map(one -> one.mailbox).orElse(mailbox);
            switch (change.state()) {
                case ACCEPTED -> window.accepted(known, hadPlace);
                case DEFERRED, STUCK, FAILED ->
                    change.error().ifPresent(error -> window.failed(known, error.code(), hadPlace));
                case MISSING, WITHDRAWN -> copy.ifPresent(this::leave);
                case EXPECTED, IN_TEMP, QUEUED -> {}
            }
            boolean staysInFlight = change.state() == CopyState.EXPECTED
                    || change.state() == CopyState.IN_TEMP
                    || change.state() == CopyState.QUEUED;
            copy.ifPresent(one -> {
                one.state = change.state();
                one.error = change.error().or(() -> staysInFlight ? Optional.empty() : one.error);
                one.hasPlace = one.hasPlace && (staysInFlight || change.error().isEmpty() && isFailure(change.state()));
            });
            notifyAll();
        }
    }

    // Mailpit or smtp2graph may have written a recipient in another way, such as a domain in Unicode.
    private static Optional<HeldCopy> copyOf(CopyChange change, List<HeldCopy> ofMail) {
        String queueId = change.copy().queueId().orElse("");
        Optional<HeldCopy> same = ofMail.stream()
                .filter(one -> change.copy().isOf(queueId, one.recipients))
                .findFirst()
                .or(() -> ofMail.size() == 1 ? Optional.of(ofMail.get(0)) : Optional.empty());
        boolean hasFile = !change.copy().fileName().isEmpty();
        return same.filter(one -> change.state() != CopyState.MISSING || hasFile || one.state == CopyState.EXPECTED);
    }

    private static boolean isFailure(CopyState state) {
        return state == CopyState.DEFERRED || state == CopyState.STUCK || state == CopyState.FAILED;
    }

    /** Ends all waits, since the relay stops. */
    public synchronized void stop() {
        isStopped = true;
        notifyAll();
    }

    /** Messages whose copies have no answer yet. */
    public synchronized int size() {
        return held.size();
    }

    private static List<String> lower(List<String> recipients) {
        return recipients.stream()
                .map(recipient -> recipient.toLowerCase(Locale.ROOT))
                .sorted()
                .toList();
    }
}
