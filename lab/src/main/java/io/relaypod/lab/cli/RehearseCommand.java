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
 * Runs the attack scenarios against a relay that a command starts. The build of the image trains the AOT cache with
 * this command.
 */
@Command(
        name = "rehearse",
        mixinStandardHelpOptions = true,
        description = "Start a relay with the given command, run the attack scenarios against it, and stop it.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:every scenario had the expected result", "1:a scenario did not"})
final class RehearseCommand implements Callable<Integer> {

    @Parameters(
            arity = "1..*",
            paramLabel = "COMMAND",
            description =
                    "The command that starts the relay. Environment variables give it its ports, DNS server and gateway.")
    private List<String> command = List.of();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        boolean holds = true;
        try (LabWorld world = LabWorld.builder()
                .start(environment -> ExternalRelay.program(command, ExternalRelay.withPorts(environment)))) {
            // The relay runs with its defaults, so without SMTP2GRAPH_DATA.
            for (Scenario scenario : Scenario.all().stream()
                    .filter(each -> !each.needsSmtp2GraphFiles())
                    .toList()) {
                ScenarioResult result = scenario.play(world);
                out.printf("%d %s: %s%n", scenario.number(), scenario.name(), result.seen());
                if (!result.holds()) {
                    out.printf("not as expected: %s%n%s%n", scenario.expected(), result.transcript());
                }
                out.flush();
                holds &= result.holds();
            }
        }
        return holds ? 0 : 1;
    }
}
