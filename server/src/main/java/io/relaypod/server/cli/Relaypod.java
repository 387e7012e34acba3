package io.relaypod.server.cli;

import java.util.Map;

import io.relaypod.server.metrics.BuildInfo;
import io.relaypod.server.settings.InvalidSettingsException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command {@code relaypod}. The lab adds {@code demo} to it. */
@Command(
        name = "relaypod",
        mixinStandardHelpOptions = true,
        versionProvider = Relaypod.ProductVersion.class,
        description = "An email relay for Microsoft 365: first in the pod, before Mailpit and smtp2graph.",
        subcommands = {
            RunCommand.class,
            ValidateCommand.class,
            StatusCommand.class,
            CheckCommand.class,
            DoctorCommand.class,
            QueueCommand.class,
            FailedCommand.class,
            GraphCommand.class,
            CacheCommand.class,
            TraceCommand.class,
            TopCommand.class,
            ConfigCommand.class,
            PasswordCommand.class,
            WebAdminPasswordCommand.class,
            CompletionCommand.class
        })
public final class Relaypod {

    /** The exit code for a configuration with faults: EX_CONFIG of sysexits.h. */
    static final int WRONG_CONFIGURATION = 78;

    @Option(
            names = "--json",
            scope = ScopeType.INHERIT,
            description = "Print the result as JSON, for programs. Errors are texts all the same.")
    private boolean isJson;

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** Whether the commands print JSON. */
    boolean isJson() {
        return isJson;
    }

    /** Prints the version of the build, which is also that of the metric {@code relaypod_info}. */
    static final class ProductVersion implements IVersionProvider {

        @Override
        public String[] getVersion() {
            return new String[] {"relaypod " + BuildInfo.read().relaypod()};
        }
    }

    /** The commands. An error is printed as words for people, without a stack trace. */
    public static CommandLine commandLine() {
        return commandLine(System.getenv());
    }

    /** The same, with other environment variables than this process has. */
    public static CommandLine commandLine(Map<String, String> environment) {
        // An argument such as @example.com is not the name of a file.
        CommandLine commands = new CommandLine(Relaypod.class, new CommandFactory(environment)).setExpandAtFiles(false);
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
