package io.relaypod.lab.scenario;

import java.util.List;

import io.relaypod.lab.world.LabWorld;

/** An attack, and what must be seen of it. */
public interface Scenario {

    /** All of them, in the order of their numbers. */
    static List<Scenario> all() {
        return List.of(
                new FakeDomainBooking(),
                new TypingError(),
                new DisposableDomain(),
                new VerificationBypass(),
                new BounceStorm(),
                new ResourceExhaustion(),
                new SenderReputation(),
                new CalendarBug(),
                new ExpiredSecret());
    }

    int number();

    String name();

    /** Whether the relay must read smtp2graph's directory. */
    default boolean needsSmtp2GraphFiles() {
        return false;
    }

    /** What must be seen, in a few words. */
    String expected();

    /** Plays it; the world may have been used before. */
    ScenarioResult play(LabWorld world) throws Exception;
}
