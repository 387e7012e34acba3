package io.relaypod.graph;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

import io.relaypod.graph.FollowedCopy.CopyPlace;
import io.relaypod.graph.HealSettings.HealMode;
import io.relaypod.graph.HealingListener.HealingMove;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has smtp2graph send again what it would keep or give up, and takes out what it can never send. For the one thread
 * that follows the directories.
 *
 * <p>Every step is one rename. smtp2graph notices a file that was out of {@code queue/} for half a second, so a stuck
 * file waits in a directory of the relay's own meanwhile; after a crash in between, the next start moves it back. A
 * file that smtp2graph may be sending is never moved: one that failed and that smtp2graph does not attempt again, one
 * in {@code failed/}, or one in {@code temp/} whose 250 was given.
 *
 * <p>A file in {@code again/} is in {@code outOfQueue}, and while files are moved, one in {@code withdrawn/} in
 * {@code toBeStored}, with the time of the next step. Its followed copy, if there was room for one, is at
 * {@link CopyPlace#RELAY}.
 */
final class GraphHealing {

    private static final Logger LOGGER = LoggerFactory.getLogger(GraphHealing.class);

    private static final Duration OUT_OF_QUEUE = Duration.ofSeconds(2);
    private static final Duration STILL_IN_TEMP = Duration.ofSeconds(10);
    private static final Duration BETWEEN_POLLS = Duration.ofSeconds(15);
    private static final Duration NEVER_ATTEMPTED_AGAIN = Duration.ofDays(1);
    private static final Duration EXPIRY = Duration.ofDays(5);
    private static final Duration STORE_AGAIN = Duration.ofMinutes(1);
    private static final int AT_A_TIME = 4;
    private static final int MOST_ATTEMPTS = 10;
    private static final GraphError NO_ERROR = new GraphError(GraphCode.OTHER, "", "");

    private final Smtp2GraphDirectory directory;
    private final HealSettings settings;
    private final CopyTracker tracker;
    private final CopyRecords records;
    private final HealingPace pace = new HealingPace();
    private final Map<String, Instant> outOfQueue = new HashMap<>();
    private final Map<String, Instant> toBeStored = new HashMap<>();
    private final Set<String> sentAgain = new HashSet<>();
    private volatile boolean isWritable;

    GraphHealing(Smtp2GraphDirectory directory, HealSettings settings, CopyTracker tracker, CopyRecords records) {
        this.directory = directory;
        this.settings = settings;
        this.tracker = tracker;
        this.records = records;
    }

    /** Whether the volume can be written, so far as is known. */
    boolean isWritable() {
        return isWritable;
    }

    /** Whether files are moved. For any thread. */
    boolean isOn() {
        return isWritable && settings.mode() != HealMode.OFF;
    }

    /** The directories can be read. Finishes what a crash left unfinished; call it before they are listed. */
    void begin(Instant now) {
        isWritable = makeDirectories();
        if (!isWritable && settings.mode() == HealMode.ON) {
            LOGGER.warn(
                    "event=graph-heal-off directory={} reason=\"not writable by this user; GRAPH_HEAL=true needs smtp2graph's user or group\"",
                    directory.root());
        }
        if (isWritable) {
            for (String name : names(directory.again())) {
                Path file = directory.again().resolve(name);
                if (follow(file)) {
                    outOfQueue.put(name, now.plus(OUT_OF_QUEUE));
                } else {
                    isMovedToQueue(file);
                }
            }
        }
        if (isOn()) {
            names(directory.withdrawn()).forEach(name -> {
                toBeStored.put(name, Instant.EPOCH);
                follow(directory.withdrawn().resolve(name));
            });
        }
    }

    // So that the log's reason finds it, and its absence elsewhere is no acceptance.
    private boolean follow(Path file) {
        try {
            FollowedCopy followed = FollowedCopy.read(file, CopyPlace.RELAY);
            followed.delivered(followed.deliveredAt());
            return records.index().file(followed.fileName()).isPresent()
                    || records.index().add(followed);
        } catch (IOException | UncheckedIOException unreadable) {
            LOGGER.warn("event=graph-heal-failed file={} reason=\"{}\"", file, unreadable.toString());
            return false;
        }
    }

    private boolean makeDirectories() {
        try {
            if (!Stream.of(directory.temp(), directory.queue(), directory.failed())
                    .allMatch(Files::isWritable)) {
                return false;
            }
            Files.createDirectories(directory.again());
            Files.createDirectories(directory.withdrawn());
            return true;
        } catch (IOException readOnly) {
            LOGGER.debug("smtp2graph's volume cannot be written", readOnly);
            return false;
        }
    }

    private static List<String> names(Path place) {
        List<String> names = new ArrayList<>();
        try {
            Smtp2GraphDirectory.list(place, names::add);
        } catch (IOException | UncheckedIOException unreadable) {
            LOGGER.warn("event=graph-heal-failed directory={} reason=\"{}\"", place, unreadable.toString());
        }
        return names;
    }

    // What is there is not replaced.
    private boolean isMovedToQueue(Path from) {
        Path queued = directory.queue().resolve(from.getFileName());
        return !Files.exists(queued) && isMoved(from, queued);
    }

    /** @return false if the file was not there or could not be moved */
    private static boolean isMoved(Path from, Path to) {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
            return true;
        } catch (NoSuchFileException vanished) {
            return false;
        } catch (IOException failed) {
            LOGGER.warn("event=graph-heal-failed file={} reason=\"{}\"", from, failed.toString());
            return false;
        }
    }

    void onChange(CopyChange change) {
        pace.onChange(change);
        if (change.state() != CopyState.QUEUED) {
            sentAgain.remove(change.copy().fileName());
        }
    }

    /** Does what is due; called each second. */
    void tick(Instant now) {
        if (isWritable) {
            returnToQueue(now);
        }
        if (isOn()) {
            store(now);
            int left = AT_A_TIME;
            for (FollowedCopy followed : new ArrayList<>(records.index().all())) {
                if (left > 0 && heal(followed, now)) {
                    left--;
                }
            }
        }
    }

    private void returnToQueue(Instant now) {
        for (String name : due(outOfQueue, now)) {
            Path file = directory.again().resolve(name);
            Optional<FollowedCopy> followed = records.index().file(name);
            if (followed.isEmpty()) {
                delete(file); // Graph accepted it while it was out
                outOfQueue.remove(name);
            } else if (isBackInQueue(followed.get(), file)) {
                outOfQueue.remove(name);
            } else if (Files.notExists(file) && directory.placeOf(name).isEmpty()) {
                tracker.answer(followed.get(), CopyState.MISSING, now); // somebody deleted it
                outOfQueue.remove(name);
            } else {
                outOfQueue.put(name, now.plus(OUT_OF_QUEUE));
            }
        }
    }

    private static List<String> due(Map<String, Instant> files, Instant now) {
        return files.entrySet().stream()
                .filter(file -> !now.isBefore(file.getValue()))
                .map(Map.Entry::getKey)
                .toList();
    }

    // smtp2graph attempts it at once, so its absence after a crash has to count as an acceptance: the record is written
    // first. A file that is still elsewhere then is found there.
    private boolean isBackInQueue(FollowedCopy followed, Path file) {
        Path queued = directory.queue().resolve(followed.fileName());
        if (Files.exists(queued) || Files.notExists(file)) {
            return false;
        }
        CopyPlace from = followed.place();
        recordAt(CopyPlace.QUEUE, followed);
        if (!isMoved(file, queued)) {
            recordAt(from, followed);
            return false;
        }
        sentAgain.add(followed.fileName());
        settings.listener().onMove(followed.copy(), HealingMove.RETRIED, error(followed));
        return true;
    }

    private void recordAt(CopyPlace place, FollowedCopy followed) {
        followed.moveTo(place);
        records.record(followed);
        records.flush();
    }

    private static GraphError error(FollowedCopy followed) {
        return followed.error().orElse(NO_ERROR);
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException failed) {
            LOGGER.warn("event=graph-heal-failed file={} reason=\"{}\"", file, failed.toString());
        }
    }

    /** @return whether a file was moved */
    private boolean heal(FollowedCopy followed, Instant now) {
        return switch (followed.state()) {
            case IN_TEMP -> rescue(followed, now);
            case STUCK -> (!followed.isPolled() || isBetweenPolls(followed, now)) && healFailed(followed, now);
            case FAILED -> followed.isOurs() && healFailed(followed, now);
            // With retryLimit 0 smtp2graph attempts nothing again.
            case DEFERRED ->
                followed.place() == CopyPlace.QUEUE
                        && now.isAfter(followed.attemptedAt().plus(NEVER_ATTEMPTED_AGAIN))
                        && healFailed(followed, now);
            default -> false;
        };
    }

    // What smtp2graph attempts by itself is only withdrawn, and only when no attempt can be under way.
    private boolean isBetweenPolls(FollowedCopy followed, Instant now) {
        return isHopeless(followed, now) && now.isBefore(followed.attemptedAt().plus(BETWEEN_POLLS));
    }

    private boolean rescue(FollowedCopy followed, Instant now) {
        Optional<Instant> acceptedAt =
                records.expected().acceptedAt(followed.copy()).filter(any -> isThatOfItsMessage(followed));
        if (acceptedAt.isEmpty()) {
            return false;
        }
        Path file = directory.temp().resolve(followed.fileName());
        try {
            Instant written = Files.getLastModifiedTime(file).toInstant();
            // One that is older is the beginning of a message whose delivery failed, and which was sent again.
            if (written.isBefore(settings.boot())
                    || !ExpectedCopies.isOfDelivery(written, acceptedAt.get())
                    || now.isBefore(written.plus(STILL_IN_TEMP))) {
                return false;
            }
        } catch (IOException vanished) {
            return false;
        }
        if (!isMovedToQueue(file)) {
            return false;
        }
        records.move(followed, CopyPlace.QUEUE);
        settings.listener().onMove(followed.copy(), HealingMove.RESCUED, NO_ERROR);
        return true;
    }

    private boolean isThatOfItsMessage(FollowedCopy followed) {
        return records.index().copyOf(followed.copy()).filter(followed::equals).isPresent();
    }

    private boolean healFailed(FollowedCopy followed, Instant now) {
        if (now.isBefore(followed.attemptedAt().plus(OUT_OF_QUEUE))) {
            return false;
        }
        if (isHopeless(followed, now)) {
            return withdraw(followed, now);
        }
        GraphError error = error(followed);
        boolean mayGo = pace.isDue(followed.copy(), error, now)
                && (pace.hasRecovered(followed.copy(), error)
                        ? sentAgain.size() < AT_A_TIME
                        : !isProbing(followed, error));
        return mayGo && again(followed, now);
    }

    private static boolean isHopeless(FollowedCopy followed, Instant now) {
        GraphCode code = error(followed).code();
        boolean isAloneInFailing = followed.loneFailures() >= MOST_ATTEMPTS
                && code != GraphCode.SEND_AS_DENIED
                && code != GraphCode.ACCESS_DENIED;
        return code.isPermanent()
                || isAloneInFailing
                || now.isAfter(followed.deliveredAt().plus(EXPIRY));
    }

    // One that smtp2graph does not notice, or that waits for an answer, does not stop the others for good.
    private boolean isProbing(FollowedCopy followed, GraphError error) {
        String scope = HealingPace.scope(followed.copy(), error);
        return sentAgain.stream()
                .flatMap(name -> records.index().file(name).stream())
                .filter(other -> other.state() == CopyState.QUEUED)
                .anyMatch(other -> HealingPace.scope(other.copy(), error(other)).equals(scope));
    }

    private boolean again(FollowedCopy followed, Instant now) {
        String name = followed.fileName();
        if (followed.place() == CopyPlace.FAILED) {
            return isBackInQueue(followed, directory.failed().resolve(name));
        }
        if (!isMoved(directory.queue().resolve(name), directory.again().resolve(name))) {
            return false;
        }
        followed.moveTo(CopyPlace.RELAY);
        outOfQueue.put(name, now.plus(OUT_OF_QUEUE));
        return true;
    }

    /**
     * Sends a copy again now, because an operator says so.
     *
     * @return why not; empty if it is sent
     */
    Optional<String> sendAgain(String fileName, Instant now) {
        if (!isOn()) {
            return Optional.of("GRAPH_HEAL is off, or smtp2graph's volume cannot be written");
        }
        Optional<FollowedCopy> followed = records.index().file(fileName);
        if (followed.isEmpty()) {
            return Optional.of("there is no such file");
        }
        CopyState state = followed.get().state();
        if (state != CopyState.STUCK && state != CopyState.FAILED) {
            return Optional.of("smtp2graph may be sending it");
        }
        followed.get().delivered(followed.get().deliveredAt());
        return again(followed.get(), now) ? Optional.empty() : Optional.of("the file could not be moved");
    }

    private boolean withdraw(FollowedCopy followed, Instant now) {
        String name = followed.fileName();
        Path from = directory.of(followed.place()).resolve(name);
        if (!isMoved(from, directory.withdrawn().resolve(name))) {
            return false;
        }
        followed.moveTo(CopyPlace.RELAY);
        toBeStored.put(name, now);
        store(now);
        return true;
    }

    private void store(Instant now) {
        for (String name : due(toBeStored, now)) {
            Path file = directory.withdrawn().resolve(name);
            Optional<FollowedCopy> followed = records.index().file(name);
            try {
                CopyHeader header = CopyHeader.read(file);
                // It may have lost its end in a power failure; the message that the relay holds has not.
                boolean mayBeCut = Files.getLastModifiedTime(file).toInstant().isBefore(settings.boot());
                settings.withdrawn()
                        .store(header, file, followed.map(GraphHealing::error).orElse(NO_ERROR), mayBeCut);
                tracker.answer(
                        followed.orElseGet(() -> new FollowedCopy(header.copy(), CopyPlace.RELAY, now, true)),
                        mayBeCut ? CopyState.MISSING : CopyState.WITHDRAWN,
                        now);
                // Without the file, a record that it is stuck would tell that it is lost.
                records.flush();
                toBeStored.remove(name);
                delete(file);
            } catch (IOException | UncheckedIOException failed) {
                if (Files.notExists(file)) {
                    toBeStored.remove(name); // somebody deleted it
                    followed.ifPresent(copy -> tracker.answer(copy, CopyState.MISSING, now));
                    continue;
                }
                LOGGER.warn("event=graph-heal-failed file={} reason=\"{}\"", file, failed.toString());
                toBeStored.put(name, now.plus(STORE_AGAIN));
            }
        }
    }
}
