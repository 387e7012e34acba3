package io.relaypod.graph;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import io.relaypod.graph.FollowedCopy.CopyPlace;

/**
 * Derives the state of each copy from file names, smtp2graph's logs and the clock. For one thread.
 *
 * <p>A file that vanished from {@code queue/} was accepted if smtp2graph can have been sending it. Otherwise somebody
 * else deleted it, and the copy is missing. All is decided a little later: the whole directory may be about to vanish,
 * or the reason may not be in the log yet. An error other than a missing file tells nothing; it is thrown as an
 * {@link UncheckedIOException}, and nothing is decided.
 *
 * <p>Every change of a followed copy is in the records before it is published. While the tracker catches up with what
 * happened before, failures are published once, at its end.
 */
final class CopyTracker {

    private static final Duration SOON = Duration.ofMillis(60);
    private static final Duration LATER = Duration.ofSeconds(1);
    private static final Duration ERASURE = Duration.ofSeconds(5);
    private static final Duration REASON = Duration.ofMillis(500);
    // Log lines have whole seconds. What the relay moves was out of queue/ for longer.
    private static final Duration CLOCKS_DIFFER = Duration.ofSeconds(2);

    private final Smtp2GraphDirectory directory;
    private final CopyRecords records;
    private final GraphErrors errors;
    private final Clock clock;
    private final Consumer<CopyChange> publisher;
    private final UnidentifiedFiles unread = new UnidentifiedFiles();
    private final UnreadableFiles unreadable = new UnreadableFiles();
    private final UnseenCopies unseen;
    private final Map<String, OpenDecision> open = new LinkedHashMap<>();
    private Instant lastStart = Instant.EPOCH;
    private volatile Instant distrustUntil = Instant.EPOCH;
    private boolean isCatchingUp = true;
    private int unfollowed;
    private int unfollowedFailed;

    /** A change that is not decided yet. */
    private record OpenDecision(Instant noticedAt, Instant decideAt) {}

    CopyTracker(
            Smtp2GraphDirectory directory,
            CopyRecords records,
            GraphErrors errors,
            Clock clock,
            Consumer<CopyChange> publisher) {
        this.directory = directory;
        this.unseen = new UnseenCopies(directory.mailroot());
        this.records = records;
        this.errors = errors;
        this.clock = clock;
        this.publisher = publisher;
    }

    /** From here on, what happens is published when it is seen. Publishes what failed before. */
    void caughtUp() {
        if (!isCatchingUp) {
            return;
        }
        isCatchingUp = false;
        for (FollowedCopy followed : records.index().all()) {
            records.changed(followed);
            if (followed.state().isFailure() && followed.place() != CopyPlace.RELAY) {
                publish(followed);
            }
        }
    }

    /** Number of files that are too many to be followed. */
    Map<CopyState, Integer> unfollowed() {
        return Map.of(CopyState.QUEUED, unfollowed, CopyState.FAILED, unfollowedFailed);
    }

    /** Whether files were too many to be followed, and there is room now. */
    boolean hasRoomForUnfollowed() {
        return unfollowed > 0 && records.index().hasRoom(CopyPlace.QUEUE);
    }

    /** Why nothing can be said of copies that have no file; empty if all is well. */
    Optional<String> problem() {
        return unseen.problem(clock.instant()).or(unreadable::problem);
    }

    /** Whether a copy without a file is lost. */
    boolean seesAll() {
        return !unreadable.isAnyQueued() && unseen.problem(clock.instant()).isEmpty();
    }

    /** Whether a decision is to be made within a moment. */
    boolean isDeciding() {
        return !open.isEmpty();
    }

    /** Registers the files of a directory. Those that vanished are returned, to be passed to {@link #vanished}. */
    Set<String> list(CopyPlace place) throws IOException {
        AtomicInteger beyond = new AtomicInteger();
        records.index().countFailed();
        Smtp2GraphDirectory.list(directory.of(place), name -> {
            if (records.index().file(name).isEmpty()) {
                if (records.index().hasRoom(place)) {
                    isFound(name, false);
                } else {
                    beyond.incrementAndGet();
                }
            }
        });
        if (place == CopyPlace.QUEUE) {
            unfollowed = beyond.get();
        } else if (place == CopyPlace.FAILED) {
            unfollowedFailed = beyond.get();
        }
        return look(
                records.index().all().stream()
                        .filter(followed -> followed.place() == place)
                        .map(FollowedCopy::fileName)
                        .toList(),
                false);
    }

