package io.relaypod.graph;

/** Where a copy is between Mailpit's 250 and Graph's 202. */
public enum CopyState {
    /** Mailpit answered 250, and no file of the copy has been seen yet. */
    EXPECTED,
    /** In {@code temp/}: smtp2graph has not answered 250, or crashed before it moved the file. */
    IN_TEMP,
    /**
     * In {@code queue/}, without a failed attempt since it got there: smtp2graph sends it, or will at its next start.
     */
    QUEUED,
    /** In {@code queue/}, and the last attempt failed; smtp2graph or the relay tries again. */
    DEFERRED,
    /** In {@code queue/}, and smtp2graph makes no further attempt until it is started again. */
    STUCK,
    /** In {@code failed/}: smtp2graph makes no further attempt. */
    FAILED,
    /** Graph accepted it: smtp2graph deleted the file. */
    ACCEPTED,
    /** In no directory, and Graph is not known to have accepted it. It has to be sent again from here. */
    MISSING,
    /** Taken out of smtp2graph's directories into the relay's failed repository. */
    WITHDRAWN;

    /** Whether the last attempt failed, and none is under way. */
    public boolean isFailure() {
        return this == DEFERRED || this == STUCK || this == FAILED;
    }

    /** Whether nothing more happens to the copy in smtp2graph. */
    public boolean isFinal() {
        return this == ACCEPTED || this == MISSING || this == WITHDRAWN;
    }
}
