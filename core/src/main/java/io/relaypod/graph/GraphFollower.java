package io.relaypod.graph;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;

import io.relaypod.graph.CopyJournal.JournalEntry;
import io.relaypod.graph.DirectoryChanges.ChangedNames;
import io.relaypod.graph.FollowedCopy.CopyPlace;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows smtp2graph's directories and logs, and publishes what becomes of each copy. One thread calls {@link #pass} in
 * a loop; all other methods are thread-safe.
 *
 * <ul>
 *   <li>This object's lock guards all that is known. It is held while a pass reads directories, and while listeners are
 *       called; {@link #expect}, which deliveries call, does not wait for it.
 *   <li>While a directory cannot be read, nothing is decided.
 *   <li>The volume's number grows after the journal was written, so that what is lost stays lost after a restart.
 * </ul>
 *
 * <pre>{@code
 * GraphFollower follower = new GraphFollower(directory, dataDir.resolve("graph"), clock, errors, listeners, settings);
 * while (running) follower.pass(Duration.ofMillis(250));
 * }</pre>
 */
public final class GraphFollower implements GraphCopies, AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(GraphFollower.class);

    private static final Duration WHILE_DECIDING = Duration.ofMillis(20);
    private static final Duration EACH_SECOND = Duration.ofSeconds(1);
    private static final int MOST_INBOX = 20_000;

    private final Smtp2GraphDirectory directory;
    private final Clock clock;
    private final Collection<GraphListener> listeners;
    private final CopyRecords records;
    private final CopyTracker tracker;
    private final VolumeNumber volume;
    private final GraphHealing healing;
    private final Instant boot;
    private final GraphConditions conditions = new GraphConditions();
    private final GraphOutageLog outages = new GraphOutageLog();
    private final Queue<Runnable> inbox = new LinkedBlockingQueue<>(MOST_INBOX);
    private final AttemptLog attempts;
    private final AttemptLog starts;
    private Optional<DirectoryChanges> changes = Optional.empty();
    private final Map<String, JournalEntry> seenBefore;
    private boolean hasOpened;
    private volatile boolean isPolling;
    private long seconds;
    private volatile GraphSummary summary;
    private volatile boolean isFollowing;

    /**
     * @param state directory of the relay's own, for what it has seen
     * @param listeners called in this order; an exception is logged
     * @throws IOException if {@code state} cannot be written or read
     */
    public GraphFollower(
            Smtp2GraphDirectory directory,
            Path state,
            Clock clock,
            GraphErrors errors,
            Collection<? extends GraphListener> listeners,
            HealSettings settings)
            throws IOException {
        this.directory = directory;
        this.clock = clock;
        this.listeners = List.copyOf(listeners);
        this.records = new CopyRecords(new CopyJournal(state));
        this.seenBefore = records.restore();
        this.tracker = new CopyTracker(directory, records, errors, clock, this::publish);
        this.volume = new VolumeNumber(state, directory);
        this.healing = new GraphHealing(directory, settings, tracker, records);
        this.boot = settings.boot();
        this.attempts = new AttemptLog(directory.logs(), "error", AttemptLine.OF_A_FILE);
        this.starts = new AttemptLog(directory.logs(), "combined", AttemptLine.STARTED);
        this.summary = new GraphSummary(
                Optional.of("not looked at yet"), Map.of(), Optional.empty(), Optional.empty(), 0, Optional.empty());
    }

    /**
     * Waits for a change, and handles it.
     *
     * @param longest time to wait
     */
    public void pass(Duration longest) throws InterruptedException {
        try {
            if (changes.isEmpty()) {
                open();
            }
            ChangedNames changed = changes.orElseThrow().poll(tracker.isDeciding() ? WHILE_DECIDING : longest);
            synchronized (this) {
                handle(changed);
            }
        } catch (IOException | UncheckedIOException unusable) {
            synchronized (this) {
                lost(directory.problem(unusable));
            }
            Thread.sleep(Math.min(longest.toMillis(), EACH_SECOND.toMillis()));
        }
    }

    private synchronized void open() throws IOException {
        takeInbox();
        directory.requireReadable();
        List<Path> watched = new ArrayList<>(
                Smtp2GraphDirectory.PLACES.stream().map(directory::of).toList());
        if (Files.isDirectory(directory.logs())) {
            watched.add(directory.logs());
        }
        boolean isSame = volume.isSame();
        DirectoryChanges opened = new DirectoryChanges(watched);
        changes = Optional.of(opened);
        if (opened.withoutEvents().isPresent() && !isPolling) {
            LOGGER.warn(
                    "event=graph-without-inotify reason=\"{}\" effect=\"directories are polled four times a second,"
                            + " and messages leave the queue at the gateway's 250\"",
                    opened.withoutEvents().get());
        }
        isPolling = opened.withoutEvents().isPresent();
        healing.begin(clock.instant());
        if (hasOpened && !isSame) {
            erased();
        }
        hasOpened = true;
        takeUpSeen(isSame);
        starts.poll(tracker::read);
        Set<String> vanished = new LinkedHashSet<>();
        for (CopyPlace place : Smtp2GraphDirectory.PLACES) {
            opened.listing(directory.of(place));
            vanished.addAll(tracker.list(place));
        }
        attempts.poll(tracker::read);
        tracker.vanished(vanished);
        tracker.caughtUp();
        grow();
        each(clock.instant());
        LOGGER.info(
                "event=graph-followed directory={} waiting={} heal={}",
                directory.root(),
                records.index().size(),
                healing.isOn());
    }

    // What smtp2graph was attempting and has no file any more was accepted meanwhile, unless the volume is another one.
    private void takeUpSeen(boolean isSame) {
        if (!isSame && !seenBefore.isEmpty()) {
            LOGGER.warn(
                    "event=graph-volume-replaced directory={} copies={} reason=\"the volume is empty, or an older state\"",
                    directory.root(),
                    seenBefore.size());
        }
        for (Iterator<JournalEntry> all = seenBefore.values().iterator(); all.hasNext(); ) {
            JournalEntry seen = all.next();
            Optional<CopyPlace> place = directory.placeOf(seen.copy().fileName());
            if (place.isPresent()) {
                records.add(seen, place.get());
            } else if (records.index().file(seen.copy().fileName()).isEmpty()) {
                FollowedCopy gone = new FollowedCopy(seen.copy(), CopyPlace.QUEUE, seen.at(), true);
                // After a power failure, our record of the file may be on the disk, and the file not.
                boolean isAccepted = isSame
                        && CopyRecords.mayBeAccepted(seen.state())
                        && !seen.at().isBefore(boot)
                        && !directory.isTakenOut(seen.copy().fileName());
                tracker.answer(gone, isAccepted ? CopyState.ACCEPTED : CopyState.MISSING, clock.instant());
            }
            all.remove(); // an error in the next one does not answer this one twice
        }
    }

    private void handle(ChangedNames changed) throws IOException {
        takeInbox();
        if (changed.isGone()) {
            tracker.erased();
            throw new IOException("a directory of smtp2graph was deleted or replaced");
        }
        // Whoever empties the directory may begin with a copy; its event comes before that of our file.
        boolean hasChanged = changed.names().containsKey(directory.queue())
                || changed.unlisted().contains(directory.queue());
        if (hasChanged) {
            noticesErasure();
        }
        Set<String> vanished = new LinkedHashSet<>();
        for (CopyPlace place : Smtp2GraphDirectory.PLACES) {
            Path path = directory.of(place);
            if (changed.unlisted().contains(path)) {
                changes.orElseThrow().listing(path);
                vanished.addAll(tracker.list(place));
            }
            Set<String> names = changed.names().getOrDefault(path, Set.of());
            vanished.addAll(tracker.look(names, place == CopyPlace.QUEUE));
        }
        Instant now = clock.instant();
        boolean isNextSecond = now.getEpochSecond() != seconds;
        if (isNextSecond
                || !vanished.isEmpty()
                || tracker.isDeciding()
                || changed.names().containsKey(directory.logs())) {
            starts.poll(tracker::read);
            attempts.poll(tracker::read);
        }
        tracker.vanished(vanished);
        tracker.decideDue();
        if (isNextSecond) {
            each(now);
        }
        records.flush();
    }

    private boolean noticesErasure() {
        boolean isErased = volume.isErased();
        if (isErased) {
            erased();
            grow();
        }
        return isErased;
    }

    private void erased() {
        LOGGER.warn("event=graph-volume-erased directory={}", directory.queue());
        tracker.erased();
    }

    private void each(Instant now) throws IOException {
        seconds = now.getEpochSecond();
        if (tracker.hasRoomForUnfollowed()) {
            tracker.vanished(tracker.list(CopyPlace.QUEUE));
        }
        tracker.reportOverdue();
        healing.tick(now);
        // No event tells of an erasure a moment ago.
        if (volume.isDue(now) && !noticesErasure()) {
            grow();
        }
        summarize(tracker.problem(), now);
        isFollowing = tracker.seesAll();
        records.flush();
    }

    private void grow() {
        records.flush();
        volume.grow(healing.isWritable(), records.isWritten(), clock.instant());
    }

    private void summarize(Optional<String> problem, Instant now) {
        summary = conditions.summary(problem, records, tracker.unfollowed(), now);
        outages.update(summary.incident(), now);
    }

    private void lost(String problem) {
        isFollowing = false;
        if (changes.isPresent() && Files.notExists(directory.queue())) {
            try {
                tracker.erased();
            } catch (UncheckedIOException unknown) {
                LOGGER.debug("what was erased is found out when the directories can be read", unknown);
            }
        }
        closeChanges();
        if (!summary.problem().equals(Optional.of(problem))) {
            LOGGER.warn("event=graph-not-followed directory={} reason=\"{}\"", directory.root(), problem);
        }
        summarize(Optional.of(problem), clock.instant());
        records.flush();
    }

    private void publish(CopyChange change) {
        conditions.onChange(change);
        healing.onChange(change);
        if (change.state() == CopyState.QUEUED) {
            volume.arrived();
        }
        for (GraphListener listener : listeners) {
            try {
                listener.onChange(change);
            } catch (RuntimeException broken) {
                LOGGER.error(
                        "event=listener-failed listener={}", listener.getClass().getName(), broken);
            }
        }
    }

    private void takeInbox() {
        for (Runnable task = inbox.poll(); task != null; task = inbox.poll()) {
            task.run();
        }
    }

    /**
     * Expects the file of a copy that Mailpit accepts now. {@link CopyState#MISSING} is published if it is not seen
     * within a minute. It may have been seen before, and even be accepted; that counts, and is not published again.
     *
     * @param recipients of the transaction
     */
    public void expect(String queueId, List<String> recipients) {
        Instant now = clock.instant();
        GraphCopy copy = GraphCopy.of(queueId, recipients);
        if (!inbox.offer(() -> records.expect(copy, now))) {
            LOGGER.warn("event=graph-not-expected queue-id={} reason=\"too many at a time\"", queueId);
        }
    }

    /** False also while a file in {@code queue/} cannot be read; true if that is so in {@code failed/} only. */
    @Override
    public boolean isFollowing() {
        return isFollowing;
    }

    @Override
    public boolean hasEvents() {
        return !isPolling;
    }

    @Override
    public boolean isBeingEmptied() {
        return tracker.isDistrusting();
    }

    @Override
    public boolean isHealing() {
        return healing.isOn();
    }

    @Override
    public synchronized Optional<CopyChange> find(String queueId, List<String> recipients) {
        takeInbox();
        return records.find(GraphCopy.of(queueId, recipients));
    }

    @Override
    public boolean isAccepted(String queueId, List<String> recipients) {
        return records.answered()
                .of(GraphCopy.of(queueId, recipients))
                .filter(change -> change.state() == CopyState.ACCEPTED)
                .isPresent();
    }

    @Override
    public synchronized List<WaitingCopy> waiting(int limit) {
        return records.waiting(limit);
    }

    @Override
    public GraphSummary summary() {
        return summary;
    }

    /**
     * Has smtp2graph send a stuck or failed copy again now.
     *
     * @return why not; empty if it is sent
     */
    public synchronized Optional<String> sendAgain(String fileName) {
        return healing.sendAgain(fileName, clock.instant());
    }

    private void closeChanges() {
        changes.ifPresent(watch -> {
            try {
                watch.close();
            } catch (IOException ignored) {
                LOGGER.debug("watch not closed", ignored);
            }
        });
        changes = Optional.empty();
    }

    @Override
    public synchronized void close() throws IOException {
        closeChanges();
        takeInbox();
        records.close();
    }
}
