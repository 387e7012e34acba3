package io.relaypod.incidents;

import java.util.Optional;

/** Tells whether the condition of one kind of incident holds. Called by one thread. */
public interface IncidentCheck {

    IncidentKind kind();

    /**
     * The reason while the condition holds, without local parts of addresses; empty if it does not hold. May take some
     * seconds.
     */
    Optional<String> problem();

    /** Whether one observation is enough to begin an incident. Otherwise the condition has to hold for a while. */
    default boolean isCertain() {
        return false;
    }
}
