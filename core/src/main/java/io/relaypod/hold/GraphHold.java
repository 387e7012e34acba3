package io.relaypod.hold;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import io.relaypod.graph.CopyChange;
import io.relaypod.graph.CopyState;
import io.relaypod.graph.GraphCopies;
import io.relaypod.graph.GraphError;
import io.relaypod.graph.GraphListener;
import io.relaypod.throttle.SenderGate;

/**
 * The copies that Mailpit has accepted and Graph has not, whose messages stay in the outgoing queue. The queue holds
 * the truth: after a restart, {@link #standing} asks {@link GraphCopies} what became of a copy. Thread-safe.
 *
 * <ul>
 *   <li>A copy is held from before it is sent, so that no answer of Graph is missed.
 *   <li>A copy has at most one place in the window: until its first answer, or until it is forgotten.
 *   <li>For a recipient, the last copy counts.
 *   <li>Lock order: the follower's, this, the window's. The follower publishes under its own lock, so
 *       {@link GraphCopies#find} is never called under this one; its other methods take no lock that is held meanwhile.
 * </ul>
 */
public final class GraphHold implements GraphListener, SenderGate {

    // Every copy has an answer within minutes, or is missing; this only bounds memory if that fails.
    private static final Duration LONGEST = Duration.ofMinutes(15);
    private static final Duration SWEEP_EVERY = Duration.ofSeconds(1);

