package io.relaypod.server.cli;

import io.relaypod.server.settings.InvalidSettingsException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command {@code relaypod}. The lab adds {@code demo} to it. */
@Command(
        name = "relaypod",
        mixinStandardHelpOptions = true,
        version = "relaypod 0.1.0",
        description = "An email relay for Microsoft 365: first in the pod, before Mailpit and smtp2graph.",
        subcommands = {
            RunCommand.class,
            CheckCommand.class,
            QueueCommand.class,
            FailedCommand.class,
            CacheCommand.class,
            TraceCommand.class,
            PasswordCommand.class,
            WebAdminPasswordCommand.class
        })
public final class Relaypod {

    // EX_CONFIG of sysexits.h
    private static final int WRONG_CONFIGURATION = 78;

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** The commands, with errors told to people: what is wrong in words, no stack trace. */
    public static CommandLine commandLine() {
        // An argument such as @example.com names no file.
        CommandLine commands = new CommandLine(new Relaypod()).setExpandAtFiles(false);
        commands.setExecutionExceptionHandler((failure, command, parsed) -> {
            command.getErr().println(command.getColorScheme().errorText("relaypod: " + messages(failure)));
            if (failure instanceof WebAdminClient.WebAdminException refusal) {
                return refusal.exitCode();
            }
            return failure instanceof InvalidSettingsException ? WRONG_CONFIGURATION : CommandLine.ExitCode.SOFTWARE;
        });
        return commands;
    }

    private static String messages(Throwable failure) {
        String message = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        Throwable cause = failure.getCause();
        return cause == null || message.contains(String.valueOf(cause.getMessage()))
                ? message
                : message + "\n  " + messages(cause);
    }
}
