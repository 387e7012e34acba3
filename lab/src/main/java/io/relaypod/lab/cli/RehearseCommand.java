package io.relaypod.lab.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;

import io.relaypod.lab.scenario.Scenario;
import io.relaypod.lab.scenario.ScenarioResult;
import io.relaypod.lab.world.ExternalRelay;
import io.relaypod.lab.world.LabWorld;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Plays the attack scenarios against a relay that a command line starts: what the image's build trains its AOT cache
 * with.
 */
@Command(
        name = "rehearse",
        mixinStandardHelpOptions = true,
        description = "Start a relay with a command of yours, play the attack scenarios against it, and stop it.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:every scenario was seen as expected", "1:one was not"})
final class RehearseCommand implements Callable<Integer> {

    @Parameters(
            arity = "1..*",
            paramLabel = "COMMAND",
            description =
                    "What starts the relay. It is given its ports, DNS server and gateway by environment variables.")
    private List<String> command = List.of();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        boolean holds = true;
        try (LabWorld world = LabWorld.builder()
                .start(environment -> ExternalRelay.program(command, ExternalRelay.withPorts(environment)))) {
            // The relay starts with its defaults.
            for (Scenario scenario : Scenario.all().stream()
                    .filter(each -> !each.needsSmtp2GraphFiles())
                    .toList()) {
                ScenarioResult outcome = scenario.play(world);
                out.printf("%d %s: %s%n", scenario.number(), scenario.name(), outcome.seen());
                if (!outcome.holds()) {
                    out.printf("not as expected: %s%n%s%n", scenario.expected(), outcome.transcript());
                }
                out.flush();
                holds &= outcome.holds();
            }
        }
        return holds ? 0 : 1;
    }
}
