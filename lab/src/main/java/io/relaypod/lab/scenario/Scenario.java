package io.relaypod.lab.scenario;

import java.util.List;

import io.relaypod.lab.world.LabWorld;

/** An attack or a failure, with its expected result. */
public interface Scenario {

    /** All scenarios, in the order of their numbers. */
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

    /** The expected result in a few words. */
    String expected();

    /** Runs the scenario. Other scenarios may have run in the same world before. */
    ScenarioResult play(LabWorld world) throws Exception;
}
