package io.relaypod.lab.scenario;

import io.relaypod.lab.world.LabWorld;

/** A booking with an address at a domain that does not exist. */
final class FakeDomainBooking implements Scenario {

    @Override
    public int number() {
        return 1;
    }

    @Override
    public String name() {
        return "fake-domain booking";
    }

    @Override
    public String expected() {
        return "550 5.1.2 at RCPT, no DATA, nothing in Mailpit, counted";
    }

    @Override
    public ScenarioResult play(LabWorld world) throws Exception {
        return RefusedMail.play(world, "spammer@nonexistent-domain.xyz");
    }
}