    /**
     * Finds out where files are. Those that vanished are returned, to be passed to {@link #vanished}.
     *
     * @param wereQueued whether the files had an event in {@code queue/}
     */
    Set<String> look(Collection<String> names, boolean wereQueued) {
        Set<String> vanished = new LinkedHashSet<>();
        for (String name : names) {
            if (name.endsWith(".eml") && !isFound(name, wereQueued)) {
                vanished.add(name);
            }
        }
        return vanished;
    }

    /** Returns false if the file is followed and in no directory. */
    private boolean isFound(String name, boolean wasQueued) {
        Optional<FollowedCopy> known = records.index().file(name);
        if (known.filter(followed -> followed.place() == CopyPlace.RELAY).isPresent()) {
            return true;
        }
        Optional<CopyPlace> place = directory.placeOf(name);
        if (place.isPresent() && known.isEmpty()) {
            register(name, place.get());
        } else if (place.isPresent() && known.get().place() != place.get()) {
            moved(known.get(), place.get());
        } else if (place.isEmpty()) {
            unreadable.remove(name);
            if (wasQueued) {
                known.ifPresentOrElse(this::passedThroughQueue, () -> deletedUnread(name));
            }
        }
        return place.isPresent() || known.isEmpty();
    }

    // It may have been seen in temp/ only.
    private void passedThroughQueue(FollowedCopy followed) {
        if (followed.place() == CopyPlace.TEMP) {
            records.move(followed, CopyPlace.QUEUE);
        }
    }

    private void deletedUnread(String name) {
        Instant now = clock.instant();
        unseen.seen();
        if (!now.isBefore(distrustUntil)) {
            unread.deleted(name, now);
        }
    }

    private void register(String name, CopyPlace place) {
        Path file = directory.of(place).resolve(name);
        FollowedCopy followed;
        try {
            followed = FollowedCopy.read(file, place);
        } catch (NoSuchFileException movedMeanwhile) {
            return; // another event follows
        } catch (IOException | UncheckedIOException failed) {
            unreadable.add(file, place, failed);
            return;
        }
        unreadable.remove(name);
        boolean hasQueueId = followed.copy().queueId().isPresent();
        if (place == CopyPlace.TEMP && !hasQueueId) {
            return; // smtp2graph has not written the header yet
        }
        if (place == CopyPlace.FAILED
                && !records.index().hasRoom(place)
                && records.expected().acceptedAt(followed.copy()).isEmpty()) {
            unfollowedFailed++;
            return;
        }
        if (!isCatchingUp && hasQueueId) {
            unseen.seen();
        }
        if (records.add(followed, !isCatchingUp && place != CopyPlace.FAILED)) {
            report(followed);
        } else {
            unfollowed++;
        }
    }

    private void moved(FollowedCopy followed, CopyPlace place) {
        records.move(followed, place);
        if (place == CopyPlace.FAILED && !isCatchingUp) {
            followed.delivered(followed.deliveredAt()); // only what failed before is left alone
            records.record(followed);
        }
        records.changed(followed);
        report(followed);
    }

    // The reason of a failure may not be in the log yet.
    private void report(FollowedCopy followed) {
        if (isCatchingUp) {
            return; // published at its end
        }
        if (followed.place() == CopyPlace.FAILED) {
            decide(followed.fileName(), REASON);
        } else {
            publish(followed);
        }
    }

    private void decide(String name, Duration later) {
        Instant now = clock.instant();
        open.putIfAbsent(name, new OpenDecision(now, now.plus(later)));
    }

    /** Decides about files that are in none of smtp2graph's directories. Read the logs before. */
    void vanished(Set<String> names) {
        Instant now = clock.instant();
        for (String name : names) {
            records.index().file(name).ifPresent(followed -> decide(name, followed.mayBeInFlight(now) ? SOON : LATER));
        }
    }

    /** Makes the decisions that are due. Read the logs before. */
    void decideDue() {
        Instant now = clock.instant();
        Map<String, OpenDecision> due = new LinkedHashMap<>(open);
        due.values().removeIf(decision -> decision.decideAt().isAfter(now));
        due.forEach((name, decision) -> {
            open.remove(name);
            records.index().file(name).ifPresent(followed -> decide(followed, decision.noticedAt(), now));
        });
    }

    private void decide(FollowedCopy followed, Instant noticedAt, Instant now) {
        Optional<CopyPlace> place = directory.placeOf(followed.fileName());
        // Without a start in the log, smtp2graph may have been started again unnoticed.
        boolean isStartUnknown = lastStart.equals(Instant.EPOCH);
        if (place.isPresent()) {
            if (place.get() != followed.place()) {
                moved(followed, place.get());
            } else if (place.get() == CopyPlace.FAILED) {
                publish(followed);
            }
        } else if (followed.place() == CopyPlace.TEMP || followed.place() == CopyPlace.FAILED && !followed.isOurs()) {
            // smtp2graph refused it, and the relay has another answer of Mailpit; or nobody waits for its answer.
            unread.known(followed.fileName());
            records.drop(followed);
        } else if (followed.place() == CopyPlace.QUEUE
                && (followed.mayBeInFlight(now) || isStartUnknown)
                && noticedAt.isAfter(distrustUntil)) {
            answer(followed, CopyState.ACCEPTED, noticedAt);
        } else {
            answer(followed, CopyState.MISSING, noticedAt);
        }
    }

