package io.relaypod.lab.scenario;

import io.relaypod.lab.world.LabWorld;

/** A booker with a fake domain, who never gets the verification mail. */
final class VerificationBypass implements Scenario {

    @Override
    public int number() {
        return 4;
    }

    @Override
    public String name() {
        return "e-mail verification bypass";
    }

    @Override
    public String expected() {
        return "the verification mail is refused too";
    }

    @Override
    public ScenarioResult play(LabWorld world) throws Exception {
        return RefusedMail.play(world, "booker@fake-verification.xyz");
    }
}
