package io.relaypod.e2e;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HashMap;
import java.util.Map;

import io.relaypod.lab.world.LabWorld;
import io.relaypod.server.cli.Relaypod;
import picocli.CommandLine;

/** The commands, in this process, with the environment of a relay. Immutable. */
final class OperatorShell {

    private final Map<String, String> environment;

    private OperatorShell(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /**
     * What a command printed, errors included.
     *
     * @param exitCode 0 if it succeeded
     */
    record Printed(int exitCode, String text) {}

    /** The shell beside the relay of a world, whose password is the one of its DATA_DIR. */
    static OperatorShell beside(LabWorld world) {
        return new OperatorShell(Map.of(
                "WEBADMIN_ADDR",
                "127.0.0.1:" + world.relay().webadminPort().orElseThrow(),
                "DATA_DIR",
                world.settings().dataDir().toString(),
                "JAMES_CONF",
                world.settings().jamesConf().toString()));
    }

    /** The same with one more variable. */
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

    /** What {@code ./relaypod} with these arguments prints. */
    String text(String... arguments) {
        return run(arguments).text();
    }
}
