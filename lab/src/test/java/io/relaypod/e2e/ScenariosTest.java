package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;

import io.relaypod.lab.scenario.Scenario;
import io.relaypod.lab.scenario.ScenarioResult;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Runs each attack scenario as a test with its name. */
class ScenariosTest {

    private static LabWorld world;

    @BeforeAll
    static void start() throws Exception {
        world = LabWorld.builder().followingGraph().start();
    }

    @AfterAll
    static void stop() {
        world.close();
    }

    @TestFactory
    Stream<DynamicTest> scenario() {
        return Scenario.all().stream()
                .map(scenario -> DynamicTest.dynamicTest(scenario.number() + " " + scenario.name(), () -> {
                    ScenarioResult outcome = scenario.play(world);
                    assertThat(outcome.holds())
                            .as("expected: %s; seen: %s; %s", scenario.expected(), outcome.seen(), outcome.transcript())
                            .isTrue();
                }));
    }
}
