package io.relaypod.hold;

import java.util.Collection;
import java.util.Collections;
import java.util.Optional;

import io.relaypod.graph.CopyState;
import io.relaypod.graph.GraphError;

/**
 * What is to be done with a message of the outgoing queue. If its copies differ, the first of these counts: a copy that
 * has to be sent, is refused, lost or given up is acted upon when the others are answered.
 */
public enum HoldStatus {
    /** smtp2graph has a copy without an answer. */
    WAITING,
    /** None of its copies is in smtp2graph: it has to be sent. */
    UNSENT,
    /** Graph will not accept the message. */
    REFUSED,
    /** smtp2graph lost the copy, and Graph is not known to have accepted it: another attempt is due. */
    LOST,
    /** smtp2graph gave the copy up, and Graph may accept it later: another attempt is due. */
    GIVEN_UP,
    /** Graph accepted it, or the copy was stored in the failed repository. */
    DONE;

    static HoldStatus together(Collection<HoldStatus> copies) {
        return copies.isEmpty() ? UNSENT : Collections.min(copies);
    }

    /** @param isHealed whether the relay has smtp2graph send failed copies again */
    static HoldStatus of(CopyState state, Optional<GraphError> error, boolean isHealed) {
        boolean isPermanent = error.filter(last -> last.code().isPermanent()).isPresent();
        return switch (state) {
            case ACCEPTED, WITHDRAWN -> DONE;
            case MISSING -> LOST;
            case FAILED -> isHealed ? WAITING : isPermanent ? REFUSED : GIVEN_UP;
            case STUCK -> !isHealed && isPermanent ? REFUSED : WAITING;
            case EXPECTED, IN_TEMP, QUEUED, DEFERRED -> WAITING;
        };
    }
}
