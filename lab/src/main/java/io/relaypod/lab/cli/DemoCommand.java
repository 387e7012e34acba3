package io.relaypod.lab.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

import io.relaypod.lab.scenario.Scenario;
import io.relaypod.lab.scenario.ScenarioResult;
import io.relaypod.lab.world.LabWorld;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the attack scenarios against a relay in a lab world, and prints the results. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = "Run the attack scenarios against the relay. Needs no network, no Docker and no root.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:every scenario had the expected result", "1:a scenario did not"})
final class DemoCommand implements Callable<Integer> {

    private static final int SMTP_PORT = 2500;
    private static final int METRICS_PORT = 9090;
    private static final int WEBADMIN_PORT = 8000;
    private static final int MAILPIT_PORT = 1025;
    private static final int DNS_PORT = 5300;

    @Option(
            names = "--stay",
            description =
                    "Run no scenario: start the world for your own messages and print each one that arrives, until Ctrl-C.")
    private boolean stay;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private record PlayedScenario(Scenario scenario, ScenarioResult result) {}

    @Override
    public Integer call() throws Exception {
        LabWorld.Builder builder = LabWorld.builder().followingGraph();
        try (LabWorld world = stay
                ? builder.atFixedPorts(SMTP_PORT, METRICS_PORT, WEBADMIN_PORT, MAILPIT_PORT, DNS_PORT)
                        .start()
                : builder.start()) {
            PrintWriter out = spec.commandLine().getOut();
            out.printf(
                    "relay 127.0.0.1:%d, Mailpit 127.0.0.1:%d: %s%n",
                    world.relay().smtpAddress().getPort(),
                    world.mailpit().smtpAddress().getPort(),
                    world.mailpit().description());
            if (stay) {
                return new Arrivals(world, out).show();
            }
            List<PlayedScenario> played = new ArrayList<>();
            for (Scenario scenario : Scenario.all()) {
                ScenarioResult result = scenario.play(world);
                played.add(new PlayedScenario(scenario, result));
                print(scenario, result);
            }
            printTable(played);
            return played.stream().allMatch(one -> one.result().holds()) ? 0 : 1;
        }
    }

    private void print(Scenario scenario, ScenarioResult result) {
        PrintWriter out = spec.commandLine().getOut();
        out.println();
        out.println(styled("@|bold " + scenario.number() + " " + scenario.name() + "|@"));
        result.transcript().forEach(line -> out.println("  " + line));
        out.flush();
    }

    private void printTable(List<PlayedScenario> played) {
        PrintWriter out = spec.commandLine().getOut();
        int name = width(played.stream().map(one -> one.scenario().name()).toList());
        int expected =
                width(played.stream().map(one -> one.scenario().expected()).toList());
        int seen = width(played.stream().map(one -> one.result().seen()).toList());
        String row = "%-2s %-" + name + "s  %-" + expected + "s  %-" + seen + "s  ";
        out.println();
        out.println(String.format(row, "#", "scenario", "expected", "seen") + "verdict");
        for (PlayedScenario one : played) {
            out.println(String.format(
                            row,
                            one.scenario().number(),
                            one.scenario().name(),
                            one.scenario().expected(),
                            one.result().seen())
                    + styled(one.result().holds() ? "@|green holds|@" : "@|red,bold FAILS|@"));
        }
        out.flush();
    }

    private static int width(List<String> cells) {
        return cells.stream().mapToInt(String::length).max().orElse(1);
    }

    private String styled(String text) {
        return spec.commandLine().getColorScheme().ansi().string(text);
    }
}
