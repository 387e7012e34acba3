package io.relaypod.lab.scenario;

import io.relaypod.lab.world.LabWorld;

/** A user who mistypes a provider's name: the domain exists and receives no mail. */
final class TypingError implements Scenario {

    @Override
    public int number() {
        return 2;
    }

    @Override
    public String name() {
        return "typing error";
    }

    @Override
    public String expected() {
        return "refused at once, so that the user can correct it";
    }

    @Override
    public ScenarioResult play(LabWorld world) throws Exception {
        return RefusedMail.play(world, "user@gmial.com");
    }
}
