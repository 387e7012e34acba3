package io.relaypod.server.cli;

import java.util.concurrent.Callable;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints a script that completes commands and options in bash and zsh. */
@Command(
        name = "completion",
        mixinStandardHelpOptions = true,
        description = {
            "Print a script that completes commands and options in bash and zsh:",
            "  source <(./relaypod completion)"
        })
final class CompletionCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        Terminal terminal = new Terminal(spec);
        String script = AutoComplete.bash(spec.root().name(), spec.root().commandLine());
        if (terminal.isJson()) {
            terminal.json(script);
        } else {
            spec.commandLine().getOut().println(script);
            spec.commandLine().getOut().flush();
        }
        return Terminal.DONE;
    }
}
