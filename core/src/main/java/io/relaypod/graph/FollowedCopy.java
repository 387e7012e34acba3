package io.relaypod.graph;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** A copy in smtp2graph's directories, and what is known of its attempts. For one thread. */
final class FollowedCopy {

    // smtp2graph's shortest retryInterval is a minute.
    private static final Duration NO_ATTEMPT = Duration.ofSeconds(55);

    private final GraphCopy copy;
    private CopyPlace place;
    private Instant deliveredAt;
    private boolean isOurs;
    private int attempts;
    private int loneFailures;
    private Instant countedAt = Instant.EPOCH;
    private boolean isOnRetryList;
    private CopyState afterAttempt = CopyState.QUEUED;
    private Instant attemptedAt = Instant.EPOCH;
    private Optional<GraphError> error = Optional.empty();
    private CopyState recorded = CopyState.QUEUED;

    /** Directory that has the file. */
    enum CopyPlace {
        TEMP,
        QUEUE,
        FAILED,
        /** A directory of the relay's own, on the way from one of the others to another. */
        RELAY
    }

    FollowedCopy(GraphCopy copy, CopyPlace place, Instant deliveredAt, boolean isOurs) {
        this.copy = copy;
        this.place = place;
        this.deliveredAt = deliveredAt;
        this.isOurs = isOurs;
    }

    /**
     * Reads smtp2graph's file of a copy that the relay is not known to have delivered.
     *
     * @throws IOException if the file cannot be read; it may have been moved or deleted
     */
    static FollowedCopy read(Path file, CopyPlace place) throws IOException {
        Instant modified = Files.getLastModifiedTime(file).toInstant();
        return new FollowedCopy(CopyHeader.read(file).copy(), place, modified, false);
    }

    GraphCopy copy() {
        return copy;
    }

    String fileName() {
        return copy.fileName();
    }

    CopyPlace place() {
        return place;
    }

    /** Moves it; in {@code queue/} an attempt may begin at once. */
    void moveTo(CopyPlace there) {
        if (there != place) {
            place = there;
            afterAttempt = CopyState.QUEUED;
            isOnRetryList = false;
        }
    }

    Instant deliveredAt() {
        return deliveredAt;
    }

    /** Whether the relay knows that it delivered the copy, or saw it arrive. */
    boolean isOurs() {
        return isOurs;
    }

    void delivered(Instant at) {
        isOurs = true;
        deliveredAt = at;
    }

    /** Failed attempts; those within a minute are one. */
    int attempts() {
        return attempts;
    }

    /** Those of the {@link #attempts} between which Graph accepted another copy of the mailbox, and the first. */
    int loneFailures() {
        return loneFailures;
    }

    /**
     * Whether smtp2graph attempts it at each look at its list, every 30 s. It does so with what failed for the last
     * time after it had failed for a while: it forgets to take it from the list.
     */
    boolean isPolled() {
        return isOnRetryList && afterAttempt == CopyState.STUCK;
    }

    Instant attemptedAt() {
        return attemptedAt;
    }

    Optional<GraphError> error() {
        return error;
    }

    CopyState state() {
        return switch (place) {
            case TEMP -> CopyState.IN_TEMP;
            case QUEUE -> afterAttempt;
            case FAILED -> CopyState.FAILED;
            case RELAY -> CopyState.DEFERRED;
        };
    }

    /** Its state, as it is published and reported. */
    CopyChange change(Instant at) {
        return new CopyChange(copy, state(), at, error);
    }

    /** State in the journal. */
    CopyState recorded() {
        return recorded;
    }

    void recorded(CopyState written) {
        recorded = written;
    }

    /**
     * An attempt failed, and no other has begun.
     *
     * @param accepted when Graph last accepted a copy of the same mailbox
     */
    void attemptFailed(GraphError reason, boolean isLast, Instant at, Optional<Instant> accepted) {
        error = Optional.of(reason);
        if (!at.isBefore(countedAt.plus(NO_ATTEMPT))) {
            if (attempts == 0 || accepted.filter(countedAt::isBefore).isPresent()) {
                loneFailures++;
            }
            attempts++;
            countedAt = at;
        }
        attemptedAt = at;
        afterAttempt = isLast ? CopyState.STUCK : CopyState.DEFERRED;
        isOnRetryList |= !isLast;
    }

    /** smtp2graph was started, and attempts all that is in {@code queue/}. */
    void attemptBegins() {
        afterAttempt = CopyState.QUEUED;
        isOnRetryList = false;
    }

    /**
     * Whether smtp2graph may be sending it, so that the file's deletion means that Graph accepted it.
     *
     * @param now by the relay's clock
     */
    boolean mayBeInFlight(Instant now) {
        return place == CopyPlace.QUEUE
                && switch (afterAttempt) {
                    case STUCK -> isOnRetryList;
                    case DEFERRED -> !now.isBefore(attemptedAt.plus(NO_ATTEMPT));
                    default -> true;
                };
    }
}
