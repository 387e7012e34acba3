package io.relaypod.throttle;

import java.time.Duration;

/** A condition beside the rate under which a mailbox sends. Implementations are thread-safe and do not wait. */
public interface SenderGate {

    /** Takes a place for one mail of the mailbox; false if there is none now. */
    boolean tryPass(String mailbox);

    /** Gives back a place that {@link #tryPass} took for the mailbox and that no mail will use. */
    default void release(String mailbox) {}

    /** How long the mailbox waits for a place, as far as is known; zero if there is one. */
    Duration waitingTime(String mailbox);
}
