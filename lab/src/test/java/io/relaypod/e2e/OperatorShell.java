package io.relaypod.e2e;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HashMap;
import java.util.Map;

import io.relaypod.lab.world.LabWorld;
import io.relaypod.server.cli.Relaypod;
import picocli.CommandLine;

/** Runs the commands in this process, with the environment of a relay. Immutable. */
final class OperatorShell {

    private final Map<String, String> environment;

    private OperatorShell(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /**
     * The result of a command.
     *
     * @param text the output, errors included
     */
    record Printed(int exitCode, String text) {}

    /** A shell with the environment of the relay of a lab world, which has its password in DATA_DIR. */
    static OperatorShell beside(LabWorld world) {
        return new OperatorShell(Map.of(
                "WEBADMIN_ADDR",
                "127.0.0.1:" + world.relay().webadminPort().orElseThrow(),
                "DATA_DIR",
                world.settings().dataDir().toString(),
                "JAMES_CONF",
                world.settings().jamesConf().toString()));
    }

    /** A shell with one more variable. */
    OperatorShell with(String variable, String value) {
        Map<String, String> more = new HashMap<>(environment);
        more.put(variable, value);
        return new OperatorShell(more);
    }

    /** Runs {@code ./relaypod} with these arguments. */
    Printed run(String... arguments) {
        StringWriter printed = new StringWriter();
        PrintWriter writer = new PrintWriter(printed, true);
        CommandLine commands = Relaypod.commandLine(environment).setOut(writer).setErr(writer);
        int exitCode = commands.execute(arguments);
        return new Printed(exitCode, printed.toString());
    }

    /** The output of {@code ./relaypod} with these arguments. */
    String text(String... arguments) {
        return run(arguments).text();
    }
}