    /** A line of smtp2graph's logs. */
    void read(AttemptLine line) {
        Optional<FollowedCopy> known = records.index().file(line.fileName());
        switch (line.kind()) {
            case STARTED -> started(line.at());
            case FAILED -> known.ifPresent(followed -> failed(followed, line));
            case ACCEPTED_ELSEWHERE ->
                known.filter(followed -> followed.place() == CopyPlace.RELAY)
                        .ifPresent(followed -> answer(followed, CopyState.ACCEPTED, clock.instant()));
        }
    }

    private void started(Instant at) {
        lastStart = at.isAfter(lastStart) ? at : lastStart;
        if (!isCatchingUp) {
            records.index().all().forEach(followed -> {
                followed.attemptBegins();
                records.changed(followed);
            });
        }
    }

    private void failed(FollowedCopy followed, AttemptLine line) {
        Instant now = clock.instant();
        // While it catches up, the line may be old.
        Instant at = isCatchingUp && line.at().isBefore(now) ? line.at() : now;
        // What was accepted while the relay was away has the time of its start, and old lines say nothing about it.
        followed.attemptFailed(
                errors.classify(line.error()),
                errors.isLast(line.error()),
                at,
                isCatchingUp
                        ? Optional.empty()
                        : records.acceptedAt(followed.copy().mailbox()));
        if (isCatchingUp) {
            // A file that was moved into queue/ after its failure is attempted again.
            Optional<Instant> movedAt = directory
                    .changedAt(followed.place(), followed.fileName())
                    .filter(line.at().plus(CLOCKS_DIFFER)::isBefore);
            if (line.at().isBefore(lastStart) || movedAt.isPresent()) {
                followed.attemptBegins();
            }
            return; // published at its end
        }
        records.changed(followed);
        if (followed.place() == CopyPlace.QUEUE) {
            publish(followed);
        }
    }

    /** Reports what Mailpit accepted more than a minute ago, and no file was seen of. Call it each second. */
    void reportOverdue() {
        look(unreadable.names(), false);
        if (unfollowed > 0 || unreadable.isAnyQueued()) {
            return; // it may be one of those
        }
        Instant now = clock.instant();
        Map<GraphCopy, Instant> expected = records.expectedWithoutFile();
        answer(unread.take(expected, now), CopyState.ACCEPTED, now);
        List<GraphCopy> overdue = records.expected().overdue(now);
        overdue.stream().filter(expected::containsKey).forEach(copy -> unseen.missing(copy, now));
        answer(overdue, CopyState.MISSING, now);
    }

    private void answer(List<GraphCopy> copies, CopyState state, Instant now) {
        for (GraphCopy copy : copies) {
            records.expected().take(copy);
            records.answered(copy, state, now);
            publisher.accept(new CopyChange(copy, state, now, Optional.empty()));
        }
    }

    /**
     * {@code queue/} is being emptied, or is another one. What vanished was not accepted, and what vanishes within some
     * seconds counts as lost.
     */
    void erased() {
        Instant now = clock.instant();
        distrustUntil = now.plus(ERASURE);
        unfollowed = 0;
        unfollowedFailed = 0;
        open.clear();
        unread.forget();
        for (FollowedCopy followed : new ArrayList<>(records.index().all())) {
            if (followed.place() != CopyPlace.RELAY
                    && directory.placeOf(followed.fileName()).isEmpty()) {
                answer(followed, CopyState.MISSING, now);
            }
        }
    }

    /** Whether a file that vanishes now counts as lost, although Graph may have accepted it. For any thread. */
    boolean isDistrusting() {
        return !clock.instant().isAfter(distrustUntil);
    }

    /** The copy has its final state, and no file. */
    void answer(FollowedCopy followed, CopyState state, Instant at) {
        unread.known(followed.fileName());
        records.drop(followed);
        records.answered(followed.copy(), state, at);
        publisher.accept(new CopyChange(
                followed.copy(), state, at, state == CopyState.ACCEPTED ? Optional.empty() : followed.error()));
    }

    private void publish(FollowedCopy followed) {
        publisher.accept(followed.change(clock.instant()));
    }
}
