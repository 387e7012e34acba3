package io.relaypod.server.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

import io.relaypod.configuration.ConfigurationProblem;
import io.relaypod.server.james.RelayAssembly;
import io.relaypod.server.metrics.MeterNames;
import io.relaypod.server.settings.ConfigurationFindings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Judges the configuration as a start does, and starts nothing. */
@Command(
        name = "validate",
        mixinStandardHelpOptions = true,
        description =
                "Check the environment and james-conf as the start does, and start nothing. Run it with a new image before an upgrade.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:the relay would start; warnings may have been printed", "78:the configuration is wrong"})
final class ValidateCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private final Map<String, String> environment;

    /** @param environment the variables of docs/configuration.md */
    ValidateCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        RelayAssembly assembly = RelayAssembly.of(environment, MeterNames.registry());
        ConfigurationFindings findings = assembly.findings();
        List<ConfigurationProblem> warnings = findings.warnings();
        Terminal terminal = new Terminal(spec);
        if (terminal.isJson()) {
            List<ConfigurationProblem> faults = findings.faults();
            terminal.json(new Validation(faults.isEmpty(), parts(faults), parts(warnings)));
            return faults.isEmpty() ? Terminal.DONE : Relaypod.WRONG_CONFIGURATION;
        }
        warnings.forEach(warning -> spec.commandLine().getErr().println("warning: " + warning));
        spec.commandLine().getErr().flush();
        findings.throwIfWrong();
        terminal.line(
                "The configuration is valid: the environment and %s%s",
                assembly.settings().jamesConf(),
                warnings.isEmpty()
                        ? "."
                        : ", with " + warnings.size() + (warnings.size() == 1 ? " warning." : " warnings."));
        return Terminal.DONE;
    }

    /** What {@code --json} prints. */
    private record Validation(boolean valid, List<Map<String, Object>> problems, List<Map<String, Object>> warnings) {}

    private static List<Map<String, Object>> parts(List<ConfigurationProblem> problems) {
        return problems.stream().map(ValidateCommand::parts).toList();
    }

    private static Map<String, Object> parts(ConfigurationProblem problem) {
        Map<String, Object> parts = new LinkedHashMap<>();
        parts.put("place", problem.place());
        parts.put("file", problem.file());
        parts.put("line", problem.line() > 0 ? problem.line() : "");
        problem.value().ifPresent(value -> parts.put("value", value));
        parts.put("cure", problem.cure());
        parts.put("expectation", problem.expectation());
        parts.put("text", problem.toString());
        parts.entrySet()
                .removeIf(part -> part.getValue().equals("") && !part.getKey().equals("value"));
        return parts;
    }
}