    private final Supplier<GraphCopies> follower;
    private final GraphWindow window;
    private final HoldSettings settings;
    private final Clock clock;
    private final Map<String, List<HeldCopy>> held = new HashMap<>();
    private Instant nextSweep = Instant.MIN;
    private boolean isStopped;
    private long sentAgain;

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
        sweep();
        return window.tryPass(mailbox);
    }

    @Override
    public void release(String mailbox) {
        window.release(mailbox);
    }

    @Override
    public Duration waitingTime(String mailbox) {
        return window.waitingTime(mailbox);
    }

    /** Takes a place in the window for a copy that is about to be sent; false if there is none. */
    public boolean enter(String queueId, List<String> recipients, String mailbox) {
        lookAtDirectories();
        sweep();
        if (isSent(queueId, recipients) || !window.enter(mailbox)) {
            return false;
        }
        synchronized (this) {
            // What became of a copy of an earlier attempt counts no longer.
            forget(queueId, recipients);
            HeldCopy entered = new HeldCopy(recipients, mailbox, true, clock.instant());
            entered.isBeingSent = true;
            held.computeIfAbsent(queueId, any -> new ArrayList<>()).add(entered);
        }
        return true;
    }

    // At a start, the follower finds the copies of an earlier process after the first messages were asked for.
    private boolean isSent(String queueId, List<String> recipients) {
        return recipients.stream()
                .anyMatch(recipient ->
                        before(queueId, HeldCopy.comparable(List.of(recipient)), false) != HoldStatus.UNSENT);
    }

    /** Whether a message can be kept until Graph accepts it. If not, it leaves the queue at the gateway's 250. */
    public boolean canHold() {
        return follower.get().hasEvents();
    }

    /** Why a mail of the mailbox waits; empty if it need not wait for a place. */
    public String reason(String mailbox) {
        lookAtDirectories();
        return window.reason(mailbox);
    }

    private void lookAtDirectories() {
        window.setClosed(!follower.get().isFollowing() || follower.get().isBeingEmptied());
    }

    // Before a place is looked for, since what is swept may be the last place.
    private synchronized void sweep() {
        Instant now = clock.instant();
        if (now.isBefore(nextSweep)) {
            return;
        }
        nextSweep = now.plus(SWEEP_EVERY);
        Instant over = now.minus(LONGEST);
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
        if (copy.takePlace()) {
            window.leave(copy.mailbox);
        }
    }

    /**
     * Records which of the recipients of {@link #enter} Mailpit accepted the mail for.
     *
     * @param entered recipients of {@link #enter}
     * @param transactions recipients of each transaction; empty if Mailpit accepted none
     */
    public synchronized void sent(String queueId, List<String> entered, List<List<String>> transactions) {
        List<HeldCopy> ofMail = held.getOrDefault(queueId, List.of());
        List<String> all = HeldCopy.comparable(entered);
        ofMail.stream()
                .filter(copy -> copy.isBeingSent && copy.recipients().equals(all))
                .findFirst()
                .ifPresent(copy -> sent(queueId, copy, ofMail, transactions));
    }

    private void sent(String queueId, HeldCopy entered, List<HeldCopy> ofMail, List<List<String>> transactions) {
        entered.isBeingSent = false;
        if (transactions.size() == 1 && HeldCopy.comparable(transactions.get(0)).equals(entered.recipients())) {
            return;
        }
        ofMail.remove(entered);
        for (List<String> recipients : transactions) {
            ofMail.add(
                    new HeldCopy(recipients, entered.mailbox, entered.takePlace(), entered.since)); // one place in all
        }
        leave(entered);
        if (ofMail.isEmpty()) {
            held.remove(queueId);
        }
    }

    /**
     * The message for these recipients has left the queue, or is about to be sent again. Others with its queue id are a
     * part of the message that is in the queue by itself.
     */
    public synchronized void forget(String queueId, List<String> recipients) {
        Set<String> forgotten = Set.copyOf(HeldCopy.comparable(recipients));
        List<HeldCopy> ofMail = held.getOrDefault(queueId, List.of());
        for (HeldCopy copy : List.copyOf(ofMail)) {
            copy.forget(forgotten);
            if (copy.recipients().isEmpty()) {
                leave(copy);
                ofMail.remove(copy);
            }
        }
        if (ofMail.isEmpty()) {
            held.remove(queueId);
        }
    }

    /** Counts a message that is sent again because smtp2graph lost or gave up its copy. */
    public synchronized void countSentAgain() {
        sentAgain++;
    }

    /** Messages sent again since the start because smtp2graph lost or gave up their copy. */
    public synchronized long sentAgain() {
        return sentAgain;
    }

    /** Waits for Graph's answer to all copies for these recipients of a message that was sent by this process. */
    public HoldStatus await(String queueId, List<String> recipients, Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        List<String> wanted = HeldCopy.comparable(recipients);
        synchronized (this) {
            while (true) {
                Map<String, HoldStatus> known = ofHeld(queueId, wanted);
                HoldStatus now = HoldStatus.together(wanted.stream()
                        .map(recipient -> known.getOrDefault(recipient, HoldStatus.UNSENT))
                        .toList());
                long left = deadline - System.nanoTime();
                // A failed copy is answered in minutes at the earliest.
                if (now != HoldStatus.WAITING
                        || left <= 0
                        || isStopped
                        || heldError(queueId, wanted).isPresent()) {
                    return now;
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        }
    }

    /** The last copy for each of the recipients that has one. */
    private Map<String, HeldCopy> latest(String queueId, List<String> wanted) {
        Set<String> asked = Set.copyOf(wanted);
        Map<String, HeldCopy> latest = new HashMap<>();
        for (HeldCopy copy : held.getOrDefault(queueId, List.of())) {
            copy.recipients().stream().filter(asked::contains).forEach(recipient -> latest.put(recipient, copy));
        }
        return latest;
    }

    /**
     * What is known of the copies of a message for these recipients.
     *
     * @param wasHeld whether the message in the queue was stored as one that waits for Graph's answer. One that was not
     *     may be from the failed repository, and has to be sent although Graph refused its copy before.
     */
    public HoldStatus standing(String queueId, List<String> recipients, boolean wasHeld) {
        return HoldStatus.together(each(queueId, recipients, wasHeld).values());
    }

    /** Those of the recipients whose copies Graph accepted, or that were stored in the failed repository. */
    public List<String> done(String queueId, List<String> recipients, boolean wasHeld) {
        return each(queueId, recipients, wasHeld).entrySet().stream()
                .filter(one -> one.getValue() == HoldStatus.DONE)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** What is known of the copy for each recipient, as the caller spells it. */
    private Map<String, HoldStatus> each(String queueId, List<String> recipients, boolean wasHeld) {
        Map<String, HoldStatus> known = ofHeld(queueId, HeldCopy.comparable(recipients));
        boolean isFollowing = follower.get().isFollowing();
        Map<String, HoldStatus> each = new LinkedHashMap<>();
        for (String recipient : recipients) {
            List<String> alone = HeldCopy.comparable(List.of(recipient));
            // Not under the lock, because the follower publishes to us under its own.
            HoldStatus found =
                    Optional.ofNullable(known.get(alone.get(0))).orElseGet(() -> before(queueId, alone, wasHeld));
            // It is not lost while nobody sees where it is.
            each.put(recipient, found == HoldStatus.LOST && !isFollowing ? HoldStatus.WAITING : found);
        }
        return each;
    }

    private synchronized Map<String, HoldStatus> ofHeld(String queueId, List<String> wanted) {
        Map<String, HeldCopy> latest = latest(queueId, wanted);
        Map<HeldCopy, HoldStatus> ofCopies = new HashMap<>();
        Map<String, HoldStatus> each = new HashMap<>();
        latest.forEach((recipient, copy) ->
                each.put(recipient, ofCopies.computeIfAbsent(copy, any -> standing(queueId, copy))));
        return each;
    }

    private HoldStatus standing(String queueId, HeldCopy copy) {
        boolean isAccepted =
                copy.state() == CopyState.ACCEPTED || follower.get().isAccepted(queueId, copy.recipients());
        return isAccepted
                ? HoldStatus.DONE
                : HoldStatus.of(copy.state(), copy.error(), follower.get().isHealing());
    }

    /** A message that was sent by an earlier process, or whose copy was swept. */
    private HoldStatus before(String queueId, List<String> recipients, boolean wasHeld) {
        if (follower.get().isAccepted(queueId, recipients)) {
            return HoldStatus.DONE;
        }
        HoldStatus found = follower.get()
                .find(queueId, recipients)
                .map(change -> HoldStatus.of(
                        change.state(), change.error(), follower.get().isHealing()))
                .orElse(wasHeld ? HoldStatus.LOST : HoldStatus.UNSENT);
        return wasHeld || found == HoldStatus.WAITING ? found : HoldStatus.UNSENT;
    }

    /** The last failure of a copy of the message, in words; empty without one. */
    public Optional<GraphError> error(String queueId, List<String> recipients) {
        List<String> wanted = HeldCopy.comparable(recipients);
        return heldError(queueId, wanted)
                .or(() -> wanted.stream()
                        .flatMap(each -> follower.get().find(queueId, List.of(each)).stream())
                        .flatMap(change -> change.error().stream())
                        .findFirst());
    }

    private synchronized Optional<GraphError> heldError(String queueId, List<String> wanted) {
        return latest(queueId, wanted).values().stream()
                .flatMap(copy -> copy.error().stream())
                .findFirst();
    }

    @Override
    public synchronized void onChange(CopyChange change) {
        Optional<HeldCopy> copy = copyOf(change);
        String mailbox = copy.map(one -> one.mailbox).orElse(change.copy().mailbox());
        switch (change.state()) {
            case ACCEPTED ->
                window.accepted(mailbox, copy.filter(HeldCopy::takePlace).isPresent());
            case DEFERRED, STUCK, FAILED ->
                change.error()
                        .ifPresent(error -> window.failed(
                                mailbox,
                                error.code(),
                                copy.filter(HeldCopy::takePlace).isPresent()));
            case MISSING, WITHDRAWN -> copy.ifPresent(this::leave);
            case EXPECTED, IN_TEMP, QUEUED -> {}
        }
        // The answer to one of its transactions is not that to all.
        copy.filter(one -> one.isOf(change)).ifPresent(one -> one.changed(change));
        notifyAll();
    }

    // A copy that is being sent may be several, of which this is one.
    private Optional<HeldCopy> copyOf(CopyChange change) {
        List<HeldCopy> ofMail = held.getOrDefault(change.copy().queueId().orElse(""), List.of());
        List<String> recipients = HeldCopy.comparable(change.copy().recipients());
        Optional<HeldCopy> same = ofMail.stream()
                .filter(one -> one.isOf(change))
                .reduce((earlier, later) -> later)
                .or(() -> ofMail.stream()
                        .filter(one ->
                                one.isBeingSent && one.recipients().stream().anyMatch(recipients::contains))
                        .findFirst());
        boolean hasFile = !change.copy().fileName().isEmpty();
        // smtp2graph may have died while it wrote the file.
        return same.filter(one -> change.state() != CopyState.MISSING
                || hasFile
                || one.state() == CopyState.EXPECTED
                || one.state() == CopyState.IN_TEMP);
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
}
